package org.lionalign.align.report;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.format.TensorBoardEvents;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/**
 * One HTML file that needs nothing else: charts, tables, sample answers side by side, ledger, recipe, environment of one or several runs.
 * What a run's folder does not hold is left out.
 */
public final class RunReport {
    private static final String CHARTS = "/META-INF/resources/webjars/uplot/1.6.30/dist/";
    private static final List<String> LOGS = List.of("metrics", "eval", "samples");
    private static final List<String> OBJECTS =
            List.of("ledger", "summary", "environment", "plan", "first_batch", "probe");

    private RunReport() {}

    /** Writes {@code report.html} and {@code tensorboard/} into a run's folder. */
    public static void write(Path run) {
        write(List.of(run), run.resolve("report.html"));
        events(run);
    }

    /** Writes one page about several runs, in the given order. */
    public static void write(List<Path> runs, Path target) {
        Map<String, Path> named = new LinkedHashMap<>();
        for (Path run : runs) {
            String name = String.valueOf(run.toAbsolutePath().normalize().getFileName());
            named.put(named.containsKey(name) ? run.toString() : name, run);
        }
        write(named, Json.object(), target);
    }

    /**
     * Writes one page about several runs by name.
     *
     * @param whole what belongs to all of them: {@code title}, {@code comparison}, {@code evaluation} (benchmarks), {@code pairs} (ledgers by iteration), {@code nodes}; may be
     *     empty
     */
    public static void write(Map<String, Path> runs, ObjectNode whole, Path target) {
        ArrayNode data = Json.MAPPER.createArrayNode();
        for (Map.Entry<String, Path> named : runs.entrySet()) {
            Path run = named.getValue();
            if (!Files.isDirectory(run)) {
                throw new BadInput(run + ": expected a run's folder, found nothing");
            }
            ObjectNode one = data.addObject();
            one.put("name", named.getKey());
            for (String log : LOGS) {
                ArrayNode lines = one.putArray(log);
                Path file = run.resolve(log + ".jsonl");
                if (Files.exists(file)) {
                    try (JsonLines rows = JsonLines.open(file)) {
                        for (JsonLines.Attempt row = rows.next(); row != null; row = rows.next()) {
                            if (row.value() != null) {
                                lines.add(row.value());
                            }
                        }
                    }
                }
            }
            for (String name : OBJECTS) {
                Path file = run.resolve(name + ".json");
                if (Files.exists(file)) {
                    one.set(name, Json.read(file));
                }
            }
            Path recipe = run.resolve("recipe.resolved.yaml");
            if (Files.exists(recipe)) {
                one.put("recipe", read(recipe));
            }
        }
        String page = resource("report.html")
                .replace("/*UPLOT_CSS*/", resource(CHARTS + "uPlot.min.css"))
                .replace("/*REPORT_CSS*/", resource("report.css"))
                .replace("/*UPLOT_JS*/", resource(CHARTS + "uPlot.iife.min.js"))
                .replace("/*REPORT_JS*/", resource("report.js"))
                .replace("/*WHOLE_JS*/", resource("whole.js"))
                .replace("/*EVAL_JS*/", resource("eval.js"))
                .replace("/*WHOLE*/", script(whole))
                .replace("/*DATA*/", script(data));
        AtomicFiles.write(target, page);
    }

    /** All numbers of metrics and evaluations as TensorBoard scalars, in one file that is written anew each time. */
    private static void events(Path run) {
        TensorBoardEvents events = new TensorBoardEvents(0);
        for (String log : List.of("metrics", "eval")) {
            Path file = run.resolve(log + ".jsonl");
            if (!Files.exists(file)) {
                continue;
            }
            double wall = 0;
            try (JsonLines rows = JsonLines.open(file)) {
                for (JsonLines.Row row : rows) {
                    wall += row.value().path("seconds").asDouble();
                    Map<String, Double> scalars = new TreeMap<>();
                    for (Map.Entry<String, JsonNode> value : row.value().properties()) {
                        if (value.getValue().isNumber() && !value.getKey().equals("step")) {
                            scalars.put(
                                    (log.equals("metrics") ? "train/" : "eval/") + value.getKey(),
                                    value.getValue().asDouble());
                        }
                    }
                    events.scalars(wall, row.value().path("step").asLong(), scalars);
                }
            }
        }
        try {
            Files.createDirectories(run.resolve("tensorboard"));
        } catch (IOException e) {
            throw new BadInput(run + ": cannot be written: " + e.getMessage(), e);
        }
        AtomicFiles.write(run.resolve("tensorboard/events.out.tfevents.0.lion"), events.toBytes());
    }

    /** JSON inside a script element: {@code </} would end it, {@code <!--} would open a comment in it. */
    private static String script(JsonNode data) {
        return Json.write(data).replace("</", "<\\/").replace("<!--", "<\\u0021--");
    }

    private static String read(Path file) {
        try {
            return Files.readString(file);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    private static String resource(String name) {
        try (InputStream in = RunReport.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new IllegalStateException("the resource " + name + " is missing");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new IllegalStateException(name, e);
        }
    }
}
