package org.lionalign.align.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

class RunReportTest {
    private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

    @TempDir
    Path dir;

    private Path run(String name, double best) throws IOException {
        Path run = Files.createDirectories(dir.resolve(name));
        StringBuilder metrics = new StringBuilder();
        for (int s = 1; s <= 60; s++) {
            metrics.append(
                    "{\"step\":" + s + ",\"epoch\":0,\"loss\":" + (best + 2.0 / s) + ",\"grad_norm\":1.5,\"lr\":1e-4,"
                            + "\"tokens\":4096,\"supervised\":3000,\"flops\":1e11,\"seconds\":0.5}\n");
        }
        Files.writeString(run.resolve("metrics.jsonl"), metrics);
        Files.writeString(
                run.resolve("eval.jsonl"),
                "{\"step\":0,\"examples\":5,\"loss\":4}\n{\"step\":60,\"examples\":5,\"loss\":2}\n");
        Files.writeString(
                run.resolve("samples.jsonl"),
                "{\"step\":0,\"prompt\":\"Hi <b>\",\"answers\":[{\"text\":\"</script><script>document.title='broken'</script><!--\",\"finish\":\"stop\"}]}\n");
        Files.writeString(
                run.resolve("ledger.json"),
                "{\"rows.jsonl\":{\"in\":9,\"kept\":7,\"cut\":1,\"set_aside\":{\"not JSON\":2}}}");
        Files.writeString(run.resolve("environment.json"), "{\"cores\":2,\"product_rate\":4e11}");
        Files.writeString(
                run.resolve("probe.json"),
                "{\"prompts\":2,\"stopped\":1,\"answers\":[{\"prompt\":\"p\",\"text\":\"t\",\"tokens\":3,\"finish\":\"stop\"}]}");
        Files.writeString(run.resolve("summary.json"), "{\"plan\":{\"off\":-0.07},\"alarms\":[\"look here\"]}");
        Files.writeString(run.resolve("recipe.resolved.yaml"), "seed: 42  # default\n");
        return run;
    }

    @Test
    void thePageHoldsEverythingAndTextCannotBreakOut() throws IOException {
        Path run = run("sft", 1);
        RunReport.write(run);
        String page = Files.readString(run.resolve("report.html"));
        assertThat(page).contains("uPlot", "not JSON", "seed: 42", "rows.jsonl").doesNotContain("/*DATA*/");
        assertThat(page.split("</script>", -1))
                .hasSize(7); // data, whole run, uPlot, three of ours: the sample's own is escaped
        assertThat(Files.size(run.resolve("tensorboard/events.out.tfevents.0.lion")))
                .isGreaterThan(1000);
        assertThatThrownBy(() -> RunReport.write(List.of(dir.resolve("none")), dir.resolve("x.html")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("none");
    }

    private String chromium(String... arguments) throws IOException, InterruptedException {
        Assumptions.assumeTrue(Files.exists(CHROMIUM), "no " + CHROMIUM + ": the report is not rendered");
        List<String> command = new ArrayList<>(List.of(
                CHROMIUM.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--hide-scrollbars",
                "--virtual-time-budget=4000",
                "--user-data-dir=" + Files.createTempDirectory(dir, "profile")));
        command.addAll(List.of(arguments));
        Process process = new ProcessBuilder(command)
                .redirectError(dir.resolve("chromium.log").toFile())
                .start();
        String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return out;
    }

    @Test
    void itDrawsInABrowser() throws IOException, InterruptedException {
        Path page = dir.resolve("both.html");
        ObjectNode whole = Json.object();
        whole.putArray("nodes")
                .addObject()
                .put("name", "sft")
                .put("seconds", 12.0)
                .put("starts", 2)
                .put("planned_seconds", 10.0)
                .put("key", "k");
        whole.withArray("nodes")
                .addObject()
                .put("name", "dpo")
                .put("seconds", 3.0)
                .put("key", "l");
        Map<String, Path> runs = new LinkedHashMap<>();
        runs.put("sft", run("sft", 1));
        runs.put("dpo", run("dpo", 0.5));
        RunReport.write(runs, whole, page);
        String drawn = chromium("--dump-dom", page.toUri().toString());
        assertThat(drawn)
                .contains(
                        "data-charts=\"5\"",
                        "held-out loss",
                        "Sample answers",
                        "not JSON 2",
                        "50 %",
                        "1 of 2",
                        "−7 %",
                        "look here",
                        "off by",
                        "in 2 starts",
                        "+20 %");
        assertThat(drawn.split("<canvas", -1)).hasSize(1 + 5);
        assertThat(drawn).doesNotContain("<title>broken");
        Path picture = dir.resolve("page.png");
        chromium(
                "--window-size=1400,1600",
                "--screenshot=" + picture,
                page.toUri().toString());
        BufferedImage image = ImageIO.read(picture.toFile());
        Set<Integer> colours = new HashSet<>();
        for (int y = 0; y < image.getHeight(); y += 3) {
            for (int x = 0; x < image.getWidth(); x += 3) {
                colours.add(image.getRGB(x, y));
            }
        }
        assertThat(colours.size()).isGreaterThan(40);
    }
}
