package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.cub.CubFiles;

/** {@code lion run}, {@code explain}, {@code plan}, {@code study} and {@code quickstart} as a user gives them, on tiny recipes. */
class RunVerbsTest {
    @TempDir
    Path dir;

    private static List<String> lines(String text, String containing) {
        return text.lines().filter(line -> line.contains(containing)).toList();
    }

    @Test
    void aRunShowsItsStagesIsFoundAgainAndExplainsWhatAChangeWouldDo() throws IOException {
        String recipe = TinyRun.recipe(dir).toString();
        String out = dir.resolve("out").toString();
        Ran planned = Ran.lion("plan", recipe, "--out", out);
        assertThat(planned.code()).as(planned.err()).isZero();
        assertThat(planned.out()).contains("online-1/sample", "compare/online", "time", "memory", "disk");
        Ran will = Ran.lion("explain", recipe, "--out", out);
        assertThat(lines(will.out(), "will run")).hasSize(15);

        Ran ran = Ran.lion("run", recipe, "--out", out);
        assertThat(ran.code()).as(ran.err()).isZero();
        assertThat(ran.out()).contains("base", "sft", "dpo", "online");
        assertThat(ran.err()).contains("0 of 15 steps", "lion: dpo done in", "the report is");
        JsonNode run = Json.read(Path.of(out, "run.json"));
        assertThat(run.size()).isEqualTo(15);
        String report = Files.readString(Path.of(out, "report.html"));
        assertThat(report).contains("\"planned_seconds\":");
        // The online stage looks at its held-out pairs as the others do.
        try (JsonLines looks =
                JsonLines.open(Path.of(out, "artifacts", run.path("online-1").asText(), "eval.jsonl"))) {
            assertThat(looks)
                    .extracting(look -> look.value().path("step").asInt() + " "
                            + look.value().path("examples").asInt())
                    .containsExactly("0 24", "2 24", "4 24", "6 24");
        }
        // Pretty-printed for people, the same numbers for programs.
        JsonNode comparison =
                Json.read(Path.of(out, "artifacts", run.path("compare").asText(), "comparison.json"));
        assertThat(comparison.path("judges")).hasSize(2);
        assertThat(comparison.path("models").toString()).isEqualTo("[\"base\",\"sft\",\"dpo\",\"online\"]");

        Ran again = Ran.lion("run", recipe, "--out", out);
        assertThat(again.code()).isZero();
        assertThat(again.err()).contains("15 of 15 steps").doesNotContain(" …");
        assertThat(again.out()).isEqualTo(ran.out());

        Ran explained = Ran.lion("explain", recipe, "--out", out, "--set", "dpo.loss.beta=0.2");
        assertThat(lines(explained.out(), "cached"))
                .extracting(line -> line.substring(0, line.indexOf(' ')))
                .containsExactly("sft", "reward", "dpo/reference", "compare/base", "compare/sft");
        assertThat(lines(explained.out(), "stale")).hasSize(10);
        assertThat(explained.out()).contains("because loss.beta: 0.1 → 0.2").contains("because model: ");

        // A change that nothing depends on runs nothing.
        Ran more = Ran.lion("run", recipe, "--out", out, "--set", "sft.train.keep_checkpoints=5");
        assertThat(more.err()).contains("15 of 15 steps");
    }

    @Test
    void aWrongKeyAndAWrongStageAreNamed() throws IOException {
        Path recipe = TinyRun.recipe(dir);
        String out = dir.resolve("out").toString();
        Ran key = Ran.lion("run", recipe.toString(), "--out", out, "--set", "dpo.loss.betta=1");
        assertThat(key.code()).isEqualTo(Lion.BAD_INPUT);
        assertThat(key.err()).contains("did you mean beta?");
        Ran judge = Ran.lion(
                "explain", recipe.toString(), "--out", out, "--set", "compare.judges=[{type: reward, path: '@odpo'}]");
        assertThat(judge.code()).isEqualTo(Lion.BAD_INPUT);
        assertThat(judge.err()).contains("@odpo", "@online");
        assertThat(Ran.lion("plan", recipe.toString(), "--stage", "sft").code()).isEqualTo(Lion.BAD_INPUT);
        assertThat(Path.of(out)).doesNotExist();
    }

    @Test
    void aStudySharesWhatItsCellsHaveInCommonAndSaysWhatTheyDo() throws IOException {
        Path recipe = TinyRun.recipe(dir);
        Path study = Files.writeString(dir.resolve("study.yaml"), """
                about: "DPO: beta"
                recipe: RECIPE
                set: ["reward=null", "online=null", "compare.judges=[{type: rule, rule: {max_characters: 12}}]"]
                axes:
                  - name: beta
                    cells:
                      - {name: "0.1", set: []}
                      - {name: "0.5", set: ["dpo.loss.beta=0.5"]}
                seeds: [1, 2]
                measure: dpo
                also: [sft.training_seconds]
                """.replace("RECIPE", recipe.toString()));
        Path out = dir.resolve("out");
        Ran ran = Ran.lion("study", study.toString(), "--out", out.toString(), "--json");
        assertThat(ran.code()).as(ran.err()).isZero();
        JsonNode result = Json.parse(ran.out(), "study");
        assertThat(result.path("cells")).hasSize(2);
        JsonNode second = result.path("cells").get(1);
        assertThat(second.path("cell").asText()).isEqualTo("beta 0.5");
        assertThat(second.path("by_seed")).hasSize(2);
        assertThat(second.path("difference").has("low")).isTrue();
        assertThat(result.path("cells").get(0).has("difference")).isFalse();
        assertThat(second.path("sft.training_seconds").path("mean").asDouble()).isPositive();
        // By seed one sft and one reference, by cell one dpo.
        assertThat(artifacts(out, "sft-")).isEqualTo(2);
        assertThat(artifacts(out, "dpo-reference-")).isEqualTo(2);
        assertThat(artifacts(out, "dpo-")).isEqualTo(2 + 4);
        assertThat(Json.read(out.resolve("study.json"))).isEqualTo(result);
        Ran again = Ran.lion("study", study.toString(), "--out", out.toString());
        assertThat(again.out()).contains("DPO: beta", "beta 0.5");
        assertThat(again.err()).doesNotContain(" …");
        assertThat(artifacts(out, "")).isEqualTo(2 * 4 + 4 * 3);
        Ran none = Ran.lion("study", "no-such-study", "--out", out.toString());
        assertThat(none.code()).isEqualTo(Lion.BAD_INPUT);
    }

    private static long artifacts(Path out, String prefix) throws IOException {
        try (Stream<Path> folders = Files.list(out.resolve("artifacts"))) {
            return folders.filter(folder -> String.valueOf(folder.getFileName()).startsWith(prefix))
                    .count();
        }
    }

    /** With the bundled model itself, a step for each stage, and little data of its world. */
    @Test
    void theQuickstartGoesTheWholeWay() {
        String home = System.getProperty("lion.home");
        System.setProperty("lion.home", System.getProperty("lion.root", ".."));
        try {
            Path out = dir.resolve("out");
            CubFiles.generate(out.resolve("data-1"), 1, new CubFiles.Sizes(0, 24, 24, 8, 8, 0.35));
            Ran ran = Ran.lion(
                    "quickstart",
                    "--out",
                    out.toString(),
                    "--set",
                    "sft.train.max_steps=1",
                    "--set",
                    "sft.eval={probe_prompts: 1}",
                    "--set",
                    "reward.train.max_steps=1",
                    "--set",
                    "dpo.train.max_steps=1",
                    "--set",
                    "dpo.eval={probe_prompts: 1}",
                    "--set",
                    "online.train.max_steps=1",
                    "--set",
                    "online.prompt_limit=4",
                    "--set",
                    "online.pairs={unfinished: allow}",
                    "--set",
                    "online.stop={length_ratio: 100}",
                    "--set",
                    "online.sample={answers: 3, max_new_tokens: 24}",
                    "--set",
                    "online.judges=[{type: rule, rule: {prefer: longer}}]",
                    "--set",
                    "compare.limit=4",
                    "--set",
                    "compare.sample={answers: 1, temperature: 0, max_new_tokens: 24}");
            assertThat(ran.code()).as(ran.err()).isZero();
            assertThat(ran.out()).contains("base", "sft", "dpo", "online");
            assertThat(out.resolve("report.html")).exists();
            assertThat(out.resolve("recipe.yaml")).exists();
            // The folder holds all that the same run needs again.
            Ran again = Ran.lion(
                    "explain", out.resolve("recipe.yaml").toString(), "--out", out.toString(), "--set", "seed=1");
            assertThat(again.code()).as(again.err()).isZero();
        } finally {
            if (home == null) {
                System.clearProperty("lion.home");
            } else {
                System.setProperty("lion.home", home);
            }
        }
    }
}
