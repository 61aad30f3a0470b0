package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.lionalign.align.text.TextModel;
import org.lionalign.align.train.StepPlan;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.align.train.TrainingTask;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.torch.model.ConfigReader;
import org.lionalign.torch.model.ModelConfig;

/** {@code lion data}: what a recipe would train on, without loading a weight. */
public final class DataPreview {
    private final StageRecipe recipe;
    private final TextModel text;
    private final StageData data;
    private final List<PromptTree> trees;
    private final TrainingTask task;
    private final StepPlanner planner;

    /**
     * @param cache folder of encoded rows
     */
    public DataPreview(StageRecipe recipe, StageKind kind, Path cache) {
        this.recipe = recipe;
        Path source = Path.of(recipe.model().path());
        this.text = TextModel.open(source, recipe.model().template());
        ModelConfig config = ConfigReader.read(source);
        this.data = new StageData(text, recipe.data(), recipe.seed(), config.longestSequence(), new DataCache(cache));
        this.trees = data.trees(kind, recipe.data().train(), false);
        this.task = kind.pairs()
                ? StageInputs.planned(recipe, trees)
                : data.packed(trees, config.longestSequence(), recipe.train());
        this.planner = StageInputs.planner(recipe, task);
    }

    /** Counts, lengths and packing of the first epoch. */
    public ObjectNode summary() {
        ObjectNode node = Json.object();
        node.set("sources", data.ledgerJson());
        long tokens = 0;
        long supervised = 0;
        int[] lengths = new int[trees.size()];
        for (int i = 0; i < lengths.length; i++) {
            PromptTree tree = trees.get(i);
            lengths[i] = tree.length();
            tokens += tree.length();
            supervised += tree.supervisedTokens();
        }
        Arrays.sort(lengths);
        node.put("rows", trees.size());
        node.put("tokens", tokens);
        node.put("supervised_tokens", supervised);
        node.put("context_tokens", tokens - supervised);
        ObjectNode quantiles = node.putObject("length");
        for (int q : new int[] {0, 10, 50, 90, 99, 100}) {
            quantiles.put(
                    q == 0 ? "shortest" : q == 100 ? "longest" : "p" + q, lengths[(lengths.length - 1) * q / 100]);
        }
        int steps = planner.stepsIn(0);
        long passes = 0;
        long used = 0;
        for (int step = 1; step <= steps; step++) {
            for (int[] micro : planner.step(step).microBatches()) {
                passes++;
                used += Arrays.stream(micro).map(task::length).asLongStream().sum();
            }
        }
        node.put("steps_per_epoch", steps);
        node.put("passes_per_epoch", passes);
        node.put("fill", (double) used / (passes * recipe.train().microBatchTokens()));
        return node;
    }

    /** Every pass of the first epoch: ids, supervised flags, positions, tree boundaries. */
    public void passes(Consumer<ObjectNode> sink) {
        int steps = planner.stepsIn(0);
        for (int s = 1; s <= steps; s++) {
            StepPlan step = planner.step(s);
            for (int[] micro : step.microBatches()) {
                PackedBatch batch = task.batch(micro);
                ObjectNode node = Json.object().put("step", s);
                ArrayNode rows = node.putArray("rows");
                ArrayNode ends = node.putArray("tree_ends");
                ArrayNode supervised = node.putArray("supervised");
                int at = 0;
                for (PromptTree tree : batch.trees()) {
                    rows.add(tree.id());
                    ends.add(at += tree.length());
                    for (PromptTree.Node part : tree.nodes()) {
                        for (boolean flag : part.supervised()) {
                            supervised.add(flag ? 1 : 0);
                        }
                    }
                }
                ArrayNode ids = node.putArray("ids");
                Arrays.stream(batch.ids()).forEach(ids::add);
                ArrayNode positions = node.putArray("positions");
                Arrays.stream(batch.positions()).forEach(positions::add);
                sink.accept(node);
            }
        }
    }

    /**
     * A stretch of a row's text.
     *
     * @param node {@code prompt}, {@code chosen} or {@code rejected} of pairs, else empty
     */
    public record Piece(String node, String text, boolean supervised, int[] ids) {}

    /** The first rows as text, parted where supervision begins and ends. */
    public List<List<Piece>> examples(int n) {
        List<List<Piece>> shown = new ArrayList<>();
        for (int i = 0; i < Math.min(n, trees.size()); i++) {
            shown.add(pieces(trees.get(i), text));
        }
        return shown;
    }

    static List<Piece> pieces(PromptTree tree, TextModel text) {
        List<Piece> pieces = new ArrayList<>();
        for (int n = 0; n < tree.nodes().size(); n++) {
            PromptTree.Node node = tree.nodes().get(n);
            String name = tree.nodes().size() == 1 ? "" : n == 0 ? "prompt" : n == 1 ? "chosen" : "rejected";
            int from = 0;
            int written = 0;
            for (int t = 1; t <= node.ids().length; t++) {
                if (t == node.ids().length || node.supervised()[t] != node.supervised()[from]) {
                    // Decoded from the start each time: a token's text may depend on the one before it.
                    String soFar = text.tokenizer().decode(Arrays.copyOf(node.ids(), t), false);
                    pieces.add(new Piece(
                            name,
                            soFar.substring(Math.min(written, soFar.length())),
                            node.supervised()[from],
                            Arrays.copyOfRange(node.ids(), from, t)));
                    written = soFar.length();
                    from = t;
                }
            }
        }
        return pieces;
    }
}
