package org.lionalign.align.eval.arena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/**
 * A row of {@code arena_hard_battles.jsonl}: the baseline against a model, on one question.
 *
 * @param baseline the official {@code model_a}
 * @param model the official {@code model_b}
 * @param modelScore 1 where the model won, 0 where the baseline did, 0.5 for a tie
 * @param baselineStyle null where it is not known
 * @param modelStyle null where it is not known
 */
record Battle(
        String question,
        String baseline,
        String model,
        double modelScore,
        @Nullable Style baselineStyle,
        @Nullable Style modelStyle) {
    /** A strong verdict counts as so many battles. */
    private static final int STRONG = 3;

    private static final List<String> LABELS = List.of("A>>B", "A>B", "A=B", "B>A", "B>>A");

    static boolean isKnown(@Nullable String label) {
        return label != null && LABELS.contains(label);
    }

    /**
     * The battles of one game; none without a known label.
     *
     * @param swapped game 2, which shows the model as A
     */
    static List<Battle> of(String question, String baseline, String model, @Nullable String label, boolean swapped) {
        int at = label == null ? -1 : LABELS.indexOf(label);
        if (at < 0) {
            return List.of();
        }
        double second = at < 2 ? 0 : at == 2 ? 0.5 : 1; // what the label gives to B
        Battle battle = new Battle(question, baseline, model, swapped ? 1 - second : second, null, null);
        return java.util.Collections.nCopies(at == 0 || at == LABELS.size() - 1 ? STRONG : 1, battle);
    }

    Battle with(@Nullable Style baselineStyle, @Nullable Style modelStyle) {
        return new Battle(question, baseline, model, modelScore, baselineStyle, modelStyle);
    }

    static List<Battle> read(Path file, List<JsonLines.Row> rows) {
        List<Battle> battles = new ArrayList<>();
        for (JsonLines.Row row : rows) {
            String winner = EvalFiles.text(file, row, "winner");
            double score =
                    switch (winner) {
                        case "model_a" -> 0;
                        case "model_b" -> 1;
                        case "tie", "tie (bothbad)" -> 0.5;
                        default -> throw BadInput.of(file, row.line(), "winner", "model_a, model_b or tie", winner);
                    };
            JsonNode style = row.value().path("conv_metadata");
            battles.add(new Battle(
                    EvalFiles.id(file, row, "question_id", "uid"),
                    EvalFiles.text(file, row, "model_a"),
                    EvalFiles.text(file, row, "model_b"),
                    score,
                    style.isObject() ? Style.ofBattle(file, row, style, "a") : null,
                    style.isObject() ? Style.ofBattle(file, row, style, "b") : null));
        }
        return battles;
    }

    ObjectNode json() {
        ObjectNode node = Json.object();
        node.put("question_id", question);
        node.put("model_a", baseline);
        node.put("model_b", model);
        node.put("winner", modelScore == 0.5 ? "tie" : modelScore == 1 ? "model_b" : "model_a");
        return node;
    }
}
