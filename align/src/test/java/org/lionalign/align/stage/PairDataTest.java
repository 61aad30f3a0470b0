package org.lionalign.align.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
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
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;

/** What becomes of preference rows: lint, selection, truncation, each with its count (PITFALLS 13, 14; LION.md D12, D14, 1.3). */
class PairDataTest {
    private static final Path CUB = Path.of(System.getProperty("lion.root", ".."), "models/cub");
    private static final TextModel TEXT = TextModel.open(CUB, "chatml");

    @TempDir
    Path dir;

    private StageRecipe recipe;

    private static ObjectNode row(String prompt, String chosen, String rejected) {
        return Json.object().put("prompt", prompt).put("chosen", chosen).put("rejected", rejected);
    }

    private static ObjectNode scored(int chosen, int rejected) {
        return row("What is " + chosen + " and " + rejected + "?", "It is " + chosen + ".", "No " + rejected + ".")
                .put("score_chosen", chosen)
                .put("score_rejected", rejected);
    }

    private StageData data(List<ObjectNode> rows, String... sets) throws IOException {
        Path file = dir.resolve("p.jsonl");
        Files.write(file, rows.stream().map(Json::write).toList());
        Path yaml = Files.writeString(
                dir.resolve("r.yaml"),
                "model: {path: m}\ndata: {train: ['" + file + "'], set_aside_share: 1}\nloss: {type: sigmoid}\n");
        recipe = RecipeReader.read(yaml, List.of(sets), StageRecipe.class);
        return new StageData(TEXT, recipe.data(), recipe.seed(), 512, new DataCache(dir.resolve("cache")));
    }

    private List<PromptTree> trees(StageData data) {
        return data.pairs(recipe.data().train(), recipe.data().select());
    }

    private Map<String, Integer> aside(StageData data) {
        Map<String, Integer> reasons = new TreeMap<>();
        JsonNode source = data.ledgerJson().get(dir.resolve("p.jsonl").toString());
        source.get("set_aside")
                .properties()
                .forEach(e -> reasons.put(e.getKey(), e.getValue().asInt()));
        return reasons;
    }

    private int cut(StageData data) {
        return data.ledgerJson()
                .get(dir.resolve("p.jsonl").toString())
                .path("cut")
                .asInt();
    }

    private static String textOf(PromptTree tree, int node) {
        return TEXT.tokenizer().decode(tree.nodes().get(node).ids(), false);
    }

    private static boolean stops(PromptTree tree, int node) {
        int[] ids = tree.nodes().get(node).ids();
        return TEXT.stops().contains(ids[ids.length - 1]);
    }

    @Test
    void thePairLintIsCounted() throws IOException {
        ObjectNode different = Json.object();
        different.putArray("chosen").add(turn("user", "One?")).add(turn("assistant", "Yes."));
        different.putArray("rejected").add(turn("user", "Two?")).add(turn("assistant", "No."));
        StageData data = data(List.of(
                row("Hi", "Hello.", "Hello."),
                row("Hi", "Hello.", "Hello. "),
                row("Hi", "", "Hello."),
                row("Hi", "Hello.", "  "),
                row("Hi", "Good.", "Bad.").put("score_chosen", 3).put("score_rejected", 3),
                different,
                row("Hi", "Good day.", "Go away.")));
        assertThat(trees(data)).hasSize(1);
        assertThat(aside(data))
                .containsExactlyInAnyOrderEntriesOf(
                        Map.of("identical answers", 2, "empty answer", 2, "tie by score", 1, "different prompts", 1));
    }

    private static ObjectNode turn(String role, String content) {
        return Json.object().put("role", role).put("content", content);
    }

    @Test
    void selectionByScoreMarginLengthAndASeededSubset() throws IOException {
        List<ObjectNode> rows = new ArrayList<>();
        for (int chosen = 2; chosen <= 9; chosen++) {
            for (int rejected = 1; rejected < chosen; rejected++) {
                rows.add(scored(chosen, rejected));
            }
        }
        rows.add(row("No score", "Yes it is.", "Not at all."));
        assertThat(trees(data(rows))).hasSize(37);
        StageData margin = data(rows, "data.select={min_margin: 3, max_margin: 5}");
        assertThat(trees(margin)).hasSize(6 + 5 + 4);
        assertThat(aside(margin))
                .containsExactlyInAnyOrderEntriesOf(Map.of(
                        "no margin to select by", 1,
                        "not selected: margin below 3.0", 8 + 7,
                        "not selected: margin above 5.0", 3 + 2 + 1));
        StageData quality = data(rows, "data.select={min_chosen_score: 8, max_rejected_score: 5}");
        assertThat(trees(quality)).hasSize(10);
        assertThat(aside(quality))
                .containsEntry("not selected: chosen score below 8.0", 21)
                .containsEntry("not selected: rejected score above 5.0", 5);
        List<ObjectNode> lengths = List.of(
                row("a", "Yes.", "The answer to this is a rather long one, as answers go."),
                row("b", "Yes, it is.", "No, it is not."));
        StageData shortOnes = data(lengths, "data.select={max_answer_tokens: 12}");
        assertThat(trees(shortOnes)).hasSize(1);
        assertThat(aside(shortOnes)).containsOnlyKeys("not selected: answer length above 12");

        StageData subset = data(rows, "data.select={pairs: 10}");
        List<String> ids = trees(subset).stream().map(PromptTree::id).toList();
        assertThat(ids).hasSize(10).doesNotHaveDuplicates();
        assertThat(aside(subset)).containsExactlyInAnyOrderEntriesOf(Map.of("not selected: random subset", 27));
        assertThat(trees(data(rows, "data.select={pairs: 10}")).stream()
                        .map(PromptTree::id)
                        .toList())
                .isEqualTo(ids);
        assertThat(trees(data(rows, "data.select={pairs: 10}", "seed=7")).stream()
                        .map(PromptTree::id)
                        .toList())
                .isNotEqualTo(ids);
        assertThatThrownBy(() -> trees(data(rows, "data.select={pairs: 99}")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("at most 37");
        // Held-out pairs are not selected.
        StageData held = data(rows, "data.select={min_margin: 3}");
        assertThat(held.pairs(recipe.data().train(), null)).hasSize(37);
        // What is not wanted is not unusable: it does not count against the share.
        assertThat(trees(data(rows, "data.select={min_margin: 8}", "data.set_aside_share=0.1")))
                .hasSize(1);
    }

    @Test
    void aRepeatedSourceAndASubsetBalance() throws IOException {
        List<ObjectNode> rows = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            rows.add(scored(20 + i, i));
        }
        Path file = dir.resolve("p.jsonl");
        StageData data = data(rows, "data.train=[{path: '" + file + "', fraction: 2.5}]", "data.select={pairs: 12}");
        List<PromptTree> trees = trees(data);
        long distinct = trees.stream().map(PromptTree::id).distinct().count();
        JsonNode source = data.ledgerJson().get(file.toString());
        assertThat(trees).hasSize(12);
        assertThat(source.get("kept").asLong()).isEqualTo(distinct);
        assertThat(source.get("repeated").asLong()).isEqualTo(12 - distinct);
    }

    private static ObjectNode dialogue(int exchanges) {
        ObjectNode row = Json.object();
        for (String side : List.of("chosen", "rejected")) {
            var turns = row.putArray(side);
            turns.add(turn("system", "You are a kind bear."));
            for (int t = 0; t < exchanges; t++) {
                turns.add(turn("user", "Question " + t + " about a long walk in the rain and the sun?"));
                boolean last = t == exchanges - 1;
                turns.add(turn("assistant", last ? side + " answer, in full." : "Answer " + t + " about the walk."));
            }
        }
        return row;
    }

    @Test
    void anOverlongPairFollowsThePolicy() throws IOException {
        List<ObjectNode> rows = List.of(dialogue(5));
        PromptTree whole = trees(data(rows)).get(0);
        int longest = whole.longestPath();
        String limit = "data.max_length_tokens=";
        // Just fits under every policy.
        for (String policy : List.of("error", "set_aside", "cut_prompt", "cut_answer")) {
            StageData fits = data(rows, limit + longest, "data.overlong=" + policy);
            assertThat(trees(fits).get(0).length()).isEqualTo(whole.length());
            assertThat(cut(fits)).isZero();
        }
        // One token over.
        int tight = longest - 1;
        assertThatThrownBy(() -> trees(data(rows, limit + tight, "data.overlong=error")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("p.jsonl:1")
                .hasMessageContaining("found " + longest);
        StageData aside =
                data(List.of(dialogue(5), row("Hi", "Yes.", "No.")), limit + tight, "data.overlong=set_aside");
        assertThat(trees(aside)).hasSize(1);
        assertThat(aside(aside)).containsExactlyInAnyOrderEntriesOf(Map.of("too long", 1));

        StageData prompt = data(rows, limit + tight, "data.overlong=cut_prompt");
        PromptTree shorter = trees(prompt).get(0);
        assertThat(cut(prompt)).isEqualTo(1);
        assertThat(textOf(shorter, 0))
                .contains("kind bear", "Question 0", "Question 4")
                .doesNotContain("Question 1");
        for (int n = 1; n <= 2; n++) {
            assertThat(shorter.nodes().get(n).ids())
                    .isEqualTo(whole.nodes().get(n).ids());
            assertThat(stops(shorter, n)).isTrue();
        }
        assertThat(shorter.nodes().get(0).ids()[0])
                .isEqualTo(whole.nodes().get(0).ids()[0]);

        StageData answer = data(rows, limit + tight, "data.overlong=cut_answer");
        PromptTree cutAnswers = trees(answer).get(0);
        assertThat(cut(answer)).isEqualTo(1);
        assertThat(cutAnswers.longestPath()).isEqualTo(tight); // the budget is used
        int lost = 0;
        for (int n = 1; n <= 2; n++) {
            boolean complete = cutAnswers.nodes().get(n).ids().length
                    == whole.nodes().get(n).ids().length;
            assertThat(stops(cutAnswers, n)).isEqualTo(complete);
            lost += complete ? 0 : 1;
        }
        assertThat(lost).isPositive();
    }

    @Test
    void aSingleQuestionLosesItsMiddleAndNothingElse() throws IOException {
        String question = "First words. " + "and then some more of the same ".repeat(30) + "Last words?";
        List<ObjectNode> rows = List.of(row(question, "Yes, surely.", "No, never."));
        StageData data = data(rows, "data.max_length_tokens=90", "data.overlong=cut_prompt");
        PromptTree tree = trees(data).get(0);
        assertThat(tree.longestPath()).isBetween(80, 90);
        assertThat(textOf(tree, 0)).contains("First words.", "Last words?", "assistant");
        assertThat(stops(tree, 1) && stops(tree, 2)).isTrue();
        // Answers that leave no room for any prompt.
        StageData hopeless = data(
                List.of(row("Why?", "because ".repeat(60), "No."), row("Hi", "Yes.", "No.")),
                "data.max_length_tokens=40",
                "data.overlong=cut_prompt");
        assertThat(trees(hopeless)).hasSize(1);
        assertThat(aside(hopeless)).containsOnlyKeys("too long");
    }

    @Test
    void answersThatBecomeEqualByTheCutAreNoPair() throws IOException {
        String same = "the same words again and again and again and again and again ";
        StageData data = data(
                List.of(row("Say it.", same + "here", same + "there"), row("Hi", "Yes.", "No.")),
                "data.max_length_tokens=20",
                "data.overlong=cut_answer");
        assertThat(trees(data)).hasSize(1);
        assertThat(aside(data)).containsOnlyKeys("identical after cutting");
    }

    /** The file's, where the original draws its own. */
    private static List<PromptTree> inOrder(List<PromptTree> trees) {
        return trees.stream()
                .sorted(java.util.Comparator.comparing(PromptTree::id))
                .toList();
    }

    @Test
    void faithfulPairsAreTheOriginalsAndItsOptionsGoTogether() throws IOException {
        List<ObjectNode> rows = List.of(dialogue(4), row("Hi", "Yes.", "No."));
        StageData data = data(rows, "data.faithful=true", "data.max_length_tokens=60", "data.max_prompt_tokens=30");
        List<PromptTree> trees = inOrder(trees(data));
        assertThat(trees).hasSize(2);
        assertThat(cut(data)).isEqualTo(1);
        assertThat(trees.get(0).nodes().get(0).ids()).hasSize(30);
        assertThat(textOf(trees.get(0), 0)).doesNotContain("kind bear"); // keep_end loses the system turn
        assertThat(textOf(trees.get(1), 1))
                .startsWith("<|im_start|>assistant\nYes."); // the header belongs to the answer
        StageData start = data(
                rows,
                "data.faithful=true",
                "data.max_length_tokens=60",
                "data.max_prompt_tokens=30",
                "data.keep_prompt=start");
        assertThat(textOf(inOrder(trees(start)).get(0), 0)).contains("kind bear");
        assertThatThrownBy(() -> data(rows, "data.faithful=true"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("max_prompt_tokens (pairs)");
        assertThatThrownBy(() -> data(rows, "data.max_prompt_tokens=30"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("faithful with it");
        StageData chats = data(rows, "data.select={pairs: 1}");
        assertThatThrownBy(() -> chats.conversations(recipe.data().train()))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("data.select");
    }

    /** PITFALLS 18: ids that were sampled are trained, though their text would be encoded to others. */
    @Test
    void sampledTokensAreNotEncodedAgain() throws IOException {
        Conversation prompt = Conversation.of(new Message("user", "Say dog."));
        int[] letters = "dog"
                .chars()
                .map(letter ->
                        TEXT.tokenizer().idOf(String.valueOf((char) letter)).orElseThrow())
                .toArray();
        int[] sampled = java.util.Arrays.copyOf(letters, 4);
        sampled[3] = TEXT.tokenizer().idOf("<|im_end|>").orElseThrow();
        assertThat(TEXT.split(prompt, "dog").answer()).isNotEqualTo(sampled);
        ObjectNode row = row("Say dog.", "dog", "cat");
        row.set("prompt_ids", Json.MAPPER.valueToTree(TEXT.promptIds(prompt)));
        row.set("chosen_ids", Json.MAPPER.valueToTree(sampled));
        PromptTree tree = trees(data(List.of(row))).get(0);
        assertThat(tree.nodes().get(1).ids()).isEqualTo(sampled);
        assertThat(tree.nodes().get(2).ids())
                .isEqualTo(TEXT.split(prompt, "cat").answer());
    }
}
