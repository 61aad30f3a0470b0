package org.lionalign.align.eval.mtbench;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.JsonLines;

/**
 * A question of two turns.
 *
 * @param requiredTemperature NaN where the category decides
 * @param references the reference's answers to both turns; empty where the category needs none
 */
record MtQuestion(String id, String category, List<String> turns, double requiredTemperature, List<String> references) {
    private static final Set<String> NEED_REFERENCE = Set.of("math", "reasoning", "coding");
    // FastChat's temperature_config; 0.7 for what it does not name.
    private static final Map<String, Double> TEMPERATURES = Map.of(
            "writing", 0.7,
            "roleplay", 0.7,
            "extraction", 0.0,
            "math", 0.0,
            "coding", 0.0,
            "reasoning", 0.0,
            "stem", 0.1,
            "humanities", 0.1);
    private static final double OTHER = 0.7;

    boolean needsReference() {
        return NEED_REFERENCE.contains(category);
    }

    double temperature() {
        return Double.isNaN(requiredTemperature) ? TEMPERATURES.getOrDefault(category, OTHER) : requiredTemperature;
    }

    static List<MtQuestion> read(Path file, Path referenceFile) {
        Map<String, List<String>> references = new HashMap<>(); // looked up only
        for (JsonLines.Row row : EvalFiles.rows(referenceFile)) {
            JsonNode turns = row.value().path("choices").path(0).path("turns");
            references.put(EvalFiles.id(referenceFile, row, "question_id"), texts(referenceFile, row, turns));
        }
        List<MtQuestion> questions = new ArrayList<>();
        for (JsonLines.Row row : EvalFiles.rows(file)) {
            String category = EvalFiles.text(file, row, "category");
            String id = EvalFiles.id(file, row, "question_id");
            List<String> reference = references.get(id);
            boolean needed = NEED_REFERENCE.contains(category);
            if (needed && reference == null) {
                throw new BadInput(referenceFile + ": question_id: expected a reference answer to " + id + " ("
                        + category + "), found none");
            }
            questions.add(new MtQuestion(
                    id,
                    category,
                    texts(file, row, row.value().path("turns")),
                    EvalFiles.number(file, row, "required_temperature"),
                    needed && reference != null ? reference : List.of()));
        }
        return questions;
    }

    private static List<String> texts(Path file, JsonLines.Row row, JsonNode turns) {
        List<String> texts = new ArrayList<>();
        for (JsonNode turn : turns) {
            if (turn.isTextual()) {
                texts.add(turn.textValue());
            }
        }
        if (texts.size() != 2 || turns.size() != 2) {
            throw BadInput.of(file, row.line(), "turns", "two texts", EvalFiles.found(turns));
        }
        return texts;
    }
}
