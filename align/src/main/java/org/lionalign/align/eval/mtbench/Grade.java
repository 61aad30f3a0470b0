package org.lionalign.align.eval.mtbench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/**
 * A row of {@code model_judgment/JUDGE_single.jsonl}: the rating of one turn.
 *
 * @param turn 1 or 2
 * @param judge model of the judge
 * @param promptName of the judge's prompt
 * @param score NaN where there is no rating; the file has −1 then
 */
record Grade(
        String question,
        String model,
        int turn,
        String judge,
        String promptName,
        String prompt,
        String text,
        double score) {
    static List<Grade> read(Path file, List<JsonLines.Row> rows) {
        List<Grade> grades = new ArrayList<>();
        for (JsonLines.Row row : rows) {
            double score = EvalFiles.number(file, row, "score");
            JsonNode turn = row.value().path("turn");
            if (!turn.isInt() || turn.intValue() < 1) {
                throw BadInput.of(file, row.line(), "turn", "1 or 2", EvalFiles.found(turn));
            }
            JsonNode judge = row.value().path("judge");
            grades.add(new Grade(
                    EvalFiles.id(file, row, "question_id"),
                    EvalFiles.text(file, row, "model"),
                    turn.intValue(),
                    judge.path(0).asText(""),
                    judge.path(1).asText(""),
                    row.value().path("user_prompt").asText(""),
                    row.value().path("judgment").asText(""),
                    score == -1 ? Double.NaN : score));
        }
        return grades;
    }

    ObjectNode json() {
        ObjectNode node = Json.object();
        if (question.matches("\\d{1,9}")) {
            node.put("question_id", Integer.parseInt(question));
        } else {
            node.put("question_id", question);
        }
        node.put("model", model);
        node.putArray("judge").add(judge).add(promptName);
        node.put("user_prompt", prompt);
        node.put("judgment", text);
        if (Double.isNaN(score)) {
            node.put("score", -1);
        } else if (score == Math.rint(score)) {
            node.put("score", (int) score);
        } else {
            node.put("score", score);
        }
        node.put("turn", turn);
        return node;
    }
}
