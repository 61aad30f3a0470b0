package org.lionalign.align.eval.run;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.json.Json;

/** The page of an evaluation, as a browser shows it. */
class EvalReportTest {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

    @TempDir
    Path dir;

    private static SuiteResult accuracies(int right) {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < 20; i++) {
            items.add(new Item(
                    "gsm8k/" + i,
                    "gsm8k",
                    i < right ? 1 : 0,
                    Json.object()
                            .put("prompt", "How <b>many</b> " + i + "?")
                            .put("answer", "</script><script>document.title='broken'</script> " + i)));
        }
        TreeMap<String, Long> failures = new TreeMap<>();
        failures.put("truncated answers", 3L);
        return new SuiteResult(
                "gsm8k",
                List.of(new Metric("exact_match", right / 20.0, 0.1, 20)),
                List.of(new Metric("one half", 0.25, 0.1, 10), new Metric("other half", 0.5, 0.1, 10)),
                items,
                failures);
    }

    private static SuiteResult silent() {
        List<Item> items = new ArrayList<>();
        for (int i = 81; i < 91; i++) {
            items.add(new Item(
                    i + "/1",
                    "writing",
                    i == 81 ? Double.NaN : 7,
                    Json.object()
                            .put("question", "Q" + i)
                            .put("answer", "A" + i)
                            .put("judgment", "J" + i)));
        }
        TreeMap<String, Long> failures = new TreeMap<>();
        failures.put("judge_timeout", 1L);
        return new SuiteResult("mt_bench", List.of(new Metric("average", 7, 0.2, 9)), List.of(), items, failures);
    }

    @Test
    void headlinesTestsCategoriesAndQuestionsAreDrawn() throws IOException, InterruptedException {
        Suites suites = new Suites(null);
        Evaluation evaluation = new Evaluation(List.of("sft", "dpo"), 20);
        evaluation.add(suites.named("gsm8k", "test"), "sft", accuracies(2));
        evaluation.add(suites.named("gsm8k", "test"), "dpo", accuracies(14));
        evaluation.add(suites.named("mt_bench", "test"), "sft", silent());
        evaluation.add(suites.named("mt_bench", "test"), "dpo", silent());
        assertThat(evaluation.withheld()).isTrue();
        assertThat(evaluation.said()).isEqualTo("dpo better in gsm8k");
        EvalReport.write(evaluation, 15, dir);
        assertThat(Files.readAllLines(dir.resolve("questions.jsonl"))).hasSize(2 * 20 + 2 * 10);
        assertThat(Json.read(dir.resolve("results.json")))
                .isEqualTo(Json.parse(Json.write(evaluation.toJson(0)), "results"));
        assertThat(Files.readString(dir.resolve("report.html")).split("</script>", -1))
                .hasSize(7);
        String drawn = dom();
        assertThat(drawn)
                .doesNotContain("<title>broken")
                .contains("70.0 %", "10.0 %", "truncated answers 3")
                .contains("withheld", "judge_timeout 1")
                .contains("+60.0", "McNemar, exact", "class=\"better\"")
                .contains("one half", "other half")
                .contains("15 of 15 shown; the suite's other 5 are in questions.jsonl")
                .contains("How &lt;b&gt;many&lt;/b&gt; 0?");
    }

    private String dom() throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.exists(CHROMIUM), "no " + CHROMIUM + ": the report is not rendered");
        Process process = new ProcessBuilder(
                        CHROMIUM.toString(),
                        "--headless",
                        "--no-sandbox",
                        "--disable-gpu",
                        "--no-first-run",
                        "--disable-background-networking",
                        "--disable-component-update",
                        "--disable-sync",
                        "--virtual-time-budget=4000",
                        "--user-data-dir=" + Files.createTempDirectory(dir, "profile"),
                        "--dump-dom",
                        dir.resolve("report.html").toUri().toString())
                .redirectError(dir.resolve("chromium.log").toFile())
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return out;
    }
}
