package org.lionalign.align.eval.harness;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import java.util.stream.Stream;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.harness.Leaderboard.Part;
import org.lionalign.align.eval.harness.Scores.Kind;
import org.lionalign.align.eval.harness.Task.Shots;
import org.lionalign.align.eval.harness.TaskFiles.Source;
import org.lionalign.align.eval.harness.generative.GenerativeSuites;
import org.lionalign.align.eval.ifeval.IfevalSuite;
import org.lionalign.core.json.Json;

/** All likelihood tasks of Open LLM leaderboard v1 and v2, and the two leaderboards. Start here. */
public final class HarnessSuites {
    /** As {@code --suite} names the first leaderboard. */
    public static final String LEADERBOARD_V1 = "leaderboard_v1";

    /** As {@code --suite} names the second. */
    public static final String LEADERBOARD_V2 = "leaderboard_v2";

    private static final List<Kind> ACC = List.of(Kind.ACC);
    private static final List<Kind> NORM = List.of(Kind.ACC_NORM);
    private static final List<Kind> BOTH = List.of(Kind.ACC, Kind.ACC_NORM);

    private final Prompting prompting;
    private final JsonNode fixed;

    /** @param prompting {@link Prompting#PLAIN} unless the leaderboards' numbers are not wanted */
    public HarnessSuites(Prompting prompting) {
        this.prompting = prompting;
        try (InputStream in = Objects.requireNonNull(HarnessSuites.class.getResourceAsStream("tasks.json"))) {
            this.fixed = Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), "tasks.json");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Groups and tasks that stand alone, in the leaderboards' order. */
    public List<Suite> all() {
        return List.of(
                arc(),
                hellaswag(),
                mmlu(),
                truthfulqaMc1(),
                truthfulqaMc2(),
                winogrande(),
                bbh(),
                gpqa(),
                musr(),
                mmluPro());
    }

    /** The tasks inside groups: {@code mmlu_anatomy}, {@code leaderboard_bbh_snarks} … */
    public List<Suite> members() {
        return Stream.of(mmlu(), bbh(), gpqa(), musr())
                .flatMap(group -> group.tasks().stream())
                .map(task -> (Suite) task)
                .toList();
    }

    private TaskSuite suite(Task task) {
        return new TaskSuite(task, prompting);
    }

    /** Parquet, JSON or JSONL of a hub data set below the data folder, with or without the owner's folder; then other places. */
    private static Source hub(String owner, String name, String config, String split, String... also) {
        List<String> places = new ArrayList<>();
        for (String folder : List.of(name, owner + "/" + name)) {
            places.add(folder + (config.isEmpty() ? "" : "/" + config) + ":" + split);
        }
        places.addAll(List.of(also));
        return new Source(places.stream().distinct().toList(), "huggingface.co/datasets/" + owner + "/" + name);
    }

    TaskSuite arc() {
        Source test = hub("allenai", "ai2_arc", "ARC-Challenge", "test", "arc/challenge.test.jsonl");
        Source train = hub("allenai", "ai2_arc", "ARC-Challenge", "train", "arc/challenge.train.jsonl");
        return suite(new Task(
                "arc_challenge",
                "ARC-Challenge, 25 shots, acc_norm",
                "",
                test,
                new Shots.Drawn(train, false),
                25,
                Formats::arc,
                null,
                Kind.ACC_NORM,
                BOTH,
                0,
                1172));
    }

    TaskSuite hellaswag() {
        Source validation = hub("Rowan", "hellaswag", "", "validation");
        Source train = hub("Rowan", "hellaswag", "", "train");
        return suite(new Task(
                "hellaswag",
                "HellaSwag, 10 shots, acc_norm",
                "",
                validation,
                new Shots.Drawn(train, true),
                10,
                Formats::hellaswag,
                null,
                Kind.ACC_NORM,
                BOTH,
                4,
                10042));
    }

    TaskSuite truthfulqaMc1() {
        return truthfulqa("truthfulqa_mc1", "mc1_targets", "TruthfulQA, single right answer, acc", Kind.ACC);
    }

    TaskSuite truthfulqaMc2() {
        return truthfulqa("truthfulqa_mc2", "mc2_targets", "TruthfulQA, probability of the right answers", Kind.MC2);
    }

    private TaskSuite truthfulqa(String name, String key, String about, Kind kind) {
        Source validation =
                hub("truthfulqa", "truthful_qa", "multiple_choice", "validation", "truthfulqa/mc_task.json");
        return suite(new Task(
                name,
                about,
                "",
                validation,
                new Shots.None(),
                0,
                Formats.truthfulqa(key),
                null,
                kind,
                List.of(kind),
                0,
                817));
    }

    TaskSuite winogrande() {
        Source validation = hub("allenai", "winogrande", "winogrande_xl", "validation", "winogrande:validation");
        Source train = hub("allenai", "winogrande", "winogrande_xl", "train", "winogrande:train");
        return suite(new Task(
                "winogrande",
                "WinoGrande, partial evaluation, 5 shots, acc",
                "",
                validation,
                new Shots.Drawn(train, true),
                5,
                Formats::winogrande,
                null,
                Kind.ACC,
                ACC,
                2,
                1267));
    }

    GroupSuite mmlu() {
        List<TaskSuite> tasks = new ArrayList<>();
        List<GroupSuite.Subgroup> groups = new ArrayList<>();
        for (JsonNode entry : fixed.path("mmlu")) {
            String subject = entry.path("subject").asText();
            Source test = mmlu(subject, "test");
            Source dev = mmlu(subject, "dev");
            String name = entry.path("name").asText();
            tasks.add(suite(new Task(
                    name,
                    "MMLU " + subject + ", 5 shots, acc",
                    entry.path("description").asText(),
                    test,
                    new Shots.First(dev),
                    5,
                    Formats::mmlu,
                    subject,
                    Kind.ACC,
                    ACC,
                    4,
                    0)));
            String group = entry.path("group").asText();
            if (groups.isEmpty() || !groups.get(groups.size() - 1).name().equals(group)) {
                groups.add(new GroupSuite.Subgroup(group, new ArrayList<>()));
            }
            groups.get(groups.size() - 1).tasks().add(name);
        }
        return new GroupSuite("mmlu", "MMLU, 57 subjects, 5 shots, acc", 14042, tasks, groups);
    }

    /** All subjects in one file, or a folder for each. */
    private static Source mmlu(String subject, String split) {
        return new Source(
                List.of(
                        "mmlu/all:" + split,
                        "cais/mmlu/all:" + split,
                        "mmlu/" + split + ".jsonl",
                        "mmlu/" + subject + ":" + split,
                        "cais/mmlu/" + subject + ":" + split),
                "huggingface.co/datasets/cais/mmlu");
    }

    GroupSuite bbh() {
        List<TaskSuite> tasks = new ArrayList<>();
        for (JsonNode entry : fixed.path("bbh")) {
            String file = entry.path("file").asText();
            List<String> choices = new ArrayList<>();
            entry.path("choices").forEach(choice -> choices.add(choice.asText()));
            List<JsonNode> samples = new ArrayList<>();
            entry.path("samples").forEach(samples::add);
            Source test = new Source(
                    List.of("bbh/" + file + ":test", "SaylorTwift/bbh/" + file + ":test", "bbh/" + file + ".json"),
                    "huggingface.co/datasets/SaylorTwift/bbh, or bbh/*.json of github.com/suzgunmirac/BIG-Bench-Hard");
            tasks.add(suite(new Task(
                    entry.path("name").asText(),
                    "BIG-Bench Hard " + file + ", 3 shots, acc_norm",
                    entry.path("description").asText(),
                    test,
                    new Shots.Fixed(samples),
                    3,
                    Formats.bbh(choices),
                    null,
                    Kind.ACC_NORM,
                    NORM,
                    choices.size(),
                    0)));
        }
        return new GroupSuite(
                "leaderboard_bbh",
                "BIG-Bench Hard, 24 multiple-choice subtasks, 3 shots, acc_norm",
                5761,
                tasks,
                List.of());
    }

    GroupSuite gpqa() {
        List<TaskSuite> tasks = new ArrayList<>();
        List.of("diamond", "extended", "main").forEach(part -> {
            Source train = hub(
                    "Idavidrein",
                    "gpqa",
                    "gpqa_" + part,
                    "train",
                    "gpqa/gpqa_" + part + ".csv",
                    "gpqa/gpqa_" + part + ".jsonl",
                    "Idavidrein/gpqa/gpqa_" + part + ".csv");
            tasks.add(suite(new Task(
                    "leaderboard_gpqa_" + part,
                    "GPQA " + part + ", 0 shots, acc_norm",
                    "",
                    train,
                    new Shots.None(),
                    0,
                    Formats::gpqa,
                    null,
                    Kind.ACC_NORM,
                    NORM,
                    4,
                    part.equals("diamond") ? 198 : part.equals("main") ? 448 : 546)));
        });
        return new GroupSuite(
                "leaderboard_gpqa", "GPQA diamond, extended and main, 0 shots, acc_norm", 1192, tasks, List.of());
    }

    GroupSuite musr() {
        return new GroupSuite(
                "leaderboard_musr",
                "MuSR, three kinds of stories, 0 shots, acc_norm",
                756,
                List.of(
                        musr("murder_mysteries", "murder_mystery", 2, 250),
                        musr("object_placements", "object_placements", 5, 256),
                        musr("team_allocation", "team_allocation", 3, 250)),
                List.of());
    }

    private TaskSuite musr(String part, String file, int choices, int size) {
        Source split = hub(
                "TAUR-Lab",
                "MuSR",
                "",
                part,
                "MuSR/" + part + ".csv",
                "MuSR/" + file + ".csv",
                "TAUR-Lab/MuSR/" + part + ".csv",
                "TAUR-Lab/MuSR/" + file + ".csv",
                "musr/" + part + ".csv",
                "musr/" + part + ".jsonl");
        return suite(new Task(
                "leaderboard_musr_" + part,
                "MuSR " + part + ", 0 shots, acc_norm",
                "",
                split,
                new Shots.None(),
                0,
                Formats::musr,
                null,
                Kind.ACC_NORM,
                NORM,
                choices,
                size));
    }

    TaskSuite mmluPro() {
        Source test = hub("TIGER-Lab", "MMLU-Pro", "", "test", "mmlu_pro/test.jsonl");
        Source validation = hub("TIGER-Lab", "MMLU-Pro", "", "validation", "mmlu_pro/validation.jsonl");
        return suite(new Task(
                "leaderboard_mmlu_pro",
                "MMLU-Pro, up to ten choices, 5 shots, acc",
                "",
                test,
                new Shots.First(validation),
                5,
                Formats::mmluPro,
                null,
                Kind.ACC,
                ACC,
                10,
                12032));
    }

    /** Both leaderboards, with the suites of {@code generative} and {@code ifeval} for their other parts. */
    public List<Suite> leaderboards() {
        return List.of(
                leaderboardV1(generative("gsm8k"), result -> metric(result, "exact_match,strict-match")),
                leaderboardV2(
                        new IfevalSuite(),
                        result -> metric(result, "leaderboard_acc"),
                        generative("leaderboard_math_hard"),
                        result -> metric(result, "exact_match")));
    }

    private static Suite generative(String name) {
        return GenerativeSuites.all().stream()
                .filter(suite -> suite.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Metric metric(SuiteResult result, String name) {
        return result.metrics().stream()
                .filter(metric -> metric.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    private static Metric headline(SuiteResult result) {
        return result.metrics().get(0);
    }

    /**
     * Open LLM leaderboard v1: the plain mean of ARC, HellaSwag, MMLU, TruthfulQA MC2, WinoGrande and GSM8K, in per cent.
     *
     * @param gsm8k the sixth part, 5 shots
     * @param strict its strict exact match, a share
     */
    Suite leaderboardV1(Suite gsm8k, Function<SuiteResult, Metric> strict) {
        return new Leaderboard(
                LEADERBOARD_V1,
                "Open LLM leaderboard v1: mean of arc_challenge, hellaswag, mmlu, truthfulqa_mc2, winogrande and gsm8k in per cent",
                List.of(
                        Part.plain("arc_challenge", arc(), HarnessSuites::headline),
                        Part.plain("hellaswag", hellaswag(), HarnessSuites::headline),
                        Part.plain("mmlu", mmlu(), HarnessSuites::headline),
                        Part.plain("truthfulqa_mc2", truthfulqaMc2(), HarnessSuites::headline),
                        Part.plain("winogrande", winogrande(), HarnessSuites::headline),
                        Part.plain("gsm8k", gsm8k, strict)));
    }

    /**
     * Open LLM leaderboard v2: six parts above chance, in per cent. The official rule takes each subtask's own chance level (huggingface.co/docs/leaderboards,
     * normalization); beside it the LION evaluation's, one bound for each part (LION.md 2.12).
     *
     * @param ifeval the part that follows instructions
     * @param ifevalMean its mean of instance-strict and prompt-strict accuracy, a share
     * @param math MATH level 5
     * @param exactMatch its exact match, a share
     */
    Suite leaderboardV2(
            Suite ifeval,
            Function<SuiteResult, Metric> ifevalMean,
            Suite math,
            Function<SuiteResult, Metric> exactMatch) {
        GroupSuite bbh = bbh();
        GroupSuite musr = musr();
        return new Leaderboard(
                LEADERBOARD_V2,
                "Open LLM leaderboard v2: mean above chance of ifeval, leaderboard_bbh, leaderboard_math_hard, leaderboard_gpqa,"
                        + " leaderboard_musr and leaderboard_mmlu_pro in per cent",
                List.of(
                        Part.plain("ifeval", ifeval, ifevalMean),
                        new Part("bbh", bbh, result -> Leaderboard.bySubtask(bbh, result), coarse(0.2866)),
                        Part.plain("math_hard", math, exactMatch),
                        Part.plain("gpqa", gpqa(), coarse(0.25)),
                        new Part("musr", musr, result -> Leaderboard.bySubtask(musr, result), coarse(0.3430)),
                        Part.plain("mmlu_pro", mmluPro(), coarse(0.10))));
    }

    private static Function<SuiteResult, Metric> coarse(double bound) {
        return result -> Leaderboard.normalised(headline(result), bound);
    }
}
