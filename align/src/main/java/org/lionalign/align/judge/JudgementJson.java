package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** Judgements in rows: {@code {"scores":[1.5,null],"failures":[null,"timeout"],"pairwise":[[0,1],[-1,0]]}}; what is missing is null. */
public final class JudgementJson {
    private JudgementJson() {}

    /** {@code failures} only where there is one, {@code pairwise} only where the judge compares. */
    public static ObjectNode write(Judgement judgement) {
        ObjectNode node = Json.object();
        node.set("scores", numbers(judgement.scores()));
        ArrayNode failures = Json.MAPPER.createArrayNode();
        boolean any = false;
        for (String failure : judgement.failures()) {
            failures.add(failure);
            any |= failure != null;
        }
        if (any) {
            node.set("failures", failures);
        }
        if (judgement.pairwise() != null) {
            ArrayNode rows = node.putArray("pairwise");
            for (double[] row : judgement.pairwise()) {
                rows.add(numbers(row));
            }
        }
        return node;
    }

    private static ArrayNode numbers(double[] values) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        for (double value : values) {
            if (Double.isNaN(value)) {
                list.addNull();
            } else {
                list.add(value);
            }
        }
        return list;
    }

    /** @param answers how many it must be about */
    public static Judgement read(ObjectNode node, int answers, String where) {
        double[] scores = numbers(node.path("scores"), answers, where + ": scores");
        String[] failures = new String[answers];
        for (int a = 0; a < answers; a++) {
            failures[a] = node.path("failures").path(a).textValue();
            if (Double.isNaN(scores[a]) == (failures[a] == null)) {
                throw new BadInput(where + ": scores[" + a + "]: expected a number or a failure, found " + node);
            }
        }
        if (!node.has("pairwise")) {
            return new Judgement(scores, failures, null);
        }
        double[][] pairwise = new double[answers][];
        for (int a = 0; a < answers; a++) {
            pairwise[a] = numbers(node.path("pairwise").path(a), answers, where + ": pairwise[" + a + "]");
        }
        return new Judgement(scores, failures, pairwise);
    }

    private static double[] numbers(JsonNode list, int n, String where) {
        double[] values = new double[n];
        for (int i = 0; i < n; i++) {
            JsonNode value = list.path(i);
            if (list.size() != n || !(value.isNumber() || value.isNull())) {
                throw new BadInput(where + ": expected " + n + " numbers (or null), found " + list);
            }
            values[i] = value.isNull() ? Double.NaN : value.doubleValue();
        }
        return values;
    }
}
