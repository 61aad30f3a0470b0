package org.lionalign.cub;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;

/** How varied a stretch of the pre-training text is. */
public record Variety(
        int documents,
        int distinctDocuments,
        long sentences,
        int distinctSentences,
        long fourGrams,
        int distinctFourGrams,
        long words,
        int distinctWords) {
    /** Counts the first {@code documents} of a seed. Sentences and 4-grams are told apart by 64 bits of their hash. */
    public static Variety of(long seed, int documents) {
        CorpusGenerator corpus = new CorpusGenerator(seed);
        Set<Long> texts = new HashSet<>();
        Set<Long> sentences = new HashSet<>();
        Set<Long> grams = new HashSet<>();
        Set<String> vocabulary = new TreeSet<>();
        long allSentences = 0;
        long allGrams = 0;
        long allWords = 0;
        for (int i = 0; i < documents; i++) {
            String text = corpus.document(i);
            texts.add(key(text));
            for (String line : text.split("\n")) {
                for (String sentence : English.sentences(line)) {
                    sentences.add(key(sentence));
                    allSentences++;
                }
            }
            List<String> words = English.words(text);
            vocabulary.addAll(words);
            allWords += words.size();
            for (int w = 0; w + 4 <= words.size(); w++) {
                grams.add(key(String.join(" ", words.subList(w, w + 4))));
                allGrams++;
            }
        }
        return new Variety(
                documents,
                texts.size(),
                allSentences,
                sentences.size(),
                allGrams,
                grams.size(),
                allWords,
                vocabulary.size());
    }

    private static long key(String text) {
        return ByteBuffer.wrap(Draw.sha256(text.getBytes(StandardCharsets.UTF_8)))
                .getLong();
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%,d documents (%,d distinct), %,d words (%,d distinct), %,d sentences (%,d distinct), %,d 4-grams (%,d"
                        + " distinct)",
                documents,
                distinctDocuments,
                words,
                distinctWords,
                sentences,
                distinctSentences,
                fourGrams,
                distinctFourGrams);
    }
}
