package org.lionalign.align.eval.alpaca;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/**
 * One judged pair of answers, a row of AlpacaEval's {@code annotations.json}.
 *
 * @param instruction what was asked
 * @param dataset the part of the set that it comes from, empty where a file does not say
 * @param output1 the baseline's answer
 * @param generator1 the baseline
 * @param output2 the model's answer
 * @param generator2 the model
 * @param annotator the judge's configuration
 * @param preference 1 to 2, the latter where the model is better; NaN where the judge failed
 */
public record Annotation(
        String instruction,
        String dataset,
        String output1,
        String generator1,
        String output2,
        String generator2,
        String annotator,
        double preference) {
    /** The rows of an {@code annotations.json} or {@code .json.gz}; preference 0 is the old way to write a draw. */
    public static List<Annotation> read(Path file) {
        List<Annotation> rows = new ArrayList<>();
        for (JsonLines.Row row : EvalFiles.rows(file)) {
            double preference = EvalFiles.number(file, row, "preference");
            if (!Double.isNaN(preference) && preference != 0 && !(preference >= 1 && preference <= 2)) {
                throw BadInput.of(file, row.line(), "preference", "0, or 1 to 2", "" + preference);
            }
            rows.add(new Annotation(
                    EvalFiles.text(file, row, "instruction"),
                    row.value().path("dataset").asText(""),
                    EvalFiles.text(file, row, "output_1"),
                    EvalFiles.text(file, row, "generator_1"),
                    EvalFiles.text(file, row, "output_2"),
                    EvalFiles.text(file, row, "generator_2"),
                    row.value().path("annotator").asText(""),
                    preference == 0 ? 1.5 : preference));
        }
        if (rows.isEmpty()) {
            throw new BadInput(file + ": expected annotations, found an empty list");
        }
        return rows;
    }

    /** Writes them as AlpacaEval does. */
    public static void write(Path file, List<Annotation> rows) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        for (Annotation row : rows) {
            ObjectNode node = list.addObject();
            node.put("instruction", row.instruction);
            node.put("output_1", row.output1);
            node.put("generator_1", row.generator1);
            node.put("dataset", row.dataset);
            node.put("output_2", row.output2);
            node.put("generator_2", row.generator2);
            node.put("annotator", row.annotator);
            if (Double.isNaN(row.preference)) {
                node.putNull("preference");
            } else {
                node.put("preference", row.preference);
            }
        }
        AtomicFiles.write(file, list.toPrettyString() + "\n");
    }

    /** The model's length minus the baseline's, in code points as Python counts. */
    int longer() {
        return length(output2) - length(output1);
    }

    static int length(String text) {
        return text.codePointCount(0, text.length());
    }

    /** Answers to the set's instructions, a row of {@code model_outputs.json} or of the reference's. */
    public record Output(String instruction, String dataset, String output, String generator) {
        public static List<Output> read(Path file) {
            List<Output> rows = new ArrayList<>();
            for (JsonLines.Row row : EvalFiles.rows(file)) {
                JsonNode value = row.value();
                rows.add(new Output(
                        EvalFiles.text(file, row, "instruction"),
                        value.path("dataset").asText(""),
                        EvalFiles.text(file, row, "output"),
                        EvalFiles.text(file, row, "generator")));
            }
            if (rows.isEmpty()) {
                throw new BadInput(file + ": expected outputs, found none");
            }
            return rows;
        }

        /** Writes them as AlpacaEval reads them. */
        public static void write(Path file, List<Output> rows) {
            ArrayNode list = Json.MAPPER.createArrayNode();
            for (Output row : rows) {
                list.addObject()
                        .put("instruction", row.instruction)
                        .put("dataset", row.dataset)
                        .put("datasplit", "eval")
                        .put("output", row.output)
                        .put("generator", row.generator);
            }
            AtomicFiles.write(file, list.toPrettyString() + "\n");
        }
    }
}
