package org.lionalign.core.machine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorTest {
    @TempDir
    Path dir;

    private Processor read(String text) throws IOException {
        return Processor.read(Files.writeString(dir.resolve("cpuinfo"), text));
    }

    @Test
    void onlyInstructionsForProductsMakeBf16TheDefault() throws IOException {
        Processor zen4 = read(
                "processor\t: 0\nvendor_id\t: AuthenticAMD\nmodel name\t: AMD EPYC 9354\nflags\t\t: fpu avx512f avx512_bf16 rdpid\n");
        assertThat(zen4.model()).isEqualTo("AMD EPYC 9354");
        assertThat(zen4.preferredCompute("cpu")).isEqualTo("bf16");

        Processor skylake = read("model name\t: Xeon\nflags\t\t: fpu avx2 avx512f avx512bw avx512vl\n");
        assertThat(skylake.preferredCompute("cpu")).isEqualTo("f32");
        assertThat(skylake.preferredCompute("cuda:0")).isEqualTo("bf16");

        // Intel's AVX-512 multiplies bf16 no faster than fp32; its tiles do.
        Processor virtual = read("vendor_id\t: GenuineIntel\nmodel name\t: Xeon\nflags\t\t: fpu avx512f avx512_bf16\n");
        assertThat(virtual.preferredCompute("cpu")).isEqualTo("f32");
        Processor tiles =
                read("vendor_id\t: GenuineIntel\nmodel name\t: Xeon\nflags\t\t: avx512_bf16 amx_tile amx_bf16\n");
        assertThat(tiles.preferredCompute("cpu")).isEqualTo("bf16");
        assertThat(tiles.multipliesInTiles()).isTrue();
        assertThat(zen4.multipliesInTiles()).isFalse();

        Processor arm = read("processor\t: 0\nFeatures\t: fp asimd i8mm bf16\n");
        assertThat(arm.model()).isEqualTo("unknown");
        assertThat(arm.multipliesBf16()).isTrue();
    }

    @Test
    void withoutTheFileNothingIsClaimed() {
        Processor unknown = Processor.read(dir.resolve("none"));
        assertThat(unknown.model()).isEqualTo("unknown");
        assertThat(unknown.preferredCompute("cpu")).isEqualTo("f32");
    }
}
