package org.lionalign.core.recipe;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonStreamContext;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** A recipe with every value written out and where it came from: a line of the file, an override, or the default. Reads back as a recipe. */
public final class ResolvedRecipe {
    /** A key at the start of a message, as {@link Checks#require} and the stages write it. */
    private static final Pattern KEY = Pattern.compile("([a-z_0-9]+(?:\\.[a-z_0-9]+)*): expected ");

    private final Map<String, String> origins = new TreeMap<>();

    private ResolvedRecipe() {}

    /**
     * Writes it as YAML, a comment behind each value.
     *
     * @param recipe as {@link RecipeReader} bound it
     * @param file name of the file
     * @param text its content
     * @param overrides as they were given
     */
    public static String write(Object recipe, String file, String text, List<String> overrides) {
        ResolvedRecipe resolved = new ResolvedRecipe();
        resolved.lines(file, text);
        for (String override : overrides) {
            resolved.origins.put(override.substring(0, override.indexOf('=')).strip(), "--set");
        }
        StringBuilder out = new StringBuilder();
        resolved.write(RecipeReader.tree(recipe), "", "", out);
        return out.toString();
    }

    /**
     * An error that a stage found about a key, with where that key was given: what only a stage can know, such as an option that does not
     * apply to it, is said with file and line as what the reader finds. Other errors are given back as they are.
     *
     * @param file the recipe
     * @param overrides as they were given
     */
    public static BadInput placed(BadInput error, Path file, List<String> overrides) {
        Matcher key = KEY.matcher(String.valueOf(error.getMessage()));
        if (!key.lookingAt()) {
            return error;
        }
        ResolvedRecipe resolved = new ResolvedRecipe();
        try {
            resolved.lines(file.toString(), Files.readString(file));
        } catch (IOException e) {
            return error;
        }
        for (String override : overrides) {
            resolved.origins.put(override.substring(0, override.indexOf('=')).strip(), "--set");
        }
        String name = key.group(1);
        String origin = resolved.origin(name);
        if (origin.equals("default")) { // a section of which the file has nothing and an override a part
            origin = resolved.origins.entrySet().stream()
                    .filter(entry -> entry.getKey().startsWith(name + "."))
                    .map(Map.Entry::getValue)
                    .findFirst()
                    .orElse(origin);
        }
        return origin.equals("default") ? error : new BadInput(origin + ": " + error.getMessage(), error);
    }

    private void lines(String file, String text) {
        try (JsonParser parser = new YAMLFactory().createParser(text)) {
            Deque<String> path = new ArrayDeque<>();
            for (JsonToken token = parser.nextToken(); token != null; token = parser.nextToken()) {
                if (token == JsonToken.FIELD_NAME) {
                    path.clear();
                    boolean inList = false;
                    for (JsonStreamContext at = parser.getParsingContext(); at != null; at = at.getParent()) {
                        inList |= at.inArray();
                        if (at.getCurrentName() != null) {
                            path.addFirst(at.getCurrentName());
                        }
                    }
                    if (!inList) {
                        origins.put(
                                String.join(".", path),
                                file + ":" + parser.currentTokenLocation().getLineNr());
                    }
                }
            }
        } catch (IOException e) {
            throw new BadInput(file + ": not YAML: " + e.getMessage(), e);
        }
    }

    /** The nearest known origin: a value inside an overridden section comes from the override. */
    private String origin(String path) {
        for (String at = path; ; at = at.substring(0, at.lastIndexOf('.'))) {
            String found = origins.get(at);
            if (found != null && (at.equals(path) || found.equals("--set"))) {
                return found;
            }
            if (at.indexOf('.') < 0) {
                return "default";
            }
        }
    }

    private void write(ObjectNode node, String path, String indent, StringBuilder out) {
        for (Map.Entry<String, JsonNode> entry : node.properties()) {
            String at = path.isEmpty() ? entry.getKey() : path + "." + entry.getKey();
            out.append(indent).append(entry.getKey()).append(':');
            if (entry.getValue() instanceof ObjectNode inner) {
                out.append('\n');
                write(inner, at, indent + "  ", out);
            } else {
                String value = Json.write(entry.getValue());
                out.append(' ').append(value).append("  # ").append(origin(at)).append('\n');
            }
        }
    }
}
