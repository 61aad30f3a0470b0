package org.lionalign.core.recipe;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonMappingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MapperFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.cfg.CoercionAction;
import com.fasterxml.jackson.databind.cfg.CoercionInputShape;
import com.fasterxml.jackson.databind.exc.UnrecognizedPropertyException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.type.LogicalType;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.hub.HubPaths;

/**
 * Reads a recipe strictly: an unknown key fails with its place and the nearest known one, types are not guessed, duplicate keys fail.
 * Keys are in snake_case. Overrides are {@code a.b=value}, the value in YAML; what follows a second {@code =} belongs to it.
 */
public final class RecipeReader {
    private static final ObjectMapper YAML = YAMLMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(DeserializationFeature.FAIL_ON_NULL_FOR_PRIMITIVES)
            .disable(MapperFeature.ALLOW_COERCION_OF_SCALARS)
            .disable(DeserializationFeature.ACCEPT_FLOAT_AS_INT)
            .withCoercionConfig(
                    LogicalType.Textual, config -> config.setCoercion(CoercionInputShape.Boolean, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Integer, CoercionAction.Fail)
                            .setCoercion(CoercionInputShape.Float, CoercionAction.Fail))
            .build();

    private RecipeReader() {}

    /**
     * Binds the file, with overrides laid over it, to a record type whose compact constructors check the values. Addresses on the hub are fetched, and
     * replaced by their place in the cache, which names the commit.
     */
    public static <T> T read(Path file, List<String> overrides, Class<T> type) {
        T bound = bound(file, overrides, type);
        JsonNode tree = YAML.valueToTree(bound);
        if (!HubPaths.resolve(tree)) {
            return bound;
        }
        return bind(file.toString(), "", () -> YAML.treeToValue(tree, type));
    }

    private static <T> T bound(Path file, List<String> overrides, Class<T> type) {
        String text = text(file);
        T plain = bind(file.toString(), text, () -> YAML.readValue(text, type));
        if (overrides.isEmpty()) {
            return plain;
        }
        ObjectNode tree = bind(file.toString(), text, () -> (ObjectNode) YAML.readTree(text));
        overrides.forEach(override -> lay(override, tree));
        try {
            return bind("--set", "", () -> YAML.treeToValue(tree, type));
        } catch (BadInput e) {
            // Overrides may need each other; only when all of them together are wrong is one of them named.
            ObjectNode growing = bind(file.toString(), text, () -> (ObjectNode) YAML.readTree(text));
            for (String override : overrides) {
                lay(override, growing);
                bind("--set " + override, "", () -> YAML.treeToValue(growing, type));
            }
            throw e;
        }
    }

    /** The keys at the top of a file: which kind of recipe it holds. */
    public static Set<String> sections(Path file) {
        String text = text(file);
        JsonNode tree = bind(file.toString(), text, () -> YAML.readTree(text));
        Set<String> names = new TreeSet<>();
        tree.fieldNames().forEachRemaining(names::add);
        return names;
    }

    private static String text(Path file) {
        try {
            return Files.readString(file);
        } catch (java.nio.file.NoSuchFileException e) {
            throw new BadInput(file + ": no such file", e);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static void lay(String override, ObjectNode tree) {
        int at = override.indexOf('=');
        if (at <= 0) {
            throw new BadInput("--set " + override + ": expected key=value");
        }
        String[] keys = override.substring(0, at).strip().split("\\.");
        ObjectNode parent = tree;
        for (int k = 0; k < keys.length - 1; k++) {
            JsonNode child = parent.get(keys[k]);
            parent = child instanceof ObjectNode object ? object : parent.putObject(keys[k]);
        }
        String value = override.substring(at + 1);
        parent.set(keys[keys.length - 1], bind("--set " + override, "", () -> YAML.readTree(value)));
    }

    /** The resolved recipe as YAML, every default written out; reads back to an equal object. */
    public static String write(Object recipe) {
        try {
            return YAML.writeValueAsString(recipe);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /** A bound recipe as a tree, in snake_case. */
    public static ObjectNode tree(Object recipe) {
        return YAML.valueToTree(recipe);
    }

    /** Binds a text. */
    static <T> T parse(String text, String origin, Class<T> type) {
        return bind(origin, text, () -> YAML.readValue(text, type));
    }

    private interface Reading<T> {
        T run() throws JsonProcessingException;
    }

    private static <T> T bind(String origin, String text, Reading<T> reading) {
        try {
            T value = reading.run();
            if (value == null) {
                throw new BadInput(origin + ": expected a recipe, found nothing");
            }
            return value;
        } catch (UnrecognizedPropertyException e) {
            throw new BadInput(
                    origin + ": " + place(e, text) + path(e) + ": unknown key; "
                            + nearest(e.getPropertyName(), e.getKnownPropertyIds()),
                    e);
        } catch (JsonMappingException e) {
            Throwable cause = e.getCause();
            String what = cause instanceof BadInput || cause instanceof IllegalArgumentException
                    ? String.valueOf(cause.getMessage())
                    : String.valueOf(e.getOriginalMessage()).split("\\R", 2)[0];
            throw new BadInput(origin + ": " + place(e, text) + (path(e).isEmpty() ? "" : path(e) + ": ") + what, e);
        } catch (JsonProcessingException e) {
            throw new BadInput(origin + ": " + place(e, text) + "expected YAML, found: " + e.getOriginalMessage(), e);
        }
    }

    /** Where the refused key stands: records are bound after they are read, so the parser is already past it. */
    private static String place(JsonProcessingException e, String text) {
        if (e instanceof JsonMappingException mapping && !mapping.getPath().isEmpty()) {
            return line(
                    mapping.getPath().stream()
                            .map(JsonMappingException.Reference::getFieldName)
                            .filter(Objects::nonNull)
                            .toList(),
                    text);
        }
        if (e.getCause() instanceof BadInput refused) {
            // Of the recipe as a whole: sections that do not go together. The message names the key.
            return line(
                    List.of(String.valueOf(refused.getMessage())
                            .split(":", 2)[0]
                            .split("\\.")),
                    text);
        }
        JsonLocation at = e.getLocation();
        return at == null || at.getLineNr() <= 0
                ? ""
                : "line " + at.getLineNr() + ", column " + at.getColumnNr() + ": ";
    }

    /** The line of a key in the section of another and so on, or nothing where it is not. */
    private static String line(List<String> keys, String text) {
        int at = 0;
        for (String name : keys) {
            Matcher key = Pattern.compile("(?m)(?<=^|[\\s{,])" + Pattern.quote(name) + "\\s*:")
                    .matcher(text);
            if (!key.find(at)) {
                return "";
            }
            at = key.start();
        }
        return "line "
                + (1 + text.substring(0, at).chars().filter(c -> c == '\n').count()) + ": ";
    }

    private static String path(JsonMappingException e) {
        return e.getPath().stream()
                .map(r -> r.getFieldName() != null ? r.getFieldName() : "[" + r.getIndex() + "]")
                .collect(Collectors.joining("."));
    }

    private static String nearest(String key, Collection<Object> known) {
        String best = "";
        int least = Integer.MAX_VALUE;
        for (Object candidate : known) {
            int distance = distance(key, candidate.toString());
            if (distance < least) {
                least = distance;
                best = candidate.toString();
            }
        }
        String names = known.stream().map(Object::toString).sorted().collect(Collectors.joining(", "));
        return least <= Math.max(2, key.length() / 3)
                ? "did you mean " + best + "? (known: " + names + ")"
                : "known: " + names;
    }

    /** Levenshtein distance: insertions, deletions and replacements that turn one into the other. */
    public static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int corner = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int next = Math.min(
                        Math.min(row[j], row[j - 1]) + 1, corner + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1));
                corner = row[j];
                row[j] = next;
            }
        }
        return row[b.length()];
    }
}
