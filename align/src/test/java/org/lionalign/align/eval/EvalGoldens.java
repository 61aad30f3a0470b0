package org.lionalign.align.eval;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.lionalign.core.json.Json;

/** What official tools computed; see tools/oracle. */
public final class EvalGoldens {
    private EvalGoldens() {}

    public static JsonNode read(String name) {
        try (InputStream in = EvalGoldens.class.getResourceAsStream("/golden/eval/" + name)) {
            return Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), name);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A list of numbers. */
    public static double[] numbers(JsonNode list) {
        double[] out = new double[list.size()];
        for (int i = 0; i < out.length; i++) {
            out[i] = list.get(i).isNull() ? Double.NaN : list.get(i).doubleValue();
        }
        return out;
    }
}
