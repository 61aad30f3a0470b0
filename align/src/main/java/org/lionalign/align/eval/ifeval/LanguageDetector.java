package org.lionalign.align.eval.ifeval;

import java.text.Normalizer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.python.PyRandom;

/**
 * langdetect 1.0.9 ({@code detector.py}, a port of Nakatani Shuyo's language-detection): naive Bayes over n-grams that are drawn at random
 * until one language has all the probability, seven times. The original draws from an unseeded generator, so that short texts change their
 * language from call to call; here the seed is 0, which gives what {@code DetectorFactory.seed = 0} gives there.
 */
final class LanguageDetector {
    private static final int TRIALS = 7;
    private static final int LONGEST = 10_000;
    private static final int ITERATIONS = 1000;
    private static final double CONVERGED = 0.99999;
    private static final double SHOWN = 0.1;
    private static final double BASE_FREQUENCY = 10_000;
    private static final Pattern URL = Pattern.compile("https?://[-_.?&~;+=/#0-9A-Za-z]{1,2076}");
    private static final Pattern MAIL =
            Pattern.compile("[-_.0-9A-Za-z]{1,64}@[-_0-9A-Za-z]{1,255}[-_.0-9A-Za-z]{1,255}");
    private static final Pattern MARKED =
            Pattern.compile("[AEIOUYaeiouyÂÊÔâêôĂăƠơƯư][\\u0300\\u0301\\u0303\\u0309\\u0323]");

    private LanguageDetector() {}

    /** A language, ISO 639-1, and how sure. */
    record Guess(String language, double probability) {}

    /** The most likely language; {@code unknown} where none reaches 0.1; null where the text has no letters to judge by. */
    static @Nullable String detect(String text) {
        List<Guess> guesses = probabilities(text);
        return guesses == null
                ? null
                : guesses.isEmpty() ? "unknown" : guesses.get(0).language();
    }

    /** Languages above 0.1, most likely first; null where the text has no letters to judge by. */
    static @Nullable List<Guess> probabilities(String text) {
        LanguageProfiles profiles = LanguageProfiles.get();
        List<LanguageProfiles.Gram> grams = grams(withoutForeignLatin(clean(text)), profiles);
        if (grams.isEmpty()) {
            return null;
        }
        int languages = profiles.languages().size();
        double[] sum = new double[languages];
        PyRandom random = new PyRandom(0);
        for (int trial = 0; trial < TRIALS; trial++) {
            double[] probability = new double[languages];
            Arrays.fill(probability, 1.0 / languages);
            double alpha = 0.5 + random.gauss() * 0.05;
            for (int i = 0; ; i++) {
                update(probability, grams.get(random.below(grams.size())), alpha / BASE_FREQUENCY);
                if (i % 5 == 0 && (normalize(probability) > CONVERGED || i >= ITERATIONS)) {
                    break;
                }
            }
            for (int l = 0; l < languages; l++) {
                sum[l] += probability[l] / TRIALS;
            }
        }
        List<Guess> guesses = new ArrayList<>();
        for (int l = 0; l < languages; l++) {
            if (sum[l] > SHOWN) {
                guesses.add(new Guess(profiles.languages().get(l), sum[l]));
            }
        }
        guesses.sort((a, b) -> Double.compare(b.probability(), a.probability()));
        return guesses;
    }

    private static void update(double[] probability, LanguageProfiles.Gram gram, double weight) {
        double[] before = probability.clone();
        for (int l = 0; l < probability.length; l++) {
            probability[l] = before[l] * weight;
        }
        for (int k = 0; k < gram.languages().length; k++) {
            int l = gram.languages()[k];
            probability[l] = before[l] * (weight + gram.probabilities()[k]);
        }
    }

    private static double normalize(double[] probability) {
        double sum = Arrays.stream(probability).reduce(0, Double::sum);
        double largest = 0;
        for (int l = 0; l < probability.length; l++) {
            probability[l] /= sum;
            largest = Math.max(largest, probability[l]);
        }
        return largest;
    }

    /** Without addresses, with Vietnamese marks composed, one space for many, cut at 10,000 characters. */
    private static int[] clean(String text) {
        String plain = MAIL.matcher(URL.matcher(text).replaceAll(" ")).replaceAll(" ");
        plain = MARKED.matcher(plain)
                .replaceAll(
                        match -> Matcher.quoteReplacement(Normalizer.normalize(match.group(), Normalizer.Form.NFC)));
        int[] all = plain.codePoints().limit(LONGEST).toArray();
        int[] kept = new int[all.length];
        int n = 0;
        for (int i = 0; i < all.length; i++) {
            if (all[i] != ' ' || i == 0 || all[i - 1] != ' ') {
                kept[n++] = all[i];
            }
        }
        return Arrays.copyOf(kept, n);
    }

    /** A text mostly in another script loses its Latin letters. */
    private static int[] withoutForeignLatin(int[] text) {
        int latin = 0;
        int other = 0;
        for (int c : text) {
            if (isLatinRange(c)) {
                latin++;
            } else if (c >= 0x300
                    && !Character.UnicodeBlock.LATIN_EXTENDED_ADDITIONAL.equals(Character.UnicodeBlock.of(c))) {
                other++;
            }
        }
        return latin * 2 < other
                ? Arrays.stream(text).filter(c -> !isLatinRange(c)).toArray()
                : text;
    }

    private static boolean isLatinRange(int c) {
        return c >= 'A' && c <= 'z';
    }

    /** Every known n-gram of one to three letters, in order; words in capitals have none. */
    private static List<LanguageProfiles.Gram> grams(int[] text, LanguageProfiles profiles) {
        List<LanguageProfiles.Gram> found = new ArrayList<>();
        int[] buffer = {' ', 0, 0};
        int size = 1;
        boolean capitals = false;
        for (int raw : text) {
            int c = normalize(raw, profiles);
            int last = buffer[size - 1];
            if (last == ' ') {
                buffer[0] = ' ';
                size = 1;
                capitals = false;
                if (c == ' ') {
                    continue;
                }
            } else if (size == 3) {
                buffer[0] = buffer[1];
                buffer[1] = buffer[2];
                size = 2;
            }
            buffer[size++] = c;
            if (!Character.isUpperCase(c)) {
                capitals = false;
            } else if (Character.isUpperCase(last)) {
                capitals = true;
            }
            for (int n = 1; n <= size && !capitals; n++) {
                String gram = new String(buffer, size - n, n);
                LanguageProfiles.Gram known = gram.equals(" ") ? null : profiles.find(gram);
                if (known != null) {
                    found.add(known);
                }
            }
        }
        return found;
    }

    private static int normalize(int c, LanguageProfiles profiles) {
        Character.@Nullable UnicodeBlock block = Character.UnicodeBlock.of(c);
        if (Character.UnicodeBlock.BASIC_LATIN.equals(block)) {
            return c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' ? c : ' ';
        } else if (Character.UnicodeBlock.LATIN_1_SUPPLEMENT.equals(block)) {
            return "\u00a0\u00ab\u00b0\u00bb".indexOf(c) >= 0 ? ' ' : c;
        } else if (Character.UnicodeBlock.LATIN_EXTENDED_B.equals(block)) {
            return c == 0x219 ? 0x15f : c == 0x21b ? 0x163 : c; // Romanian with comma below, as with cedilla
        } else if (Character.UnicodeBlock.GENERAL_PUNCTUATION.equals(block)) {
            return ' ';
        } else if (Character.UnicodeBlock.ARABIC.equals(block)) {
            return c == 0x6cc ? 0x64a : c; // Farsi yeh
        } else if (Character.UnicodeBlock.LATIN_EXTENDED_ADDITIONAL.equals(block)) {
            return c >= 0x1ea0 ? 0x1ec3 : c;
        } else if (Character.UnicodeBlock.HIRAGANA.equals(block)) {
            return 0x3042;
        } else if (Character.UnicodeBlock.KATAKANA.equals(block)) {
            return 0x30a2;
        } else if (Character.UnicodeBlock.BOPOMOFO.equals(block)
                || Character.UnicodeBlock.BOPOMOFO_EXTENDED.equals(block)) {
            return 0x3105;
        } else if (Character.UnicodeBlock.CJK_UNIFIED_IDEOGRAPHS.equals(block)) {
            return profiles.representative(c);
        } else if (Character.UnicodeBlock.HANGUL_SYLLABLES.equals(block)) {
            return 0xac00;
        }
        return c;
    }
}
