package org.lionalign.align.judge;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.JudgeRecipe;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.ServerRecipe;

/**
 * Judges as the command line names them: a YAML file with a list of {@link JudgeRecipe}, or a short form.
 *
 * <pre>
 * pairrm:DIR  reward:DIR  implicit:POLICY,REFERENCE  replay:FILE  class:NAME
 * llm:URL,MODEL  llm-score:URL,MODEL
 * rule:longer  rule:shorter  rule:json  rule:min=N  rule:max=N  rule:matches=REGEX  rule:contains=TEXT  rule:lacks=TEXT  rule:number=COLUMN
 * </pre>
 */
public final class JudgeSpec {
    private JudgeSpec() {}

    /** The recipes of a specification. */
    public static List<JudgeRecipe> parse(String spec) {
        if (spec.endsWith(".yaml") || spec.endsWith(".yml")) {
            return Arrays.asList(RecipeReader.read(Path.of(spec), List.of(), JudgeRecipe[].class));
        }
        int colon = spec.indexOf(':');
        String type = colon < 0 ? spec : spec.substring(0, colon);
        String rest = colon < 0 ? "" : spec.substring(colon + 1);
        if (rest.isEmpty()) {
            throw unknown(spec);
        }
        return List.of(
                switch (type) {
                    case "pairrm", "reward", "replay" -> recipe(type, rest, null, null, null, null, null);
                    case "implicit" -> {
                        String[] both = two(spec, rest);
                        yield recipe(type, both[0], both[1], null, null, null, null);
                    }
                    case "llm", "llm-score" -> {
                        String[] both = two(spec, rest);
                        ServerRecipe server = server(both[0], both[1]);
                        yield recipe("llm", null, null, server, type.equals("llm") ? "pairwise" : "score", null, null);
                    }
                    case "rule" -> recipe(type, null, null, null, null, rule(spec, rest), null);
                    case "class" -> recipe(type, null, null, null, null, null, rest);
                    default -> throw unknown(spec);
                });
    }

    private static BadInput unknown(String spec) {
        return new BadInput(
                "--judge: expected a .yaml file or pairrm:DIR, reward:DIR, implicit:POLICY,REFERENCE, replay:FILE, class:NAME,"
                        + " llm:URL,MODEL, llm-score:URL,MODEL or rule:CONDITION, found " + spec);
    }

    private static String[] two(String spec, String rest) {
        int comma = rest.lastIndexOf(',');
        if (comma <= 0 || comma == rest.length() - 1) {
            throw unknown(spec);
        }
        return new String[] {rest.substring(0, comma), rest.substring(comma + 1)};
    }

    @SuppressWarnings("NullAway") // null asks for the default
    private static ServerRecipe server(String url, String model) {
        return new ServerRecipe(url, model, null, null, null, null);
    }

    @SuppressWarnings("NullAway") // null asks for the default
    private static JudgeRecipe recipe(
            String type,
            @Nullable String path,
            @Nullable String reference,
            @Nullable ServerRecipe server,
            @Nullable String mode,
            JudgeRecipe.@Nullable Rule rule,
            @Nullable String className) {
        return new JudgeRecipe(
                type,
                null,
                path,
                reference,
                null,
                null,
                server,
                null,
                mode,
                rule,
                className,
                (Map<String, String>) null,
                null);
    }

    private static JudgeRecipe.Rule rule(String spec, String text) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        String value = equals < 0 ? "" : text.substring(equals + 1);
        if (value.isEmpty() == !List.of("longer", "shorter", "json").contains(name)) {
            throw badRule(spec);
        }
        return switch (name) {
            case "longer", "shorter" -> new JudgeRecipe.Rule(name, null, null, null, List.of(), List.of(), false, null);
            case "json" -> new JudgeRecipe.Rule(null, null, null, null, List.of(), List.of(), true, null);
            case "min" -> new JudgeRecipe.Rule(null, whole(spec, value), null, null, List.of(), List.of(), false, null);
            case "max" -> new JudgeRecipe.Rule(null, null, whole(spec, value), null, List.of(), List.of(), false, null);
            case "matches" -> new JudgeRecipe.Rule(null, null, null, value, List.of(), List.of(), false, null);
            case "contains" -> new JudgeRecipe.Rule(null, null, null, null, List.of(value), List.of(), false, null);
            case "lacks" -> new JudgeRecipe.Rule(null, null, null, null, List.of(), List.of(value), false, null);
            case "number" -> new JudgeRecipe.Rule(null, null, null, null, List.of(), List.of(), false, value);
            default -> throw badRule(spec);
        };
    }

    private static Integer whole(String spec, String value) {
        if (!value.matches("\\d{1,9}")) {
            throw badRule(spec);
        }
        return Integer.valueOf(value);
    }

    private static BadInput badRule(String spec) {
        return new BadInput(
                "--judge: expected rule:longer, rule:shorter, rule:json, rule:min=N, rule:max=N, rule:matches=REGEX,"
                        + " rule:contains=TEXT, rule:lacks=TEXT or rule:number=COLUMN, found " + spec);
    }
}
