package org.lionalign.align.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.online.PairOutcome.Reason;
import org.lionalign.core.data.ChatRows;
import org.lionalign.core.data.PairRows;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.PairsRecipe;
import org.lionalign.core.testing.Seeds;

class PairingTest {
    @TempDir
    Path dir;

    private static ObjectNode row(int i, List<String> answers, Judgement judgement) {
        ObjectNode row = Json.object();
        row.put("id", "p.jsonl:" + i).put("source", i % 3 == 0 ? "a" : "b").put("prompt_id", "d" + i);
        row.putArray("prompt").addObject().put("role", "user").put("content", "Question " + i);
        ArrayNode list = row.putArray("answers");
        for (int a = 0; a < answers.size(); a++) {
            list.addObject().put("index", a).put("text", answers.get(a)).put("finish", "stop");
        }
        row.putObject("sampled_by").put("model", "m");
        row.set("judgement", JudgedPrompt.toJson(judgement, "the judge"));
        ObjectNode own = row.putObject("row");
        own.put("prompt", "Question " + i).put("chosen", "original best " + i).put("rejected", "original worst " + i);
        own.put("score_chosen", 9.5).put("score_rejected", 3.5);
        return row;
    }

    private Path file(List<ObjectNode> rows) throws IOException {
        return Files.write(
                dir.resolve("judged.jsonl"), rows.stream().map(Json::write).toList());
    }

    private List<JsonNode> read(Path pairs) throws IOException {
        return Files.readAllLines(pairs).stream()
                .map(line -> Json.parse(line, "pairs"))
                .toList();
    }

    private Map<String, Integer> origins(List<ObjectNode> rows, PairsRecipe recipe, long seed) throws IOException {
        Path out = dir.resolve("pairs.jsonl");
        PairLedger ledger = new Pairing(recipe, seed).write(file(rows), out);
        Map<String, Integer> origins = new TreeMap<>();
        for (JsonNode pair : read(out)) {
            origins.merge(pair.path("other_info").path("origin").asText(), 1, Integer::sum);
        }
        Map<String, Integer> counted = new TreeMap<>();
        ledger.toJson()
                .path("rows")
                .properties()
                .forEach(e -> counted.put(e.getKey(), e.getValue().asInt()));
        assertThat(counted).isEqualTo(origins);
        return origins;
    }

    private static List<ObjectNode> thousand() {
        List<ObjectNode> rows = new ArrayList<>();
        for (int i = 0; i < 1000; i++) {
            rows.add(row(i, List.of("good " + i, "bad " + i, "fair " + i), Judgement.of(2, -1, 0.5)));
        }
        return rows;
    }

    /** LION.md O5 and 4.2 no. 9. */
    @Test
    void sharesOfOriginalsAreExact() throws IOException {
        List<ObjectNode> rows = thousand();
        PairsRecipe exact = new PairsRecipe(null, null, null, 0.15, 0.35, null);
        assertThat(origins(rows, exact, 1))
                .isEqualTo(Map.of("original_pair", 150, "original_chosen", 350, "online", 500));
        String first = Files.readString(dir.resolve("pairs.jsonl"));
        origins(rows, exact, 1);
        assertThat(dir.resolve("pairs.jsonl")).hasContent(first); // seeded
        origins(rows, exact, 2);
        assertThat(Files.readString(dir.resolve("pairs.jsonl"))).isNotEqualTo(first);
        // The original's arithmetic: 7.5 % and 42.5 %.
        assertThat(origins(rows, new PairsRecipe(null, null, null, 0.15, 0.35, true), 1))
                .isEqualTo(Map.of("original_pair", 75, "original_chosen", 425, "online", 500));
        // 0.29 · 100 is 28.999… in binary.
        assertThat(origins(rows.subList(0, 100), new PairsRecipe(null, null, null, 0.29, 0.0, null), 1))
                .isEqualTo(Map.of("original_pair", 29, "online", 71));
    }

    @Test
    void rowsAreConsistentAndReadAsAnyOthers() throws IOException, ChatRows.Unusable {
        Path out = dir.resolve("pairs.jsonl");
        new Pairing(new PairsRecipe(null, null, null, 0.3, 0.3, null), 4)
                .write(file(thousand().subList(0, 60)), out);
        for (JsonNode row : read(out)) {
            PairRows.Pair pair = PairRows.pair(row, "x");
            int i = Integer.parseInt(row.path("prompt_id").asText().substring(1));
            assertThat(pair.prompt().messages()).hasSize(1);
            assertThat(row.path("messages")).isEqualTo(row.path("chosen"));
            switch (row.path("other_info").path("origin").asText()) {
                case "online" -> {
                    assertThat(pair.chosen()).isEqualTo("good " + i);
                    assertThat(pair.rejected()).isEqualTo("bad " + i);
                    assertThat(pair.margin()).isEqualTo(3.0);
                    assertThat(row.path("other_info").path("ranks").toString()).isEqualTo("[1,3,2]");
                    assertThat(row.path("other_info").path("judge").asText()).isEqualTo("the judge");
                }
                case "original_pair" -> {
                    assertThat(pair.chosen()).isEqualTo("original best " + i);
                    assertThat(pair.rejected()).isEqualTo("original worst " + i);
                    assertThat(pair.margin()).isEqualTo(6.0); // its own scores, not the judge's
                }
                default -> {
                    assertThat(pair.chosen()).isEqualTo("original best " + i);
                    assertThat(pair.rejected()).isEqualTo("bad " + i);
                    assertThat(pair.margin()).isNull(); // the two are not on one scale
                }
            }
        }
    }

    @Test
    void onlyUsableOriginalsCount() throws IOException {
        List<ObjectNode> rows = thousand().subList(0, 100);
        for (int i = 0; i < 100; i++) {
            ObjectNode own = (ObjectNode) rows.get(i).get("row");
            if (i < 20) {
                own.remove("chosen");
            } else if (i < 40) {
                own.put("score_rejected", 9.5); // a tie
            } else if (i < 50) {
                own.put("chosen", "bad  " + i); // the text that is rejected
            } else if (i < 60) {
                rows.get(i).put("prompt_id", "same");
            }
        }
        assertThat(origins(rows, new PairsRecipe(null, null, null, 0.5, 0.5, null), 1))
                .isEqualTo(Map.of("original_pair", 20, "original_chosen", 20, "online", 60));
    }

    /** PITFALLS 32: prompts in = pairs + every reason, in all and by source, whatever comes. */
    @Test
    void theLedgerBalances() {
        Seeds.forAll(40, random -> {
            List<ObjectNode> rows = new ArrayList<>();
            int n = 30 + random.nextInt(50);
            for (int i = 0; i < n; i++) {
                int k = random.nextInt(5);
                List<String> answers = new ArrayList<>();
                double[] scores = new double[k];
                String[] failures = new String[k];
                for (int a = 0; a < k; a++) {
                    answers.add("t" + random.nextInt(3));
                    boolean failed = random.nextInt(4) == 0;
                    scores[a] = failed ? Double.NaN : random.nextInt(3);
                    failures[a] = failed ? "unparsed" : null;
                }
                ObjectNode row = row(i, answers, new Judgement(scores, failures, null));
                row.path("answers")
                        .forEach(a -> ((ObjectNode) a).put("finish", random.nextInt(3) > 0 ? "stop" : "length"));
                if (random.nextInt(10) == 0) {
                    row.put("refusal", "too long: 9 tokens");
                }
                rows.add(row);
            }
            rows.add(row(n, List.of("x", "y"), Judgement.of(1, 0)));
            PairLedger ledger = new Pairing(PairsRecipe.DEFAULT, 1).write(file(rows), dir.resolve("o.jsonl"));
            int out = ledger.paired();
            for (Reason reason : Reason.values()) {
                out += ledger.count(reason);
            }
            assertThat(out).isEqualTo(n + 1);
            JsonNode json = ledger.toJson();
            int named = 0;
            for (JsonNode names : json.path("unpaired_prompts")) {
                named += names.size();
            }
            assertThat(named + ledger.paired()).isEqualTo(n + 1);
            int bySource = 0;
            for (JsonNode source : json.path("sources")) {
                bySource += source.path("prompts").asInt();
            }
            assertThat(bySource).isEqualTo(n + 1);
            assertThat(read(dir.resolve("o.jsonl"))).hasSize(ledger.pairs());
        });
    }

    /** PITFALLS 30. */
    @Test
    void aJudgeThatAlwaysTiesOrFailsGivesNoPairAndEndsTheStage() throws IOException {
        List<ObjectNode> ties = new ArrayList<>();
        List<ObjectNode> failures = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            ties.add(row(i, List.of("a", "b"), Judgement.of(1, 1)));
            failures.add(row(i, List.of("a", "b"), Judgement.failed(2, "refused")));
        }
        Pairing pairing = new Pairing(PairsRecipe.DEFAULT, 1);
        assertThatThrownBy(() -> pairing.write(file(ties), dir.resolve("o.jsonl")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("\"tie\":10");
        assertThatThrownBy(() -> pairing.write(file(failures), dir.resolve("o.jsonl")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("\"judge failure\":10")
                .hasMessageContaining("\"refused\":20");
        assertThat(dir.resolve("o.jsonl")).doesNotExist();
        failures.get(3).remove("judgement");
        assertThatThrownBy(() -> pairing.write(file(failures), dir.resolve("o.jsonl")))
                .hasMessageContaining("p.jsonl:3: judgement");
    }

    @Test
    void figuresOfTheLedgerAreTheRows() throws IOException {
        double[][] consistent = {{0, 1}, {-1, 0}};
        double[][] firstWins = {{0, 1}, {1, 0}};
        List<ObjectNode> rows = new ArrayList<>();
        rows.add(
                row(0, List.of("long answer", "short"), new Judgement(new double[] {2, 1}, new String[2], consistent)));
        rows.add(row(1, List.of("long answer", "short"), new Judgement(new double[] {1, 5}, new String[2], firstWins)));
        rows.add(row(2, List.of("same", "same"), new Judgement(new double[] {1, 1}, new String[2], firstWins)));
        PairLedger ledger = new Pairing(PairsRecipe.DEFAULT, 1).write(file(rows), dir.resolve("o.jsonl"));
        JsonNode json = ledger.toJson();
        assertThat(json.path("judge").path("order_swap_inconsistency").asDouble())
                .isCloseTo(2 / 3.0, within(1e-12));
        assertThat(json.path("judge").path("tie_rate").asDouble()).isCloseTo(1 / 3.0, within(1e-12));
        assertThat(json.path("judge").path("longer_is_chosen").asDouble()).isEqualTo(0.5);
        // Centred within each prompt: lengths ±3, scores ±.5 and ∓2.
        assertThat(json.path("judge").path("length_score_correlation").asDouble())
                .isCloseTo((3 * 0.5 * 2 - 3 * 2 * 2) / Math.sqrt(36 * 8.5), within(1e-12));
        assertThat(json.path("answers").path("duplicate_rate").asDouble()).isCloseTo(1 / 6.0, within(1e-12));
        assertThat(json.path("score_gaps").path("largest").asDouble()).isEqualTo(4);
        assertThat(json.path("score_gaps").path("counts").get(5).asInt()).isEqualTo(1);
        assertThat(json.path("score_gaps").path("counts").get(19).asInt()).isEqualTo(1);
        assertThat(json.path("sources").path("b").path("acceptance").asDouble()).isEqualTo(0.5);
        String html = PairLedgerHtml.section(json);
        assertThat(html).startsWith("<section").endsWith("</section>").contains("66.7 %", "p.jsonl:2", "identical");
        rows.get(0).put("source", "<script>");
        assertThat(PairLedgerHtml.section(new Pairing(PairsRecipe.DEFAULT, 1)
                        .write(file(rows), dir.resolve("o.jsonl"))
                        .toJson()))
                .doesNotContain("<script>");
    }

    @Test
    void badJudgementsAreRefusedWithTheirPlace() throws IOException {
        ObjectNode row = row(0, List.of("a", "b"), Judgement.of(1, 2));
        ((ArrayNode) row.path("judgement").path("scores")).remove(0);
        assertThatThrownBy(() -> new Pairing(PairsRecipe.DEFAULT, 1).write(file(List.of(row)), dir.resolve("o.jsonl")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("judged.jsonl:1: judgement: scores: expected 2 numbers");
    }
}
