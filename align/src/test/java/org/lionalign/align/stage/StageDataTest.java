package org.lionalign.align.stage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.text.TextModel;
import org.lionalign.align.train.SftTask;
import org.lionalign.align.train.TrainingTask;
import org.lionalign.core.data.Permutation;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;

/** Sources, fractions, duplicates, the ledger and the cache, with the bundled tokenizer. */
class StageDataTest {
    private static final Path CUB = Path.of(System.getProperty("lion.root", ".."), "models/cub");

    @TempDir
    Path dir;

    private Path a;
    private Path b;

    @BeforeEach
    void rows() throws IOException {
        a = write("a.jsonl", 0, 40);
        b = write("b.jsonl", 30, 70); // ten of them are in a
    }

    private Path write(String name, int from, int to) throws IOException {
        List<String> lines = new ArrayList<>();
        for (int i = from; i < to; i++) {
            lines.add("{\"instruction\": \"Tell me about the number " + i + ".\", \"output\": \"It is " + i + ".\"}");
        }
        return Files.write(dir.resolve(name), lines);
    }

    private StageData data(String... sets) throws IOException {
        Path file = Files.writeString(
                dir.resolve("r.yaml"),
                "model: {path: m, template: chatml}\ndata:\n  train: ['" + a + "', {path: '" + b
                        + "', fraction: 0.5}]\n  max_length_tokens: 256\n");
        StageRecipe recipe = RecipeReader.read(file, List.of(sets), StageRecipe.class);
        this.recipe = recipe;
        return new StageData(
                TextModel.open(CUB, "chatml"), recipe.data(), recipe.seed(), 512, new DataCache(dir.resolve("cache")));
    }

    private StageRecipe recipe;

    private List<PromptTree> trees(StageData data) {
        return data.conversations(recipe.data().train());
    }

    private List<Path> cached() throws IOException {
        try (Stream<Path> children = Files.list(dir.resolve("cache"))) {
            return children.toList();
        }
    }

    /** Draws and the training order come from the rows, not from where somebody keeps them. */
    @Test
    void theSameFilesInAnotherFolderAreTheSameData() throws IOException {
        String drawn = "data.empty_system_probability=0.5";
        List<PromptTree> here = trees(data(drawn));
        String digest = SftTask.digestOf("sft", here);
        List<List<List<Integer>>> ids = here.stream().map(StageDataTest::ids).toList();
        Path elsewhere = Files.createDirectories(dir.resolve("another/folder"));
        a = Files.copy(a, elsewhere.resolve("a.jsonl"));
        b = Files.copy(b, elsewhere.resolve("b.jsonl"));
        List<PromptTree> there = trees(data(drawn));
        assertThat(there.get(0).id()).isNotEqualTo(here.get(0).id());
        assertThat(SftTask.digestOf("sft", there)).isEqualTo(digest);
        assertThat(there.stream().map(StageDataTest::ids).toList()).isEqualTo(ids);
    }

    private static List<List<Integer>> ids(PromptTree tree) {
        return tree.nodes().stream()
                .map(node -> Arrays.stream(node.ids()).boxed().toList())
                .toList();
    }

    @Test
    void aDuplicateStaysInTheEarlierSourceAndFractionsCountAfterwards() throws IOException {
        StageData data = data();
        List<PromptTree> trees = trees(data);
        assertThat(trees).hasSize(40 + 15);
        ObjectNode ledger = data.ledgerJson();
        JsonNode second = ledger.get(b.toString());
        assertThat(second.path("in").asInt()).isEqualTo(40);
        assertThat(second.path("kept").asInt()).isEqualTo(15);
        assertThat(second.path("set_aside").path("duplicate").asInt()).isEqualTo(10);
        assertThat(second.path("set_aside").path("not drawn (fraction)").asInt())
                .isEqualTo(15);
        assertThat(trees.get(0).id()).isEqualTo(a + ":1");
        StageData repeated = data("data.train=[{path: '" + a + "', fraction: 2.25}]", "data.deduplicate=false");
        assertThat(trees(repeated)).hasSize(90);
        assertThat(repeated.ledgerJson().get(a.toString()).path("repeated").asInt())
                .isEqualTo(50);
    }

    @Test
    void theCacheIsFoundAgainAndAnythingThatShapesTheTreesMakesAnother() throws IOException {
        List<PromptTree> first = trees(data());
        assertThat(cached()).hasSize(1);
        String digest = new SftTask(first).digest();
        assertThat(new SftTask(trees(data())).digest()).isEqualTo(digest);
        assertThat(cached()).hasSize(1);
        Set<String> digests = new HashSet<>(Set.of(digest));
        int entries = 1;
        for (String set : List.of(
                "seed=7",
                "data.loss_on=all",
                "data.max_length_tokens=128",
                "data.empty_system_probability=1",
                "data.deduplicate=false",
                "data.overlong=set_aside",
                "data.near_duplicates=0.9")) {
            digests.add(new SftTask(trees(data(set))).digest());
            assertThat(cached()).as(set).hasSize(++entries);
        }
        Path template = Files.writeString(
                dir.resolve("t.jinja"),
                "{% for m in messages %}{{ m.role + ': ' + m.content + '<|im_end|>' }}{% endfor %}"
                        + "{% if add_generation_prompt %}{{ 'assistant: ' }}{% endif %}");
        StageData rendered = new StageData(
                TextModel.open(CUB, template.toString()),
                recipe.data(),
                recipe.seed(),
                512,
                new DataCache(dir.resolve("cache")));
        digests.add(new SftTask(trees(rendered)).digest());
        assertThat(cached()).as("another template").hasSize(++entries);
        Files.writeString(a, Files.readString(a).replace("number 3.", "digit 3."));
        digests.add(new SftTask(trees(data())).digest());
        assertThat(cached()).hasSize(++entries);
        assertThat(digests.size()).isGreaterThanOrEqualTo(5);
    }

    @Test
    void emptySystemTurnsAreDrawnByTheRow() throws IOException {
        int without = trees(data("data.train=['" + a + "']")).stream()
                .mapToInt(PromptTree::length)
                .sum();
        int always = trees(data("data.train=['" + a + "']", "data.empty_system_probability=1")).stream()
                .mapToInt(PromptTree::length)
                .sum();
        assertThat(always).isGreaterThan(without);
        int each = (always - without) / 40;
        assertThat(always - without).isEqualTo(40 * each);
        int half = trees(data("data.train=['" + a + "']", "data.empty_system_probability=0.5")).stream()
                .mapToInt(PromptTree::length)
                .sum();
        assertThat((half - without) / each).isBetween(8, 32);
    }

    @Test
    void badRowsAreCountedAndTooManyAreAnError() throws IOException {
        Path bad = dir.resolve("bad.jsonl");
        List<String> lines = new ArrayList<>(
                List.of(
                        "{\"messages\": [{\"role\": \"wizard\", \"content\": \"x\"}]}",
                        "{\"messages\": [{\"role\": \"user\", \"content\": \"\"}, {\"role\": \"assistant\", \"content\": \"y\"}]}",
                        "{\"messages\": [{\"role\": \"user\", \"content\": \"x\"}]}",
                        "{\"messages\": [{\"role\": \"system\", \"content\": \"s\"}, {\"role\": \"system\", \"content\": \"s\"},"
                                + "{\"role\": \"user\", \"content\": \"x\"}, {\"role\": \"assistant\", \"content\": \"y\"}]}",
                        "{\"messages\": \"text\"}",
                        "{\"messages\": [{\"role\": \"user\", \"content\": 7}]}",
                        "[1]",
                        "{\"x\": NaN}",
                        "{\"messages\": [{\"role\": \"user\", \"content\": \"fine\"}, {\"role\": \"assistant\", \"content\": \"y\"}]}"));
        Files.write(bad, lines);
        assertThatThrownBy(() -> trees(data("data.train=['" + bad + "']")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("bad.jsonl")
                .hasMessageContaining("8 of 9");
        StageData data = data("data.train=['" + bad + "']", "data.set_aside_share=1");
        assertThat(trees(data)).hasSize(1);
        JsonNode reasons = data.ledgerJson().get(bad.toString()).get("set_aside");
        assertThat(reasons.properties().stream().map(e -> e.getKey()).toList())
                .containsExactlyInAnyOrder(
                        "unknown role",
                        "empty turn",
                        "no assistant turn",
                        "system turn in the middle",
                        "no turns",
                        "content is not text",
                        "not an object",
                        "not JSON");
        Path empty = Files.createFile(dir.resolve("empty.jsonl"));
        assertThatThrownBy(() -> trees(data("data.train=['" + empty + "']")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("empty.jsonl");
        assertThat(cached().stream().map(p -> p.getFileName().toString())).noneMatch(name -> name.startsWith(".part-"));
    }

    @Test
    void middleTurnsGoBeforeTheEndDoes() throws IOException {
        StringBuilder turns = new StringBuilder("{\"role\": \"system\", \"content\": \"be kind\"}");
        for (int t = 0; t < 6; t++) {
            turns.append(",{\"role\": \"user\", \"content\": \"question " + t + " about a long walk in the rain\"},")
                    .append("{\"role\": \"assistant\", \"content\": \"answer " + t + " about the same long walk\"}");
        }
        Path chat = Files.writeString(dir.resolve("chat.jsonl"), "{\"messages\": [" + turns + "]}");
        StageData data =
                data("data.train=['" + chat + "']", "data.max_length_tokens=100", "data.overlong=cut_middle_turns");
        PromptTree tree = trees(data).get(0);
        String text = TextModel.open(CUB, "chatml")
                .tokenizer()
                .decode(tree.nodes().get(0).ids(), false);
        assertThat(tree.length()).isLessThanOrEqualTo(100);
        assertThat(text).contains("be kind", "question 0", "answer 5").doesNotContain("question 1 ");
        assertThat(data.ledgerJson().get(chat.toString()).path("cut").asInt()).isEqualTo(1);
        List<PromptTree> windows =
                trees(data("data.train=['" + chat + "']", "data.max_length_tokens=32", "data.packing=wrap"));
        assertThat(windows.get(0).length()).isGreaterThan(100); // windows cut it later
    }

    /** PITFALLS 5: a template that writes the beginning of text twice, or not at all, is refused with the row's name. */
    @Test
    void exactlyOneBeginningOfText() throws IOException {
        data("data.train=['" + a + "']");
        Path family = Files.createDirectories(dir.resolve("family"));
        Files.copy(CUB.resolve("tokenizer.json"), family.resolve("tokenizer.json"));
        Files.writeString(
                family.resolve("tokenizer_config.json"),
                "{\"bos_token\": \"<|endoftext|>\", \"eos_token\": \"<|im_end|>\", \"add_bos_token\": true}");
        Files.writeString(family.resolve("generation_config.json"), "{\"eos_token_id\": 2}");
        TextModel model = TextModel.open(family, "chatml");
        int bos = java.util.Objects.requireNonNull(model.bos());
        StageData once = new StageData(model, recipe.data(), recipe.seed(), 512, new DataCache(dir.resolve("cache")));
        assertThat(trees(once)).hasSize(40).allSatisfy(tree -> {
            int[] ids = tree.nodes().get(0).ids();
            assertThat(ids[0]).isEqualTo(bos);
            assertThat(java.util.Arrays.stream(ids).filter(id -> id == bos).count())
                    .isEqualTo(1);
        });
        for (String wrong : List.of("{{ bos_token }}{{ bos_token }}", "")) {
            Path template = Files.writeString(
                    dir.resolve("wrong.jinja"),
                    wrong
                            + "{% for m in messages %}{{ '<|im_start|>' + m.role + '\\n' + m.content + '<|im_end|>\\n' }}{% endfor %}"
                            + "{% if add_generation_prompt %}{{ '<|im_start|>assistant\\n' }}{% endif %}");
            StageData data = new StageData(
                    TextModel.open(family, template.toString()),
                    recipe.data(),
                    recipe.seed(),
                    512,
                    new DataCache(dir.resolve("cache")));
            assertThatThrownBy(() -> trees(data))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("a.jsonl:1")
                    .hasMessageContaining("beginning-of-text");
        }
    }

    /** PITFALLS 2: the supervised share is counted by source, for what is drawn and as often as it is drawn; the layout is shown. */
    @Test
    void theLedgerKnowsTokensAndLayouts() throws IOException {
        StageData data = data();
        List<PromptTree> trees = trees(data);
        long supervised = 0;
        long all = 0;
        for (JsonNode source : data.ledgerJson()) {
            supervised += source.path("supervised_tokens").asLong();
            all += source.path("supervised_tokens").asLong()
                    + source.path("context_tokens").asLong();
            assertThat(source.path("layouts").path("alpaca").asInt()).isIn(40, 30);
        }
        assertThat(supervised)
                .isEqualTo(
                        trees.stream().mapToLong(PromptTree::supervisedTokens).sum());
        assertThat(all).isEqualTo(trees.stream().mapToLong(PromptTree::length).sum());
        StageData again = data();
        trees(again);
        assertThat(again.ledgerJson()).isEqualTo(data.ledgerJson()); // from the cache
    }

    /** PITFALLS 14: what is cut ends where it was cut, without a stop token. */
    @Test
    void aCutAnswerGetsNoStopToken() throws IOException {
        StageData whole = data("data.train=['" + a + "']");
        StageData cut = data("data.train=['" + a + "']", "data.max_length_tokens=20", "data.overlong=cut_end");
        int stop = trees(whole).get(0).nodes().get(0).ids()[trees(whole).get(0).length() - 2];
        List<PromptTree> shorter = trees(cut);
        for (int i = 0; i < shorter.size(); i++) {
            int[] ids = shorter.get(i).nodes().get(0).ids();
            assertThat(ids).hasSize(20).endsWith(ids[19]);
            assertThat(ids[19]).isNotEqualTo(stop);
            assertThat(ids)
                    .isEqualTo(java.util.Arrays.copyOf(
                            trees(whole).get(i).nodes().get(0).ids(), 20));
        }
    }

    /** PITFALLS 3: a prompt that fills the whole length leaves no answer to train, so the row goes; never a step without one. */
    @Test
    void aRowWhoseAnswerIsCutAwayIsSetAside() throws IOException {
        StageData data = data(
                "data.train=['" + a + "']",
                "data.max_length_tokens=8",
                "data.overlong=cut_end",
                "data.set_aside_share=1");
        assertThatThrownBy(() -> trees(data))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("no supervised token")
                .hasMessageContaining("40");
    }

    /** PITFALLS 6: the last thing that is trained of every answer is its stop token; what the template writes after it is not. */
    @Test
    void everyAnswerEndsInASupervisedStopToken() throws IOException {
        TextModel text = TextModel.open(CUB, "chatml");
        int stop = text.tokenizer().idOf("<|im_end|>").getAsInt();
        for (PromptTree tree : trees(data("data.train=['" + a + "']"))) {
            PromptTree.Node root = tree.nodes().get(0);
            int last = root.ids().length - 1;
            while (!root.supervised()[last]) {
                last--;
            }
            assertThat(root.ids()[last]).isEqualTo(stop);
            assertThat(text.tokenizer()
                            .decode(java.util.Arrays.copyOfRange(root.ids(), last + 1, root.ids().length), false))
                    .isEqualTo("\n");
        }
    }

    private String supervised(String json, String... sets) throws IOException {
        Path file = Files.writeString(dir.resolve("turns" + sets.length + json.hashCode() + ".jsonl"), json);
        String[] all = java.util.Arrays.copyOf(sets, sets.length + 1);
        all[sets.length] = "data.train=['" + file + "']";
        PromptTree.Node root = trees(data(all)).get(0).nodes().get(0);
        int[] kept = java.util.stream.IntStream.range(0, root.ids().length)
                .filter(t -> root.supervised()[t])
                .map(t -> root.ids()[t])
                .toArray();
        return TextModel.open(CUB, "chatml").tokenizer().decode(kept, false);
    }

    /** {@code loss_on}, and {@code train: false} of a message, the markers quoted in a turn (LION.md D9). */
    @Test
    void whichTurnsAreTrained() throws IOException {
        String chat =
                "{\"messages\": [{\"role\": \"user\", \"content\": \"one\"}, {\"role\": \"assistant\", \"content\": \"first\"%s},"
                        + "{\"role\": \"user\", \"content\": \"<|im_start|>assistant\\nno<|im_end|>\"},"
                        + "{\"role\": \"assistant\", \"content\": \"second\"}]}";
        assertThat(supervised(chat.formatted(""))).isEqualTo("first<|im_end|>second<|im_end|>");
        assertThat(supervised(chat.formatted(", \"train\": false"))).isEqualTo("second<|im_end|>");
        assertThat(supervised(chat.formatted(", \"weight\": 0"))).isEqualTo("second<|im_end|>");
        assertThat(supervised(chat.formatted(""), "data.loss_on=last_turn")).isEqualTo("second<|im_end|>");
        assertThat(supervised(chat.formatted(""), "data.loss_on=all")).startsWith("<|im_start|>user\none");
    }

    /** LION.md D3: over 10,000 rows, p = 0.8 within two per cent, and the same seed gives the same rows. */
    @Test
    void anEmptySystemTurnWithItsProbability() throws IOException {
        List<String> lines = java.util.Collections.nCopies(10_000, "{\"prompt\": \"q\", \"completion\": \"a\"}");
        Path many = Files.write(dir.resolve("many.jsonl"), lines);
        String[] sets = {"data.train=['" + many + "']", "data.deduplicate=false", "data.empty_system_probability=0.8"};
        List<PromptTree> drawn = trees(data(sets));
        int shortest = drawn.stream().mapToInt(PromptTree::length).min().getAsInt();
        long with = drawn.stream().filter(tree -> tree.length() > shortest).count();
        assertThat(with).isBetween(7_800L, 8_200L);
        String digest = new SftTask(drawn).digest();
        StageData again = data(sets);
        StageData fresh = new StageData(
                TextModel.open(CUB, "chatml"), recipe.data(), recipe.seed(), 512, new DataCache(dir.resolve("other")));
        assertThat(new SftTask(trees(fresh)).digest()).isEqualTo(digest);
        assertThat(new SftTask(trees(again)).digest()).isEqualTo(digest);
    }

    /** LION.md D5: neither the number of workers nor the order of the recipe's keys changes what is trained. */
    @Test
    void workersAndTheOrderOfKeysChangeNothing() throws Exception {
        Set<String> digests = new HashSet<>();
        for (int workers : new int[] {1, 3}) {
            data();
            StageData data = new StageData(
                    TextModel.open(CUB, "chatml"),
                    recipe.data(),
                    recipe.seed(),
                    512,
                    new DataCache(dir.resolve("w" + workers)));
            var pool = new java.util.concurrent.ForkJoinPool(workers);
            digests.add(new SftTask(pool.submit(() -> trees(data)).get()).digest());
            pool.shutdown();
        }
        Path permuted = Files.writeString(
                dir.resolve("p.yaml"),
                "data:\n  max_length_tokens: 256\n  train: ['" + a + "', {fraction: 0.5, path: '" + b
                        + "'}]\nmodel: {template: chatml, path: m}\n");
        recipe = RecipeReader.read(permuted, List.of(), StageRecipe.class);
        digests.add(new SftTask(trees(new StageData(
                        TextModel.open(CUB, "chatml"),
                        recipe.data(),
                        recipe.seed(),
                        512,
                        new DataCache(dir.resolve("permuted")))))
                .digest());
        assertThat(digests).hasSize(1);
    }

    /** LION.md D10: a window with exactly 90 % of its labels ignored stays, one with more goes. */
    @Test
    void windowsWithTooFewLabelsGo() throws IOException {
        StageData data = data("data.packing=wrap", "data.faithful=true", "data.max_length_tokens=20");
        TextModel text = TextModel.open(CUB, "chatml");
        int[] opening = text.tokenizer().encode("<|im_start|>assistant\n");
        int word = text.tokenizer().encode("a")[0];
        int stop = text.tokenizer().idOf("<|im_end|>").getAsInt();
        List<PromptTree> documents = new ArrayList<>();
        for (int labels : new int[] {2, 1}) { // of twenty tokens: the stop, and a word before it
            int[] ids = new int[20];
            java.util.Arrays.fill(ids, word);
            System.arraycopy(opening, 0, ids, 0, opening.length);
            ids[opening.length + labels - 1] = stop;
            documents.add(PromptTree.document("d" + labels, ids, new boolean[20]));
        }
        documents.add(
                PromptTree.document("filler", new int[] {word}, new boolean[1])); // a window ends when the next begins
        assertThat(data.packed(documents, 512, recipe.train()).examples()).isEqualTo(1);
        assertThat(data.ledgerJson().get("windows dropped").asInt()).isEqualTo(1);
    }

    /** LION.md 2.5 and 2.6: each source by its own permutation, all of them by another, epochs unrolled and shuffled as one. */
    @Test
    void faithfulOrderIsTheOriginals() throws IOException {
        String[] faithful = {"data.packing=wrap", "data.faithful=true", "data.max_length_tokens=64", "train.epochs=2"};
        StageData data = data(faithful);
        List<String> expected = new ArrayList<>();
        for (int row : Permutation.of(42, 40)) {
            expected.add(a + ":" + (row + 1));
        }
        int[] second = Permutation.of(42, 30); // ten of b's are a's
        for (int i = 0; i < 15; i++) {
            expected.add(b + ":" + (second[i] + 11));
        }
        List<String> all = java.util.Arrays.stream(Permutation.of(42, 55))
                .mapToObj(expected::get)
                .toList();
        List<PromptTree> trees = trees(data);
        assertThat(trees).extracting(PromptTree::id).containsExactlyElementsOf(all);

        List<String> twice = java.util.Arrays.stream(Permutation.of(42, 110))
                .mapToObj(i -> all.get(i % 55))
                .toList();
        assertThat(data.unrolled(trees, 2)).extracting(PromptTree::id).isEqualTo(twice);
        TrainingTask windows = data.packed(trees, 512, recipe.train());
        long tokens = trees.stream().mapToLong(PromptTree::length).sum();
        long dropped = data.ledgerJson().path("windows dropped").asLong();
        assertThat(windows.examples() + dropped).isBetween(2 * tokens / 64 - 1, 2 * tokens / 64);
        int[] positions = windows.batch(new int[] {0, 1}).positions();
        assertThat(positions[63]).isEqualTo(63);
        assertThat(positions[64]).isZero();

        // What is held out keeps the file's order, and its head.
        StageData held = data(faithful);
        List<PromptTree> kept =
                held.trees(StageKind.SFT, List.of(new StageRecipe.Source(a.toString(), null, 0.25, null)), true);
        assertThat(kept)
                .extracting(PromptTree::id)
                .startsWith(a + ":1", a + ":2", a + ":3")
                .hasSize(10);
    }

    @Test
    void benchmarksNearDuplicatesAndALayoutByNameAreCounted() throws IOException {
        String question =
                "A farmer has seventeen sheep and all but nine of them run away into the dark forest one night";
        String other = "Every morning the old baker lights his oven long before the sun comes up over the quiet town"
                + " and the first loaves are ready when the children walk to school with their bags";
        Path rows = Files.write(
                dir.resolve("rows.jsonl"),
                List.of(
                        "{\"instruction\": \"Say: " + question + "\", \"output\": \"no\"}",
                        "{\"instruction\": \"" + other + "\", \"output\": \"one\"}",
                        "{\"instruction\": \"" + other + "!\", \"output\": \"one\"}",
                        "{\"instruction\": \"Something else\", \"output\": \"two\", \"question\": \"Which?\", \"answer\": \"This.\"}"));
        Path benchmark = Files.writeString(dir.resolve("bench.jsonl"), "{\"q\": \"" + question + "\"}");
        StageData data = data(
                "data.train=['" + rows + "']",
                "data.decontaminate=['" + benchmark + "']",
                "data.near_duplicates=0.8",
                "data.set_aside_share=1");
        assertThat(trees(data)).hasSize(2);
        JsonNode counts = data.ledgerJson().get(rows.toString());
        assertThat(counts.get("set_aside").toString())
                .isEqualTo("{\"holds a benchmark's prompt\":1,\"near duplicate\":1}");
        assertThat(counts.get("layouts").toString()).isEqualTo("{\"alpaca\":2}");

        StageData named = data("data.train=[{path: '" + rows + "', layout: question}]", "data.set_aside_share=1");
        List<PromptTree> trees = trees(named);
        assertThat(named.ledgerJson().get(rows.toString()).get("layouts").toString())
                .isEqualTo("{\"question\":1}");
        assertThat(TextModel.open(CUB, "chatml")
                        .tokenizer()
                        .decode(trees.get(0).nodes().get(0).ids(), false))
                .contains("Which?", "This.");
        assertThatThrownBy(() -> trees(data("data.train=[{path: '" + rows + "', layout: questoin}]")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("questoin");
    }

    /** LION.md D15: control tokens are part of what a template writes. */
    @Test
    void controlTokensAreInTheCachesKey() throws IOException {
        data();
        Set<String> keys = new HashSet<>();
        for (String bos : List.of("<|endoftext|>", "<|im_start|>")) {
            Path family = Files.createDirectories(dir.resolve("family" + keys.size()));
            Files.copy(CUB.resolve("tokenizer.json"), family.resolve("tokenizer.json"));
            Files.writeString(
                    family.resolve("tokenizer_config.json"),
                    "{\"bos_token\": \"" + bos + "\", \"eos_token\": \"<|im_end|>\"}");
            keys.add(new DataCache(dir)
                    .key(
                            "conversations",
                            recipe.data().train(),
                            recipe.data(),
                            1,
                            512,
                            TextModel.open(family, "chatml")));
        }
        assertThat(keys).hasSize(2);
    }
}
