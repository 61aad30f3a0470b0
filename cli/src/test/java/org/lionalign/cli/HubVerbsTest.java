package org.lionalign.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.run.Suites;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.ChildJvm;
import org.lionalign.core.testing.FakeHub;

/** {@code hub:org/name} in verbs and recipes, against a hub on loopback; in processes of their own, for the hub is named by the environment. */
class HubVerbsTest {
    private static final String TOKEN = "hf_secretSECRETsecret";

    @TempDir
    Path dir;

    private final FakeHub hub = new FakeHub();
    private String commit = "";
    private int started;

    @BeforeEach
    void fill() throws IOException {
        Path model = EvalData.model(dir.resolve("made"), 160);
        SortedMap<String, byte[]> files = new TreeMap<>();
        try (Stream<Path> all = Files.list(model)) {
            for (Path file : all.toList()) {
                files.put(file.getFileName().toString(), Files.readAllBytes(file));
            }
        }
        files.put("pytorch_model.bin", new byte[2000]); // what nobody reads is not fetched
        files.put("onnx/model.safetensors", new byte[2000]);
        commit = hub.commit("org/tiny", "main", files);
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    private ChildJvm.Ended lion(String environment, Object... arguments) {
        return new ChildJvm(
                        "org.lionalign.cli.Lion",
                        Stream.of(arguments).map(String::valueOf).toList(),
                        dir.resolve("log-" + started++))
                .after("export HF_ENDPOINT=" + hub.url() + " HF_HOME=" + dir.resolve("hf") + " HF_TOKEN=" + TOKEN + " "
                        + environment)
                .run();
    }

    private Path snapshot() {
        return dir.resolve("hf/hub/models--org--tiny/snapshots").resolve(commit);
    }

    @Test
    void modelsOnTheCommandLine() throws IOException {
        assertThat(lion("", "inspect", "--help").code()).isZero();
        assertThat(lion("", "tokenize", "--model", "hub:org/tiny", "--in", "x", "--wrong")
                        .code())
                .isEqualTo(2);
        assertThat(hub.seen()).isEmpty(); // for help and for wrong commands nothing is fetched

        Path texts = Files.writeString(dir.resolve("texts.jsonl"), "{\"text\": \"the fox\"}\n");
        ChildJvm.Ended tokenized = lion("", "tokenize", "--model", "hub:org/tiny", "--in", texts);
        assertThat(tokenized.code()).as(tokenized.text()).isZero();
        assertThat(tokenized.text()).contains("{\"ids\":[");
        assertThat(hub.asked("model.safetensors")).isZero(); // a tokenizer needs no weights

        ChildJvm.Ended inspected = lion("", "inspect", "hub:org/tiny@" + commit);
        assertThat(inspected.code()).as(inspected.text()).isZero();
        assertThat(inspected.text()).contains("hub: fetching org/tiny model.safetensors", "parameters");
        assertThat(snapshot().resolve("model.safetensors")).isRegularFile();
        assertThat(snapshot().resolve("pytorch_model.bin")).doesNotExist();
        assertThat(snapshot().resolve("onnx")).doesNotExist();

        ChildJvm.Ended nobody = lion("", "inspect", "hub:org/nobody");
        assertThat(nobody.code()).isEqualTo(3);
        assertThat(nobody.text())
                .contains("lion: hub:org/nobody@main: no such repository", "HF_TOKEN is set")
                .doesNotContain("SECRET");
        ChildJvm.Ended offline = lion("HF_HUB_OFFLINE=1", "inspect", "hub:org/nobody");
        assertThat(offline.code()).isEqualTo(3);
        assertThat(offline.text()).contains("offline (HF_HUB_OFFLINE)");
        assertThat(lion("HF_HUB_OFFLINE=1", "inspect", "hub:org/tiny").code()).isZero();
        assertThat(lion("", "inspect", "hub:/tiny").text()).contains("expected hub:org/name[@revision][/path]");
    }

    @Test
    void recipesNameTheCommit() throws IOException {
        StringBuilder rows = new StringBuilder();
        for (int i = 0; i < 24; i++) {
            rows.append("{\"prompt\": \"Say ")
                    .append(i)
                    .append(".\", \"completion\": \"It is ")
                    .append(i)
                    .append(".\"}\n");
        }
        byte[] train = rows.toString().getBytes(StandardCharsets.UTF_8);
        byte[] test = rows.substring(0, rows.indexOf("\n") + 1).getBytes(StandardCharsets.UTF_8);
        String data = hub.commit(
                "datasets/org/rows",
                "main",
                Map.of("sub/train.jsonl", train, "sub/test.jsonl", test, "other/train.jsonl", test));
        Path recipe = Files.writeString(
                dir.resolve("sft.yaml"),
                "model: {path: 'hub:org/tiny', template: chatml, compute: f32}\n"
                        + "data: {train: ['hub:org/rows/sub'], eval: [{path: 'hub:org/rows/sub', split: test}], max_length_tokens: 64}\n"
                        + "train: {max_steps: 2, examples_per_step: 8, micro_batch_tokens: 128, learning_rate: 1e-3}\n"
                        + "eval: {probe_prompts: 0}\n");
        Path run = dir.resolve("run");
        ChildJvm.Ended end = lion("", "sft", recipe, "--out", run, "--set", "model.path=hub:org/tiny@" + commit);
        assertThat(end.code()).as(end.text()).isZero();
        assertThat(run.resolve("model/model.safetensors")).isRegularFile();
        assertThat(Files.isSymbolicLink(run.resolve("model/tokenizer.json"))).isFalse();
        String resolved = Files.readString(run.resolve("recipe.resolved.yaml"));
        assertThat(resolved)
                .contains("models--org--tiny/snapshots/" + commit, "--set")
                .contains("datasets--org--rows/snapshots/" + data + "/sub")
                .doesNotContain("hub:", "SECRET");
        // The other folder of the data set was not asked for.
        assertThat(dir.resolve("hf/hub/datasets--org--rows/snapshots/" + data + "/other"))
                .doesNotExist();
        assertThat(lion("", "sft", recipe, "--out", run, "--set", "data.train=[hub:org/rows/third]")
                        .text())
                .contains("hub:datasets/org/rows@main/third: expected rows, found");
    }

    @Test
    void everySuiteFromTheHub() throws IOException {
        HubSets sets = HubSets.of(2);
        Path data = dir.resolve("data");
        sets.writeOthers(data);
        TreeMap<String, String> commits = new TreeMap<>();
        sets.repositories().forEach((repository, files) -> {
            String name = repository.substring(repository.indexOf('/') + 1);
            if (name.equals("allenai/winogrande")) {
                // A data set with a script of its own: rows are on the hub's branch of converted files alone.
                commits.put(name, hub.commit(repository, "main", Map.of("winogrande.py", new byte[] {35})));
                Map<String, byte[]> converted = new TreeMap<>();
                files.forEach((path, content) -> converted.put(path.replaceFirst("-00000-of-00001", "/0000"), content));
                hub.commit(repository, "refs/convert/parquet", converted);
            } else {
                commits.put(name, hub.commit(repository, "main", files));
            }
        });
        String suites = String.join(
                ",", new Suites(null).listed().stream().map(Suite::name).toList());
        Path out = dir.resolve("out");
        try (FakeJudge judge = new FakeJudge(FakeJudge::byHash)) {
            Object[] command = {
                "eval",
                "--model",
                "hub:org/tiny",
                "--suite",
                suites,
                "--data",
                data + ",hub",
                "--judge",
                judge.url(),
                "--out",
                out
            };
            ChildJvm.Ended end = lion("", command);
            assertThat(end.code()).as(end.text()).isZero();
            JsonNode results = Json.read(out.resolve("results.json"));
            EverySuiteTest.check(results);
            assertThat(results.at("/models/0").asText()).isEqualTo("tiny");
            assertThat(Json.MAPPER.convertValue(results.path("hub"), TreeMap.class))
                    .isEqualTo(commits);
            assertThat(hub.asked("ARC-Easy/test-00000-of-00001.parquet")).isZero();

            // The hub moved on and is not there; what was fetched stays what it is.
            hub.forget();
            int paid = judge.billed();
            byte[] before = Files.readAllBytes(out.resolve("results.json"));
            ChildJvm.Ended again = lion("HF_HUB_OFFLINE=1", command);
            assertThat(again.code()).as(again.text()).isZero();
            assertThat(hub.seen()).isEmpty();
            assertThat(judge.billed()).isEqualTo(paid);
            assertThat(out.resolve("results.json")).hasBinaryContent(before);
        }
        ChildJvm.Ended missing = lion(
                "", "eval", "--model", dir.resolve("made"), "--suite", "arc_challenge", "--data", dir.resolve("none"));
        assertThat(missing.code()).isEqualTo(3);
        assertThat(missing.text()).contains("arc_challenge needs", "(DIR,hub instead of DIR fetches them)");
    }

    @Test
    void halfOfASplitIsNotASplit() throws IOException {
        HubSets sets = HubSets.of(2);
        hub.commit("datasets/allenai/ai2_arc", "main", sets.repositories().get("datasets/allenai/ai2_arc"));
        FakeHub.Fault gone = new FakeHub.Fault.Status(403, Map.of("X-Error-Code", "GatedRepo"), "");
        hub.fail("redirect ARC-Challenge/train-00000-of-00001.parquet", gone);
        Path data = dir.resolve("data");
        List<Object> command = List.of(
                "eval",
                "--model",
                dir.resolve("made"),
                "--suite",
                "arc_challenge",
                "--data",
                data + ",hub",
                "--out",
                dir.resolve("out"));
        ChildJvm.Ended refused = lion("", command.toArray());
        assertThat(refused.code()).isEqualTo(3);
        assertThat(refused.text()).contains("gated: ask for access on");
        assertThat(data.resolve("hub")).doesNotExist(); // the test split alone would give few-shot examples from itself
        ChildJvm.Ended end = lion("", command.toArray());
        assertThat(end.code()).as(end.text()).isZero();
        assertThat(data.resolve("hub/allenai/ai2_arc/hub.json")).isRegularFile();
        assertThat(end.text()).doesNotContain("evaluated split");
    }
}
