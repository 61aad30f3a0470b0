package org.lionalign.core.recipe;

import static org.lionalign.core.recipe.Checks.readBy;
import static org.lionalign.core.recipe.Checks.require;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.hub.HubPaths;

/**
 * A judge; several in a list are an ensemble. A model's path may be {@code @base}, {@code @sft}, {@code @dpo} or {@code @reward} in the
 * recipe of a whole run: the model of that stage.
 *
 * @param type {@code pairrm}, {@code reward} (sequence classifier), {@code llm} (over a server), {@code implicit} (the policy's own reward),
 *     {@code rule}, {@code class} (a class of your own) or {@code replay} (recorded scores)
 * @param weight in an ensemble, 1
 * @param path model folder of pairrm, reward and implicit; file of replay
 * @param reference implicit's reference model folder
 * @param beta implicit's, 0.1
 * @param faithful pairrm: LLM-Blender's truncation, which depends on the batch (default false)
 * @param server llm's
 * @param prompt llm's prompt file; default the shipped one of the mode
 * @param mode llm: {@code pairwise} (default, both orders) or {@code score}
 * @param rule the rule's conditions
 * @param className the class: implements {@code org.lionalign.align.judge.Judge}
 * @param options the class's, handed to its constructor
 * @param ending reward: the score is read at the answer's {@code stop} token (default: where Lion trains it), or at the end of all that the
 *     {@code template} writes, a line break after the stop token included: what published models of ChatML and Gemma were trained with
 */
public record JudgeRecipe(
        @OneOf({"pairrm", "reward", "llm", "implicit", "rule", "class", "replay"})
        String type,

        Double weight,
        @Nullable String path,
        @Nullable String reference,
        @Nullable Double beta,
        @Nullable Boolean faithful,
        @Nullable ServerRecipe server,
        @Nullable String prompt,
        @Nullable @OneOf({"pairwise", "score"}) String mode,
        @Nullable Rule rule,
        @Nullable String className,
        @Nullable Map<String, String> options,
        @Nullable @OneOf({"stop", "template"}) String ending) {
    private static final List<String> TYPES = List.of("pairrm", "reward", "llm", "implicit", "rule", "class", "replay");

    public JudgeRecipe {
        require(type != null && TYPES.contains(type), "judge.type", "one of " + TYPES, type);
        weight = weight == null ? 1.0 : weight;
        boolean model = List.of("pairrm", "reward", "implicit", "replay").contains(type);
        readBy(model, "judge.path", type, path);
        require(!model || path != null, "judge.path", "a folder or file for " + type, "nothing");
        readBy(type.equals("implicit"), "judge.reference", type, reference);
        require(!type.equals("implicit") || reference != null, "judge.reference", "a model folder", "nothing");
        readBy(type.equals("implicit"), "judge.beta", type, beta);
        beta = type.equals("implicit") && beta == null ? Double.valueOf(0.1) : beta;
        readBy(type.equals("pairrm"), "judge.faithful", type, faithful);
        boolean llm = type.equals("llm");
        readBy(llm, "judge.server", type, server);
        require(!llm || server != null, "judge.server", "a section for llm", "nothing");
        readBy(llm, "judge.prompt", type, prompt);
        readBy(llm, "judge.mode", type, mode);
        mode = llm && mode == null ? "pairwise" : mode;
        require(mode == null || List.of("pairwise", "score").contains(mode), "judge.mode", "pairwise or score", mode);
        readBy(type.equals("rule"), "judge.rule", type, rule);
        require(!type.equals("rule") || rule != null, "judge.rule", "a section for rule", "nothing");
        readBy(type.equals("class"), "judge.class_name", type, className);
        require(!type.equals("class") || className != null, "judge.class_name", "a class", "nothing");
        readBy(type.equals("class"), "judge.options", type, options);
        readBy(type.equals("reward"), "judge.ending", type, ending);
        ending = type.equals("reward") && ending == null ? "stop" : ending;
        require(
                ending == null || List.of("stop", "template").contains(ending),
                "judge.ending",
                "stop or template",
                ending);
    }

    /** The same judge with its model folders given by another name. */
    public JudgeRecipe withModels(UnaryOperator<String> named) {
        return new JudgeRecipe(
                type,
                weight,
                path == null || type.equals("replay") ? path : named.apply(path),
                reference == null ? null : named.apply(reference),
                beta,
                faithful,
                server,
                prompt,
                mode,
                rule,
                className,
                options,
                ending);
    }

    /** A few words for people: the type and what it judges by. */
    public String title() {
        return switch (type) {
            case "class" -> String.valueOf(className).replaceFirst(".*\\.", "");
            case "llm" -> server == null ? type : server.model();
            case "rule", "implicit" -> type;
            default ->
                type + " "
                        + HubPaths.named(Path.of(String.valueOf(path).replaceFirst("^@", "")))
                                .getFileName();
        };
    }

    /**
     * Conditions on an answer; its score is the number that hold (or 1 for the {@code longer}/{@code shorter} of two answers, by rank).
     *
     * @param prefer {@code longer} or {@code shorter} answers, by characters
     * @param minCharacters at least so long
     * @param maxCharacters at most so long
     * @param matches regular expression that must be found
     * @param contains texts that must all occur
     * @param lacks texts of which none may occur
     * @param json whether it must parse as JSON
     * @param numberColumn column of the prompt's row whose number the answer's last number must equal
     */
    public record Rule(
            @Nullable @OneOf({"longer", "shorter"}) String prefer,
            @Nullable Integer minCharacters,
            @Nullable Integer maxCharacters,
            @Nullable String matches,
            List<String> contains,
            List<String> lacks,
            Boolean json,
            @Nullable String numberColumn) {
        public Rule {
            require(
                    prefer == null || List.of("longer", "shorter").contains(prefer),
                    "judge.rule.prefer",
                    "longer or shorter",
                    prefer);
            contains = contains == null ? List.of() : List.copyOf(contains);
            lacks = lacks == null ? List.of() : List.copyOf(lacks);
            json = json != null && json;
            require(
                    prefer != null
                            || minCharacters != null
                            || maxCharacters != null
                            || matches != null
                            || !contains.isEmpty()
                            || !lacks.isEmpty()
                            || json
                            || numberColumn != null,
                    "judge.rule",
                    "at least one condition",
                    "none");
        }
    }
}
