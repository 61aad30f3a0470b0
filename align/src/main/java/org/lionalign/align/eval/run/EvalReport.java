package org.lionalign.align.eval.run;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.Map;
import org.lionalign.align.report.RunReport;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;

/** What an evaluation leaves in its folder: {@code results.json}, {@code questions.jsonl} and {@code report.html}. */
public final class EvalReport {
    private EvalReport() {}

    /** @param questions of each suite that the page shows */
    public static void write(Evaluation evaluation, int questions, Path folder) {
        AtomicFiles.write(folder.resolve("results.json"), evaluation.toJson(0).toPrettyString() + "\n");
        AtomicFiles.writeLines(folder.resolve("questions.jsonl"), evaluation::questions);
        ObjectNode whole = Json.object().put("title", "evaluation");
        whole.set("evaluation", evaluation.toJson(questions));
        RunReport.write(Map.of(), whole, folder.resolve("report.html"));
    }

    /** A contest's page and {@code comparison.json}. */
    public static void write(Contest contest, Path folder) {
        ObjectNode comparison = contest.toJson();
        AtomicFiles.write(folder.resolve("comparison.json"), comparison.toPrettyString() + "\n");
        ObjectNode whole = Json.object().put("title", "win rates");
        whole.set("comparison", comparison);
        RunReport.write(Map.of(), whole, folder.resolve("report.html"));
    }
}
