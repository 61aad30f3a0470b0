package org.lionalign.cub;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lionalign.core.json.Json;

/**
 * Trains a byte-level byte-pair encoding (Sennrich et al. 2016; the byte alphabet and the splitting expression of GPT-2) and
 * writes it as a Hugging Face {@code tokenizer.json}. Deterministic: of equally frequent pairs the first in the order of the
 * alphabet is merged.
 *
 * <p>Made for corpora of few distinct words, where counting all pairs afresh for every merge costs nothing.
 */
public final class BpeTrainer {
    private static final Pattern SPLIT = Pattern.compile(
            "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
            Pattern.UNICODE_CHARACTER_CLASS);
    private static final String[] BYTES = byteAlphabet();

    private final TreeMap<String, Long> counts = new TreeMap<>();

    /** Two neighbours that become one token. */
    private record Pair(String left, String right) implements Comparable<Pair> {
        @Override
        public int compareTo(Pair other) {
            int order = left.compareTo(other.left);
            return order != 0 ? order : right.compareTo(other.right);
        }
    }

    /** Counts the words of {@code text}, each occurrence {@code weight} times. */
    public void add(String text, long weight) {
        Matcher matcher = SPLIT.matcher(text);
        while (matcher.find()) {
            counts.merge(matcher.group(), weight, Long::sum);
        }
    }

    /**
     * The content of {@code tokenizer.json}: special tokens first, then the 256 bytes, then merges until the vocabulary is
     * full or no pair occurs twice.
     */
    public ObjectNode train(int vocabulary, List<String> special) {
        List<List<String>> words = new ArrayList<>();
        List<Long> weights = new ArrayList<>();
        counts.forEach((word, count) -> {
            List<String> parts = new ArrayList<>();
            for (byte b : word.getBytes(StandardCharsets.UTF_8)) {
                parts.add(BYTES[b & 255]);
            }
            words.add(parts);
            weights.add(count);
        });
        Map<String, Integer> ids = new LinkedHashMap<>();
        for (String token : BYTES) {
            ids.put(token, special.size() + ids.size());
        }
        List<Pair> merges = new ArrayList<>();
        while (special.size() + ids.size() < vocabulary) {
            Pair best = mostFrequent(words, weights);
            if (best == null) {
                break;
            }
            words.forEach(word -> merge(word, best));
            merges.add(best);
            ids.putIfAbsent(best.left + best.right, special.size() + ids.size());
        }
        return json(special, ids, merges);
    }

    private static @org.jspecify.annotations.Nullable Pair mostFrequent(List<List<String>> words, List<Long> weights) {
        TreeMap<Pair, Long> pairs = new TreeMap<>();
        for (int w = 0; w < words.size(); w++) {
            List<String> word = words.get(w);
            for (int i = 0; i + 1 < word.size(); i++) {
                pairs.merge(new Pair(word.get(i), word.get(i + 1)), weights.get(w), Long::sum);
            }
        }
        Pair best = null;
        long most = 1;
        for (Map.Entry<Pair, Long> entry : pairs.entrySet()) {
            if (entry.getValue() > most) {
                best = entry.getKey();
                most = entry.getValue();
            }
        }
        return best;
    }

    private static void merge(List<String> word, Pair pair) {
        for (int i = 0; i + 1 < word.size(); i++) {
            if (word.get(i).equals(pair.left) && word.get(i + 1).equals(pair.right)) {
                word.set(i, pair.left + pair.right);
                word.remove(i + 1);
            }
        }
    }

    private static ObjectNode json(List<String> special, Map<String, Integer> ids, List<Pair> merges) {
        ObjectNode root = Json.object();
        root.put("version", "1.0");
        root.putNull("truncation");
        root.putNull("padding");
        ArrayNode added = root.putArray("added_tokens");
        for (int i = 0; i < special.size(); i++) {
            added.addObject()
                    .put("id", i)
                    .put("content", special.get(i))
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", true);
        }
        root.putNull("normalizer");
        root.putObject("pre_tokenizer")
                .put("type", "ByteLevel")
                .put("add_prefix_space", false)
                .put("trim_offsets", true)
                .put("use_regex", true);
        root.putNull("post_processor");
        root.putObject("decoder")
                .put("type", "ByteLevel")
                .put("add_prefix_space", true)
                .put("trim_offsets", true)
                .put("use_regex", true);
        ObjectNode model = root.putObject("model");
        model.put("type", "BPE");
        model.putNull("dropout");
        model.putNull("unk_token");
        model.putNull("continuing_subword_prefix");
        model.putNull("end_of_word_suffix");
        model.put("fuse_unk", false);
        model.put("byte_fallback", false);
        model.put("ignore_merges", false);
        ObjectNode vocab = model.putObject("vocab");
        for (int i = 0; i < special.size(); i++) {
            vocab.put(special.get(i), i);
        }
        ids.forEach(vocab::put);
        ArrayNode rules = model.putArray("merges");
        merges.forEach(pair -> rules.add(pair.left + " " + pair.right));
        return root;
    }

    /** GPT-2's reversible map from bytes to printable characters. */
    private static String[] byteAlphabet() {
        String[] out = new String[256];
        int next = 256;
        for (int b = 0; b < 256; b++) {
            boolean printable = b >= '!' && b <= '~' || b >= 0xA1 && b <= 0xAC || b >= 0xAE;
            out[b] = String.valueOf((char) (printable ? b : next++));
        }
        return out;
    }
}
