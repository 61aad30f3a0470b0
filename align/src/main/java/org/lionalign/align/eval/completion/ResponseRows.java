package org.lionalign.align.eval.completion;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.JsonLines;

/** Answers in files: rows with their question's fields and {@code response}, or the harness's own {@code samples_*.jsonl}. */
public final class ResponseRows {
    private ResponseRows() {}

    /**
     * @param question the row, or what the harness logged as {@code doc}
     * @param where file and line, for errors
     */
    public record Response(JsonNode question, String text, String where) {}

    /** The rows of a file, or of all {@code .jsonl} files of a folder but those named {@code questions}. */
    public static List<Response> read(Path from, String questions) {
        List<Response> responses = new ArrayList<>();
        for (Path file : EvalFiles.files(from, ".jsonl")) {
            if (file.getFileName().toString().startsWith(questions)) {
                continue;
            }
            Set<String> seen = new HashSet<>();
            for (JsonLines.Row row : EvalFiles.rows(file)) {
                // The harness logs a question once for each of its filters.
                if (!row.value().has("filter")
                        || seen.add(row.value().path("doc_id").asText())) {
                    responses.add(response(file, row));
                }
            }
        }
        if (responses.isEmpty()) {
            throw new BadInput(from + ": expected rows with response, found none");
        }
        return responses;
    }

    private static Response response(Path file, JsonLines.Row row) {
        String where = file + ":" + row.line();
        JsonNode value = row.value();
        if (value.path("doc").isObject() && value.path("resps").isArray()) {
            JsonNode text = value.path("resps").path(0).path(0);
            if (!text.isTextual()) {
                throw new BadInput(where + ": resps: expected a list of a list of texts, found "
                        + EvalFiles.found(value.path("resps")));
            }
            return new Response(value.get("doc"), text.textValue(), where);
        }
        return new Response(value, EvalFiles.text(file, row, "response"), where);
    }
}
