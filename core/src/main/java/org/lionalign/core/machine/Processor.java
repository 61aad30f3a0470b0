package org.lionalign.core.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;

/**
 * The processor as {@code /proc/cpuinfo} describes it.
 *
 * @param model the maker's name of it; "unknown" where there is no such file
 * @param vendor such as {@code GenuineIntel}; "unknown" where there is no such line
 * @param flags instruction sets, empty where there is no such file
 */
public record Processor(String model, String vendor, Set<String> flags) {
    private static final Processor HERE = read(Path.of("/proc/cpuinfo"));

    public Processor {
        flags = Set.copyOf(flags);
    }

    /** The one this process runs on. */
    public static Processor here() {
        return HERE;
    }

    /** Reads a file in the format of {@code /proc/cpuinfo}; its first processor is taken for all. */
    public static Processor read(Path cpuinfo) {
        List<String> lines;
        try {
            lines = Files.readAllLines(cpuinfo);
        } catch (IOException e) {
            return new Processor("unknown", "unknown", Set.of());
        }
        String flags = value(lines, "flags", value(lines, "Features", "")); // Arm's kernel calls them features
        return new Processor(
                value(lines, "model name", "unknown"),
                value(lines, "vendor_id", "unknown"),
                Set.copyOf(Arrays.asList(flags.split(" +"))));
    }

    private static String value(List<String> lines, String key, String otherwise) {
        return lines.stream()
                .filter(line -> line.startsWith(key))
                .findFirst()
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .orElse(otherwise);
    }

    /**
     * Whether bf16 is the faster way to multiply: without instructions for it libtorch's products are several times slower in bf16 than in
     * fp32. {@code avx512_bf16} alone is faster on AMD's processors (twice fp32) and not on Intel's (0.6 of fp32, measured; their tiles do it,
     * where a virtual machine shows them).
     */
    public boolean multipliesBf16() {
        return multipliesInTiles()
                || flags.contains("bf16") // Arm's
                || flags.contains("avx512_bf16") && !vendor.equals("GenuineIntel");
    }

    /** Whether bf16 products go through Intel's tiles (AMX). */
    public boolean multipliesInTiles() {
        return flags.contains("amx_bf16");
    }

    /**
     * How matrix products are computed where nobody says otherwise.
     *
     * @param device {@code cpu}, {@code cuda:N} or {@code auto}
     * @return {@code bf16} on a GPU and where the processor has instructions for it, else {@code f32}
     */
    public String preferredCompute(String device) {
        return !device.equals("cpu") || multipliesBf16() ? "bf16" : "f32";
    }
}
