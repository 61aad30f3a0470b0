package org.lionalign.align.eval.ifeval;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;

/** How often each n-gram of up to three letters is seen in each of 55 languages: langdetect 1.0.9's profiles, read once when needed. */
final class LanguageProfiles {
    private static final String RESOURCE = "langdetect.txt.gz";

    /** The languages of an n-gram and its probability in each, among the n-grams of its length. */
    record Gram(byte[] languages, double[] probabilities) {}

    private final List<String> languages;
    private final Map<String, Gram> grams = new HashMap<>();
    private final Map<Integer, Integer> kanji = new HashMap<>();

    private static final class Holder {
        private static final LanguageProfiles LOADED = load();
    }

    static LanguageProfiles get() {
        return Holder.LOADED;
    }

    private LanguageProfiles(BufferedReader in) throws IOException {
        languages = List.of(field(in, "languages").split(" "));
        String[] sizes = field(in, "sizes").split(" ");
        double[][] totals = new double[sizes.length][];
        for (int i = 0; i < sizes.length; i++) {
            totals[i] = java.util.Arrays.stream(sizes[i].split(","))
                    .mapToDouble(Double::parseDouble)
                    .toArray();
        }
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            int tab = line.indexOf('\t');
            String key = line.substring(0, tab);
            String value = line.substring(tab + 1);
            if (key.equals("kanji")) {
                int representative = value.codePointAt(0);
                value.codePoints().forEach(c -> kanji.put(c, representative));
            } else {
                grams.put(key, gram(value.split(" "), key.codePointCount(0, key.length()), totals));
            }
        }
    }

    private static Gram gram(String[] counts, int length, double[][] totals) {
        byte[] languages = new byte[counts.length];
        double[] probabilities = new double[counts.length];
        for (int i = 0; i < counts.length; i++) {
            int colon = counts[i].indexOf(':');
            languages[i] = Byte.parseByte(counts[i].substring(0, colon));
            probabilities[i] = Integer.parseInt(counts[i].substring(colon + 1)) / totals[languages[i]][length - 1];
        }
        return new Gram(languages, probabilities);
    }

    private static String field(BufferedReader in, String name) throws IOException {
        String line = in.readLine();
        if (line == null || !line.startsWith(name + "\t")) {
            throw new IllegalStateException(RESOURCE + ": expected " + name + ", found " + line);
        }
        return line.substring(name.length() + 1);
    }

    private static LanguageProfiles load() {
        InputStream raw = LanguageProfiles.class.getResourceAsStream(RESOURCE);
        if (raw == null) {
            throw new IllegalStateException(RESOURCE + " is missing from the class path");
        }
        try (BufferedReader in =
                new BufferedReader(new InputStreamReader(new GZIPInputStream(raw), StandardCharsets.UTF_8))) {
            return new LanguageProfiles(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    List<String> languages() {
        return languages;
    }

    @Nullable
    Gram find(String gram) {
        return grams.get(gram);
    }

    /** The kanji that stands for a group of rare ones. */
    int representative(int character) {
        return kanji.getOrDefault(character, character);
    }
}
