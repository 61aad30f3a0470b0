package org.lionalign.core.tokenizer;

import ai.djl.huggingface.tokenizers.Encoding;
import ai.djl.huggingface.tokenizers.jni.CharSpan;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * A {@code tokenizer.json} through DJL's binding of the Rust library, with that binding's traps closed (ENGINE.md 9.2): truncation, padding
 * and the post-processor are taken out of the file before it is loaded, offsets are turned from code points into UTF-16 units, the
 * vocabulary is read from the file, and a second instance without control tokens encodes what users wrote.
 */
public final class HuggingFaceTokenizer implements Tokenizer {
    static {
        // DJL would otherwise look on the network for newer natives and report that the model server is in use.
        System.setProperty("ai.djl.offline", "true");
        System.setProperty("OPT_OUT_TRACKING", "true");
    }

    /** A token that is recognised in text before anything else. */
    private record Added(String content, int id, boolean special, boolean lstrip, boolean rstrip) {}

    private final ai.djl.huggingface.tokenizers.HuggingFaceTokenizer full;
    private final Path file;
    private final ObjectNode root;
    private ai.djl.huggingface.tokenizers.@Nullable HuggingFaceTokenizer literal;
    private final List<Added> added = new ArrayList<>();
    private final Map<String, Integer> ids = new HashMap<>();
    private final String[] tokens;
    private final Set<Integer> special = new TreeSet<>();
    private final String digest;
    private final List<String> prefix;

    private HuggingFaceTokenizer(Path file, byte[] bytes) {
        JsonNode parsed = Json.parse(new String(bytes, StandardCharsets.UTF_8), file.toString());
        if (!(parsed instanceof ObjectNode root) || !root.path("model").isObject()) {
            throw BadInput.of(
                    file,
                    "model",
                    "an object, as tokenizer.json has it",
                    parsed.path("model").getNodeType().toString());
        }
        digest = sha256(bytes);
        tokens = readVocabulary(file, root);
        prefix = prefixOf(root.path("post_processor"));
        root.putNull("truncation");
        root.putNull("padding");
        root.putNull("post_processor");
        full = open(file, root);
        this.file = file;
        this.root = root;
    }

    /** Made when first needed: parsing a large vocabulary takes a quarter of a second. */
    private synchronized ai.djl.huggingface.tokenizers.HuggingFaceTokenizer literal() {
        if (literal == null) {
            ObjectNode plain = root.deepCopy();
            ArrayNode kept = plain.putArray("added_tokens");
            root.path("added_tokens").forEach(token -> {
                if (!isControl(
                        token.path("content").asText(), token.path("special").asBoolean())) {
                    kept.add(token);
                }
            });
            literal = open(file, plain);
        }
        return literal;
    }

    /** Control tokens that the file's post-processor would put before a text (a beginning-of-text token, usually); never added here. */
    public List<String> prefix() {
        return prefix;
    }

    private static List<String> prefixOf(JsonNode processor) {
        List<String> found = new ArrayList<>();
        for (JsonNode inner : processor.path("processors")) {
            found.addAll(prefixOf(inner));
        }
        for (JsonNode piece : processor.path("single")) {
            if (!piece.has("SpecialToken")) {
                break;
            }
            found.add(piece.path("SpecialToken").path("id").asText());
        }
        return found;
    }

    /** Loads {@code tokenizer.json} (or {@code tokenizer.json.gz}) of a folder, or the file itself. */
    public static HuggingFaceTokenizer load(Path folderOrFile) {
        Path file = folderOrFile;
        if (Files.isDirectory(folderOrFile)) {
            file = folderOrFile.resolve("tokenizer.json");
            Path packed = folderOrFile.resolve("tokenizer.json.gz");
            if (!Files.exists(file) && Files.exists(packed)) {
                file = packed;
            }
        }
        try (InputStream raw = Files.newInputStream(file);
                InputStream in = file.toString().endsWith(".gz") ? new GZIPInputStream(raw) : raw) {
            return new HuggingFaceTokenizer(file, in.readAllBytes());
        } catch (NoSuchFileException e) {
            throw new BadInput(
                    file + ": no such file (a tokenizer in Hugging Face's tokenizer.json format is needed)", e);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static ai.djl.huggingface.tokenizers.HuggingFaceTokenizer open(Path file, JsonNode root) {
        try {
            return ai.djl.huggingface.tokenizers.HuggingFaceTokenizer.newInstance(
                    new ByteArrayInputStream(Json.write(root).getBytes(StandardCharsets.UTF_8)),
                    Map.of("addSpecialTokens", "false", "truncation", "false", "padding", "false"));
        } catch (IOException | RuntimeException e) {
            throw new BadInput(file + ": not a tokenizer that can be loaded: " + e.getMessage(), e);
        }
    }

    private String[] readVocabulary(Path file, ObjectNode root) {
        JsonNode vocabulary = root.path("model").path("vocab");
        int most = -1;
        if (vocabulary.isObject()) {
            for (Map.Entry<String, JsonNode> entry : vocabulary.properties()) {
                ids.put(entry.getKey(), entry.getValue().asInt());
            }
        } else if (vocabulary.isArray()) { // Unigram: [[piece, score], …]
            for (int i = 0; i < vocabulary.size(); i++) {
                ids.put(vocabulary.get(i).path(0).asText(), i);
            }
        } else {
            throw BadInput.of(
                    file,
                    "model.vocab",
                    "an object or a list",
                    vocabulary.getNodeType().toString());
        }
        for (JsonNode token : root.path("added_tokens")) {
            Added entry = new Added(
                    token.path("content").asText(),
                    token.path("id").asInt(),
                    token.path("special").asBoolean(),
                    token.path("lstrip").asBoolean(),
                    token.path("rstrip").asBoolean());
            if (entry.content().isEmpty()) {
                continue;
            }
            ids.put(entry.content(), entry.id());
            if (isControl(entry.content(), entry.special())) {
                added.add(entry);
            }
            if (entry.special()) {
                special.add(entry.id());
            }
        }
        added.sort(Comparator.comparingInt((Added a) -> -a.content().length()).thenComparing(Added::content));
        for (int id : ids.values()) {
            most = Math.max(most, id);
        }
        String[] byId = new String[most + 1];
        ids.forEach((token, id) -> byId[id] = token);
        return byId;
    }

    /** Special tokens, and marked-up ones such as {@code <tool_call>}; runs of blanks that some vocabularies add are ordinary text. */
    private static boolean isControl(String content, boolean isSpecial) {
        return isSpecial || (content.length() > 2 && content.matches("(?s)[<\\[].*[>\\]]"));
    }

    @Override
    public int[] encodeLiteral(String text) {
        return toInts(literal().encode(text, false, false).getIds());
    }

    @Override
    public Encoded encodeWithOffsets(String text) {
        return encoded(full.encode(text, false, false), text);
    }

    @Override
    public Encoded encode(String text, boolean[] data) {
        if (text.length() != data.length) {
            throw new IllegalArgumentException(data.length + " flags for " + text.length() + " characters");
        }
        List<int[]> scaffold = new ArrayList<>(); // {start, end, id}
        boolean clash = false;
        for (int at = 0; at < text.length(); ) {
            Added match = matchAt(text, at);
            if (match == null) {
                at++;
                continue;
            }
            int end = at + match.content().length();
            boolean touchesData = false;
            for (int i = at; i < end; i++) {
                touchesData |= data[i];
            }
            if (touchesData) {
                clash = true;
                at++;
            } else {
                scaffold.add(new int[] {at, end, match.id(), match.lstrip() ? 1 : 0, match.rstrip() ? 1 : 0});
                at = end;
            }
        }
        return clash ? inPieces(text, scaffold) : encodeWithOffsets(text);
    }

    /** The same cuts as the library makes at control tokens, but only at the template's own; what lies between is plain text. */
    private Encoded inPieces(String text, List<int[]> scaffold) {
        EncodedBuilder all = new EncodedBuilder();
        int at = 0;
        for (int[] cut : scaffold) {
            int end = cut[0];
            while (cut[3] == 1 && end > at && Character.isWhitespace(text.charAt(end - 1))) {
                end--;
            }
            piece(text, at, end, all);
            at = cut[1];
            while (cut[4] == 1 && at < text.length() && Character.isWhitespace(text.charAt(at))) {
                at++;
            }
            all.add(cut[2], cut[0], cut[1]);
        }
        piece(text, at, text.length(), all);
        return all.build();
    }

    private void piece(String text, int from, int to, EncodedBuilder into) {
        if (from < to) {
            String part = text.substring(from, to);
            into.addAll(encoded(literal().encode(part, false, false), part), from);
        }
    }

    private @Nullable Added matchAt(String text, int at) {
        for (Added candidate : added) {
            if (text.startsWith(candidate.content(), at)) {
                return candidate;
            }
        }
        return null;
    }

    @Override
    public String decode(int[] values, boolean skipSpecial) {
        long[] wide = new long[values.length];
        for (int i = 0; i < wide.length; i++) {
            wide[i] = values[i];
        }
        return full.decode(wide, skipSpecial);
    }

    @Override
    public int vocabularySize() {
        return tokens.length;
    }

    @Override
    public OptionalInt idOf(String token) {
        Integer id = ids.get(token);
        return id == null ? OptionalInt.empty() : OptionalInt.of(id);
    }

    @Override
    public String tokenOf(int id) {
        return id >= 0 && id < tokens.length && tokens[id] != null ? tokens[id] : "<id " + id + ">";
    }

    @Override
    public Set<Integer> specialIds() {
        return special;
    }

    @Override
    public String digest() {
        return digest;
    }

    /** Code-point offsets to UTF-16 units: they differ after the first emoji. */
    private static Encoded encoded(Encoding encoding, String text) {
        int[] ids = toInts(encoding.getIds());
        CharSpan[] spans = encoding.getCharTokenSpans();
        int[] units = null;
        if (text.codePointCount(0, text.length()) != text.length()) {
            units = new int[text.codePointCount(0, text.length()) + 1];
            int unit = 0;
            for (int i = 0; i < units.length; i++) {
                units[i] = unit;
                unit += unit < text.length() ? Character.charCount(text.codePointAt(unit)) : 0;
            }
        }
        int[] starts = new int[ids.length];
        int[] ends = new int[ids.length];
        for (int i = 0; i < ids.length; i++) {
            CharSpan span = spans[i];
            int start = span == null ? (i == 0 ? 0 : ends[i - 1]) : span.getStart();
            int end = span == null ? start : span.getEnd();
            starts[i] = units == null || span == null ? start : units[start];
            ends[i] = units == null || span == null ? end : units[end];
        }
        return new Encoded(ids, starts, ends);
    }

    private static int[] toInts(long[] wide) {
        int[] narrow = new int[wide.length];
        for (int i = 0; i < narrow.length; i++) {
            narrow[i] = (int) wide[i];
        }
        return narrow;
    }

    private static String sha256(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Grows an {@link Encoded} from pieces. */
    static final class EncodedBuilder {
        private int[] ids = new int[64];
        private int[] starts = new int[64];
        private int[] ends = new int[64];
        private int size;

        void add(int id, int start, int end) {
            if (size == ids.length) {
                ids = Arrays.copyOf(ids, size * 2);
                starts = Arrays.copyOf(starts, size * 2);
                ends = Arrays.copyOf(ends, size * 2);
            }
            ids[size] = id;
            starts[size] = start;
            ends[size++] = end;
        }

        void addAll(Encoded part, int shift) {
            for (int i = 0; i < part.ids().length; i++) {
                add(part.ids()[i], part.starts()[i] + shift, part.ends()[i] + shift);
            }
        }

        Encoded build() {
            return new Encoded(Arrays.copyOf(ids, size), Arrays.copyOf(starts, size), Arrays.copyOf(ends, size));
        }
    }
}
