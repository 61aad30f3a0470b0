package org.lionalign.align.eval.arena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.ResultStore;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/**
 * A row of {@code model_answer/MODEL.jsonl}, in the layout of v0.1 or of v2.0.
 *
 * @param style null where the file does not say
 */
record ArenaAnswer(
        String question,
        String model,
        String text,
        @Nullable Style style) {
    static List<ArenaAnswer> read(Path file) {
        List<ArenaAnswer> answers = new ArrayList<>();
        for (JsonLines.Row row : EvalFiles.rows(file)) {
            JsonNode value = row.value();
            JsonNode meta = value.has("conv_metadata") ? value.get("conv_metadata") : value.path("metadata");
            answers.add(new ArenaAnswer(
                    EvalFiles.id(file, row, "question_id", "uid"),
                    EvalFiles.id(file, row, "model_id", "model"),
                    text(file, row),
                    meta.isObject() ? Style.ofAnswer(file, row, meta) : null));
        }
        return answers;
    }

    private static String text(Path file, JsonLines.Row row) {
        JsonNode messages = row.value().path("messages");
        JsonNode content = messages.isArray()
                ? messages.path(messages.size() - 1).path("content").path("answer")
                : row.value().path("choices").path(0).path("turns").path(0).path("content");
        if (!content.isTextual()) {
            throw BadInput.of(
                    file,
                    row.line(),
                    messages.isArray() ? "messages.content.answer" : "choices.turns.content",
                    "a text",
                    EvalFiles.found(content));
        }
        return content.textValue();
    }

    /** In the layout of v0.1. Its time stamp is left out, so that the same answers are the same file. */
    ObjectNode json() {
        ObjectNode node = Json.object();
        node.put("question_id", question);
        node.put("answer_id", ResultStore.key(question, model, text).substring(0, 22));
        node.put("model_id", model);
        ObjectNode choice = node.putArray("choices").addObject();
        choice.put("index", 0);
        ObjectNode turn = choice.putArray("turns").addObject();
        turn.put("content", text);
        if (style != null) {
            turn.put("token_len", style.tokens());
            node.set("conv_metadata", style.json());
        }
        return node;
    }
}
