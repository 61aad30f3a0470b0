package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;

/**
 * Rows of answers as questions: {@code prompt} (a text or messages), {@code messages}, or {@code instruction} with {@code input}; and
 * {@code answers} (texts, or objects with {@code text}, as {@code lion generate} writes them) or {@code output_1} and {@code output_2}.
 *
 * <p>What people preferred: {@code labels}, a number for each answer, higher is better; or {@code label}, the number of the best answer counted
 * from 1, 0 for none.
 */
public final class AnswerRows {
    private AnswerRows() {}

    /**
     * A row's question.
     *
     * @param where file and line, for errors; also the id of rows without one
     */
    public static Question question(JsonNode node, String where) {
        if (!(node instanceof ObjectNode row)) {
            throw new BadInput(where + ": expected a JSON object, found " + node.getNodeType());
        }
        Conversation prompt = prompt(row, where);
        if (prompt == null) {
            throw new BadInput(where + ": expected prompt, messages or instruction, found none of them");
        }
        JsonNode id = row.path("id");
        return new Question(id.isValueNode() && !id.isNull() ? id.asText() : where, prompt, answers(row, where), row);
    }

    /** A row's prompt, or null where it has none. */
    static @Nullable Conversation prompt(ObjectNode row, String where) {
        JsonNode prompt = row.path("prompt");
        if (prompt.isTextual()) {
            return Conversation.of(new Message("user", prompt.textValue()));
        }
        if (prompt.isArray() || row.path("messages").isArray()) {
            return TextModel.conversation(prompt.isArray() ? prompt : row.get("messages"), row, where);
        }
        // Alpaca's layout, where the input may be missing; LLMBar calls the instruction the input.
        String instruction = row.path("instruction").asText("");
        String input = row.path("input").asText("");
        if (instruction.isEmpty() && !(row.has("output_1") && !input.isEmpty())) {
            return null;
        }
        return Conversation.of(new Message(
                "user", instruction.isEmpty() ? input : input.isBlank() ? instruction : instruction + "\n\n" + input));
    }

    private static List<String> answers(ObjectNode row, String where) {
        List<String> texts = new ArrayList<>();
        if (row.path("output_1").isTextual() && row.path("output_2").isTextual()) {
            return List.of(row.get("output_1").textValue(), row.get("output_2").textValue());
        }
        JsonNode answers = row.path("answers");
        boolean explained = row.has("refusal") || row.has("failures"); // a row of lion sample that says why it has none
        if (!answers.isArray() || answers.isEmpty() && !explained) {
            throw new BadInput(where + ": answers: expected a list of answers, found "
                    + (answers.isMissingNode() ? "nothing" : answers.toString()));
        }
        for (int a = 0; a < answers.size(); a++) {
            JsonNode answer = answers.get(a).isObject() ? answers.get(a).path("text") : answers.get(a);
            if (!answer.isTextual()) {
                throw new BadInput(where + ": answers[" + a + "]: expected a text, or an object with text, found "
                        + answers.get(a));
            }
            texts.add(answer.textValue());
        }
        return texts;
    }

    /** What people preferred, as a judgement; null where the row says nothing. */
    public static @Nullable Judgement label(Question question, String where) {
        int n = question.answers().size();
        JsonNode labels = question.row().path("labels");
        JsonNode label = question.row().path("label");
        double[] scores = new double[n];
        if (labels.isArray()) {
            for (int a = 0; a < n; a++) {
                if (labels.size() != n || !labels.get(a).isNumber()) {
                    throw new BadInput(
                            where + ": labels: expected a number for each of " + n + " answers, found " + labels);
                }
                scores[a] = labels.get(a).doubleValue();
            }
            return Judgement.of(scores);
        }
        if (label.isMissingNode() || label.isNull()) {
            return null;
        }
        if (!label.isIntegralNumber() || label.intValue() < 0 || label.intValue() > n) {
            throw new BadInput(where + ": label: expected the number of the best answer, 1 to " + n
                    + ", or 0 for none, found " + label);
        }
        if (label.intValue() > 0) {
            scores[label.intValue() - 1] = 1;
        }
        return Judgement.of(scores);
    }
}
