package org.lionalign.align.judge;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.recipe.JudgeRecipe;
import org.lionalign.core.testing.Seeds;
import org.lionalign.core.testing.SharedData;

/** Rules, replays, ensembles, people's own classes, the judged file and the comparison. */
class JudgesTest {
    @TempDir
    Path dir;

    private Judge open(String... specs) {
        List<JudgeRecipe> recipes = new ArrayList<>();
        for (String spec : specs) {
            recipes.addAll(JudgeSpec.parse(spec));
        }
        return Judges.open(recipes, Judges.Context.of(dir.resolve("replies.jsonl")));
    }

    private double[] scores(String spec, String... answers) {
        return open(spec)
                .judge(List.of(TinyModels.question("q", "p", answers)))
                .get(0)
                .scores();
    }

    @Test
    void rules() {
        assertThat(scores("rule:min=3", "ab", "abc", "😀😀")).containsExactly(0, 1, 0);
        assertThat(scores("rule:max=2", "ab", "abc", "😀😀")).containsExactly(1, 0, 1);
        assertThat(scores("rule:matches=^\\d+$", "12", "a12", "")).containsExactly(1, 0, 0);
        assertThat(scores("rule:contains=cat", "a cat", "a dog")).containsExactly(1, 0);
        assertThat(scores("rule:lacks=cat", "a cat", "a dog")).containsExactly(0, 1);
        assertThat(scores("rule:json", "{\"a\": [1]}", "{a: 1}", "", "[1] x")).containsExactly(1, 0, 0, 0);
        assertThat(scores("rule:longer", "a", "bbb", "cc", "dd")).containsExactly(0, 1, 0.5, 0.5);
        assertThat(scores("rule:shorter", "a", "bbb")).containsExactly(1, 0);
        for (String bad :
                List.of("rule:tall", "rule:min=x", "rule:json=1", "rule:min", "nothing", "reward:", "llm:http://x")) {
            assertThatThrownBy(() -> JudgeSpec.parse(bad))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining(bad);
        }
        assertThatThrownBy(() -> open("rule:matches=("))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("regular expression");
    }

    @Test
    void severalConditionsAddUp() throws IOException {
        Path yaml = Files.writeString(
                dir.resolve("r.yaml"),
                "- type: rule\n  rule: {min_characters: 2, contains: [x, y], lacks: [z], prefer: shorter}\n");
        // "xy": 2 characters, x, y, no z, shorter than 2 of 2; "x": too short, x, no z, … and so on.
        assertThat(scores(yaml.toString(), "xy", "xyz", "zzzz")).containsExactly(5, 3.5, 1);
    }

    @Test
    void numbersAreComparedAsNumbers() {
        ObjectNode row = Json.object().put("answer", "48/2 = 24 ...\n#### 1,024.0");
        Question question = new Question(
                "q",
                TinyModels.question("q", "p", "x").prompt(),
                List.of("So it is 1024.", "It is $1,024.00", "1024 or 7", "none", "−1024"),
                row);
        assertThat(open("rule:number=answer").judge(List.of(question)).get(0).scores())
                .containsExactly(1, 1, 0, 0, 0);
        assertThat(open("rule:number=missing").judge(List.of(question)).get(0).failures())
                .containsOnly("no_reference");
        assertThat(RuleJudge.lastNumber("pi is 3.14")).isEqualByComparingTo("3.14");
        assertThat(RuleJudge.lastNumber("nothing")).isNull();
    }

    /** A judge of somebody's own. */
    static final class Vowels implements Judge {
        private final String vowels;

        Vowels(ObjectNode options) {
            vowels = options.path("vowels").asText("aeiou");
        }

        @Override
        public String identity() {
            return "vowels " + vowels;
        }

        @Override
        public void judge(List<Question> questions, Sink sink) {
            for (int q = questions.size() - 1; q >= 0; q--) { // any order
                double[] scores = questions.get(q).answers().stream()
                        .mapToDouble(a ->
                                a.chars().filter(c -> vowels.indexOf(c) >= 0).count())
                        .toArray();
                sink.onJudgement(q, Judgement.of(scores));
            }
        }
    }

    /** Without options. */
    static final class Silent implements Judge {
        @Override
        public String identity() {
            return "silent";
        }

        @Override
        public void judge(List<Question> questions, Sink sink) {
            for (int q = 0; q < questions.size(); q++) {
                sink.onJudgement(q, Judgement.failed(questions.get(q).answers().size(), "silent"));
            }
        }
    }

    @Test
    void aClassOfOnesOwn() throws IOException {
        assertThat(scores("class:" + Vowels.class.getName(), "aab", "xyz")).containsExactly(2, 0);
        Path yaml = Files.writeString(
                dir.resolve("c.yaml"),
                "- {type: class, class_name: '" + Vowels.class.getName() + "', options: {vowels: y}}\n");
        assertThat(scores(yaml.toString(), "aab", "xyz")).containsExactly(0, 1);
        for (Map.Entry<String, String> bad : Map.of(
                        "class:org.example.Missing", "LION_CLASSPATH",
                        "class:java.lang.String", "implements")
                .entrySet()) {
            assertThatThrownBy(() -> open(bad.getKey()))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining(bad.getValue());
        }
        Path useless = Files.writeString(
                dir.resolve("u.yaml"),
                "- {type: class, class_name: '" + Silent.class.getName() + "', options: {vowels: y}}\n");
        assertThatThrownBy(() -> open(useless.toString()))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("judge.options");
    }

    @Test
    void anEnsembleIsTheWeightedMeanOfRanks() throws IOException {
        Path yaml = Files.writeString(
                dir.resolve("e.yaml"),
                "- {type: rule, weight: 3, rule: {prefer: longer}}\n- {type: class, class_name: '"
                        + Vowels.class.getName() + "'}\n");
        // ranks by length 0, ½, 1; by vowels 1, ¼, ¼
        assertThat(scores(yaml.toString(), "a", "bb", "ccc"))
                .containsExactly(new double[] {0.25, (1.5 + 0.25) / 4, (3 + 0.25) / 4}, within(1e-12));
        Judgement failed = open("rule:longer", "class:" + Silent.class.getName())
                .judge(List.of(TinyModels.question("q", "p", "a", "b")))
                .get(0);
        assertThat(failed.scores()).containsOnly(Double.NaN);
        assertThat(failed.failures()).containsOnly("2 class: silent");
        Path none = Files.writeString(
                dir.resolve("z.yaml"),
                "- {type: rule, weight: 0, rule: {json: true}}\n- {type: rule, weight: 0, rule: {json: true}}\n");
        assertThatThrownBy(() -> open(none.toString()))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("weight");
    }

    private Path rows(String name, int n) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int r = 0; r < n; r++) {
            lines.add("{\"id\":\"r" + r + "\",\"prompt\":\"p" + r % 40
                    + "\",\"answers\":[{\"text\":\"a\",\"finish\":\"stop\"},\"bb " + r % 40 + "\"]}");
        }
        return Files.write(dir.resolve(name), lines);
    }

    private ObjectNode judge(Path in, Path out, Judge judge) {
        try (JsonLines lines = JsonLines.open(in)) {
            JudgedFile file = new JudgedFile(out, judge);
            file.judge(lines, in.toString(), () -> {});
            return file.summary();
        }
    }

    /** Fails after so many calls: stands for a kill. */
    private record Killed(Judge inner, int[] left) implements Judge {
        @Override
        public String identity() {
            return inner.identity();
        }

        @Override
        public void judge(List<Question> questions, Sink sink) {
            if (left[0]-- == 0) {
                throw new IllegalStateException("killed");
            }
            inner.judge(questions, sink);
        }
    }

    @Test
    void aKilledRunGoesOnToTheSameBytes() throws IOException {
        Path in = rows("in.jsonl", 150);
        Path whole = dir.resolve("whole.jsonl");
        ObjectNode summary = judge(in, whole, open("rule:longer"));
        assertThat(summary.get("judged").asInt()).isEqualTo(150);
        byte[] expected = Files.readAllBytes(whole);
        Seeds.forAll(8, random -> {
            Path out = dir.resolve("out" + random.nextLong() + ".jsonl");
            for (int life = 0; life < 3; life++) {
                try {
                    judge(in, out, new Killed(open("rule:longer"), new int[] {random.nextInt(3)}));
                } catch (IllegalStateException killed) {
                    assertThat(killed).hasMessage("killed");
                }
                if (Files.exists(out) && random.nextBoolean()) {
                    // A torn tail, and whole lines that are gone.
                    byte[] bytes = Files.readAllBytes(out);
                    Files.write(out, Arrays.copyOf(bytes, bytes.length - random.nextInt(bytes.length / 2)));
                }
            }
            ObjectNode last = judge(in, out, open("rule:longer"));
            assertThat(Files.readAllBytes(out)).isEqualTo(expected);
            assertThat(last.get("judged").asInt() + last.get("already").asInt()).isEqualTo(150);
            assertThat(judge(in, out, open("rule:longer")).get("judged").asInt())
                    .isZero();
            assertThat(Files.readAllBytes(out)).isEqualTo(expected);
        });
    }

    @Test
    void anotherJudgesFileIsRefusedAndFailuresAreSummed() throws IOException {
        Path in = rows("in.jsonl", 5);
        Path out = dir.resolve("out.jsonl");
        ObjectNode summary = judge(in, out, new Silent());
        assertThat(summary.get("failures").get("silent").asInt()).isEqualTo(10);
        assertThat(judge(in, out, new Silent()).get("failed").asInt()).isEqualTo(10);
        assertThatThrownBy(() -> judge(in, out, open("rule:longer")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("name another file");
        assertThatThrownBy(() -> judge(in, in, open("rule:longer"))).isInstanceOf(BadInput.class);
        Path bad = Files.writeString(dir.resolve("bad.jsonl"), "{\"prompt\":\"p\",\"answers\":[3]}\n");
        assertThatThrownBy(() -> judge(bad, dir.resolve("x.jsonl"), open("rule:longer")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("bad.jsonl:1: answers[0]");
    }

    @Test
    void whatOneJudgeWroteAnotherRunReplays() throws IOException {
        Path in = rows("in.jsonl", 40);
        Path out = dir.resolve("out.jsonl");
        judge(in, out, open("rule:longer"));
        Path again = dir.resolve("again.jsonl");
        judge(in, again, open("replay:" + out));
        JsonNode a =
                Json.parse(Files.readAllLines(out).get(7), "a").get("judgement").get("scores");
        JsonNode b = Json.parse(Files.readAllLines(again).get(7), "b")
                .get("judgement")
                .get("scores");
        assertThat(b).isEqualTo(a);
        assertThat(open("replay:" + out)
                        .judge(List.of(TinyModels.question("q", "p1", "a", "never seen")))
                        .get(0)
                        .failures())
                .containsExactly(null, "unrecorded");
        Path two = Files.writeString(
                dir.resolve("two.jsonl"),
                "{\"answer\":\"x\",\"score\":1}\n{\"answer\":\"x\",\"score\":2}\n{\"prompt\":\"p\",\"answer\":\"x\",\"score\":3}\n");
        Judge replay = open("replay:" + two);
        assertThat(replay.judge(List.of(TinyModels.question("q", "p", "x")))
                        .get(0)
                        .scores())
                .containsExactly(3);
        assertThat(replay.judge(List.of(TinyModels.question("q", "other", "x")))
                        .get(0)
                        .failures())
                .containsExactly("ambiguous");
    }

    @Test
    void judgementsSurviveTheirRow() {
        Judgement judgement =
                new Judgement(new double[] {0.1 + 0.2, Double.NaN}, new String[] {null, "timeout"}, new double[][] {
                    {0, 1}, {Double.NaN, 0}
                });
        Judgement read =
                JudgementJson.read((ObjectNode) Json.parse(Json.write(JudgementJson.write(judgement)), "x"), 2, "x");
        assertThat(read.scores()).isEqualTo(judgement.scores());
        assertThat(read.failures()).isEqualTo(judgement.failures());
        assertThat(Arrays.deepToString(read.pairwise())).isEqualTo(Arrays.deepToString(judgement.pairwise()));
        assertThatThrownBy(() -> JudgementJson.read((ObjectNode) Json.parse("{\"scores\":[null,1]}", "x"), 2, "file:3"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("file:3");
    }

    @Test
    void theComparisonByHand() {
        JudgeComparison comparison = new JudgeComparison(List.of("x", "y", "people"));
        Question first = TinyModels.question("1", "p", "a", "bb", "cccc");
        // x: a < bb < cccc; y: a < bb, cccc between; people: first best, others equal
        comparison.add(first, Arrays.asList(Judgement.of(1, 2, 3), Judgement.of(1, 3, 2), Judgement.of(1, 0, 0)));
        Question second = TinyModels.question("2", "p", "same", "same", "other!");
        comparison.add(
                second,
                Arrays.asList(
                        Judgement.of(0, 0, 1),
                        new Judgement(new double[] {1, 1, Double.NaN}, new String[] {null, null, "timeout"}, null),
                        null));
        ObjectNode json = comparison.toJson();
        JsonNode xy = json.get("agreement").get(0);
        assertThat(xy.get("pairs").asInt()).isEqualTo(3);
        assertThat(xy.get("agreement").asDouble()).isCloseTo(2 / 3.0, within(1e-12));
        assertThat(xy.get("kendall_tau").asDouble()).isCloseTo(1 / 3.0, within(1e-12));
        JsonNode xPeople = json.get("agreement").get(1);
        assertThat(xPeople.get("pairs").asInt()).isEqualTo(2);
        assertThat(xPeople.get("tied").asInt()).isEqualTo(1);
        assertThat(xPeople.get("agreement").asDouble()).isZero();
        assertThat(xPeople.get("kendall_tau").asDouble()).isCloseTo(-2 / Math.sqrt(6), within(1e-12));
        JsonNode x = json.get("judges").get(0);
        assertThat(x.get("pairs").asInt()).isEqualTo(5); // the equal texts are no pair
        assertThat(x.get("longer_wins").asDouble()).isEqualTo(1);
        assertThat(x.get("length_correlation").asDouble()).isBetween(0.8, 1.0);
        assertThat(x.has("swap_inconsistency")).isFalse();
        JsonNode y = json.get("judges").get(1);
        assertThat(y.get("failures").get("timeout").asInt()).isEqualTo(1);
        assertThat(y.get("pairs").asInt()).isEqualTo(3);
        assertThat(JudgeComparison.table(json)).contains("people").contains("66.7 %");
    }

    /** Real annotations as AlpacaEval publishes them: the answers of ten models to one prompt, ranked by preference. */
    @Test
    void alpacaEvalsPreferencesRankRealAnswers() throws IOException {
        Path models = SharedData.require("judged/alpaca_eval/models");
        Map<Integer, List<JsonNode>> byPrompt = new TreeMap<>();
        try (var files = Files.list(models)) {
            for (Path file : files.sorted().toList()) {
                try (JsonLines lines = JsonLines.open(file)) {
                    lines.forEach(
                            row -> byPrompt.computeIfAbsent(row.value().get("i").asInt(), i -> new ArrayList<>())
                                    .add(row.value()));
                }
            }
        }
        Judge judge = open("replay:" + models);
        List<Question> questions = new ArrayList<>();
        byPrompt.forEach((i, rows) -> questions.add(TinyModels.question(
                "i" + i,
                "prompt " + i,
                rows.stream().map(r -> r.get("output").asText()).toArray(String[]::new))));
        List<Judgement> judgements = judge.judge(questions);
        long scored = 0;
        long ambiguous = 0;
        for (int q = 0; q < questions.size(); q++) {
            List<JsonNode> rows = List.copyOf(byPrompt.values()).get(q);
            for (int a = 0; a < rows.size(); a++) {
                String failure = judgements.get(q).failures()[a];
                double preference = rows.get(a).get("preference").asDouble();
                if (failure == null) {
                    scored++;
                    assertThat(judgements.get(q).scores()[a]).isEqualTo(preference == 0 ? 1.5 : preference);
                } else {
                    assertThat(failure).isEqualTo("ambiguous");
                    ambiguous++;
                }
            }
        }
        assertThat(scored + ambiguous).isEqualTo(9 * 805 + 803);
        assertThat(ambiguous).isLessThan(100); // one-word answers that several models gave
        assertThat(questions).hasSize(805);
    }

    /** People's labels on real pairs: a judge of length is near chance on LLMBar, whose adversarial pairs are made that way. */
    @Test
    void llmBarsLabelsAreRead() {
        JsonNode rows = Json.parse(SharedData.text("preference/llmbar/LLMBar_Natural.json"), "llmbar");
        JudgeComparison comparison = new JudgeComparison(List.of("longer", "people"));
        Judge longer = open("rule:longer");
        int agree = 0;
        int decided = 0;
        for (JsonNode row : rows) {
            Question question = AnswerRows.question(row, "llmbar");
            Judgement label = AnswerRows.label(question, "llmbar");
            Judgement said = longer.judge(List.of(question)).get(0);
            comparison.add(question, Arrays.asList(said, label));
            int lengths = Integer.compare(
                    row.get("output_1")
                            .asText()
                            .codePointCount(0, row.get("output_1").asText().length()),
                    row.get("output_2")
                            .asText()
                            .codePointCount(0, row.get("output_2").asText().length()));
            decided += lengths == 0 ? 0 : 1;
            agree += lengths != 0 && (lengths > 0) == (row.get("label").asInt() == 1) ? 1 : 0;
        }
        JsonNode found = comparison.toJson().get("agreement").get(0);
        assertThat(found.get("pairs").asInt()).isEqualTo(decided).isBetween(90, 100);
        assertThat(found.get("agreement").asDouble()).isCloseTo((double) agree / decided, within(1e-12));
    }
}
