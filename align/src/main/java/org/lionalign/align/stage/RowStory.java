package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.TextModel;
import org.lionalign.align.train.RunLog;
import org.lionalign.core.data.ChatRows;
import org.lionalign.core.data.PairRows;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.data.RowReader;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.SelectRecipe;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.ConfigReader;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;

/** {@code lion why RUN ROW}: what became of one row, from its JSON to the loss at every visit. */
public final class RowStory {
    /** Rows of the same pass that are named. */
    private static final int BESIDE = 8;

    private RowStory() {}

    /**
     * The story.
     *
     * @param run a run's folder
     * @param row {@code file:number}, as ledgers and errors write it
     */
    public static ObjectNode of(Path run, String row) {
        StageRecipe recipe = RecipeReader.read(run.resolve("recipe.resolved.yaml"), List.of(), StageRecipe.class);
        int colon = row.lastIndexOf(':');
        if (colon < 0 || !row.substring(colon + 1).matches("\\d+")) {
            throw new BadInput("row: expected FILE:NUMBER, found " + row);
        }
        JsonNode value =
                read(Path.of(row.substring(0, colon)), Long.parseLong(row.substring(colon + 1)), recipe.data());
        ObjectNode story = Json.object().put("row", row);
        story.set("raw", value);
        Path source = Path.of(recipe.model().path());
        TextModel text = TextModel.open(source, recipe.model().template());
        Integer set = recipe.data().maxLengthTokens();
        int longest = set != null ? set : ConfigReader.read(source).longestSequence();
        RowEncoder encoder = new RowEncoder(text, recipe.data(), recipe.seed(), longest);
        PromptTree tree;
        boolean document = recipe.data().text() != null;
        boolean pair = !document && PairRows.layout(value) != null;
        try {
            tree = (document
                            ? encoder.text(value, row)
                            : pair
                                    ? encoder.pair(value, row, select(recipe, row))
                                    : encoder.document(value, row, layout(recipe, row)))
                    .tree();
        } catch (ChatRows.Unusable e) {
            return story.put("set_aside", String.valueOf(e.getMessage()));
        }
        tokens(story, tree, text);
        boolean classifies = recipe.reward() != null || isClassifier(run.resolve("model"));
        if (pair && classifies && Files.isDirectory(run.resolve("model"))) {
            scores(story, run.resolve("model"), tree);
        }
        if (pair && !classifies) {
            StageRecipe.Reference reference = recipe.reference();
            String other = reference == null ? null : reference.path();
            double[] before = logps(story, "reference", other == null ? source : Path.of(other), tree);
            if (Files.isDirectory(run.resolve("model"))) {
                double[] now = logps(story, "policy", run.resolve("model"), tree);
                double beta = Losses.recipe(recipe).beta();
                ObjectNode rewards = story.putObject("rewards");
                rewards.put("chosen", beta * (now[0] - before[0])).put("rejected", beta * (now[1] - before[1]));
                rewards.put("margin", beta * (now[0] - before[0] - now[1] + before[1]));
            }
        }
        ArrayNode visits = story.putArray("visits");
        for (JsonNode line : new RunLog(run.resolve("rows.jsonl")).lines()) {
            visits.addAll(visits(line, row));
        }
        if (visits.isEmpty()) {
            story.put(
                    "not_visited",
                    "no step saw it (yet): a duplicate of an earlier row, not drawn by its source's fraction, in a window that was"
                            + " left out, or not reached; ledger.json says how many of each");
        }
        return story;
    }

    /** In which passes of a step the row was, with whom, and what it lost there. */
    private static List<ObjectNode> visits(JsonNode line, String row) {
        List<String> ids = new ArrayList<>();
        line.path("losses").fieldNames().forEachRemaining(ids::add);
        List<ObjectNode> found = new ArrayList<>();
        int number = 0;
        for (JsonNode pass : line.path("passes")) {
            number++;
            List<String> rows = new ArrayList<>();
            pass.forEach(entry -> rows.add(entry.isInt() ? ids.get(entry.asInt()) : entry.asText()));
            if (rows.contains(row)) {
                ObjectNode visit = Json.object().put("step", line.get("step").asLong());
                visit.put("pass", number).put("rows_in_pass", rows.size());
                ArrayNode others = visit.putArray("beside");
                rows.stream()
                        .filter(other -> !other.equals(row))
                        .distinct()
                        .limit(BESIDE)
                        .forEach(others::add);
                JsonNode loss = line.path("losses").path(row);
                if (loss.isMissingNode()) {
                    visit.put("loss", "joined with what is beside it: only the whole pass has one");
                } else {
                    visit.set("loss", loss);
                }
                found.add(visit);
            }
        }
        return found;
    }

    private static boolean isClassifier(Path folder) {
        return Files.isDirectory(folder) && ConfigReader.read(folder).isClassifier();
    }

    /** A reward model's scores of both answers, in fp32. */
    private static void scores(ObjectNode story, Path folder, PromptTree tree) {
        try (CausalLm model = CausalLm.load(folder, LoadOptions.inference(Dtype.F32))) {
            float[] scores = model.scores(PackedBatch.of(List.of(tree)));
            story.putObject("rewards")
                    .put("chosen", scores[0])
                    .put("rejected", scores[1])
                    .put("margin", scores[0] - scores[1]);
        }
    }

    /** What the recipe demands of this row: nothing where it is held out. */
    private static @Nullable SelectRecipe select(StageRecipe recipe, String row) {
        return source(recipe.data().train(), row) != null ? recipe.data().select() : null;
    }

    /** The layout that the recipe says its source has; null where the columns say it. */
    private static @Nullable String layout(StageRecipe recipe, String row) {
        StageRecipe.Source source = source(recipe.data().train(), row);
        source = source == null ? source(recipe.data().eval(), row) : source;
        return source == null ? null : source.layout();
    }

    private static StageRecipe.@Nullable Source source(List<StageRecipe.Source> sources, String row) {
        Path file = Path.of(row.substring(0, row.lastIndexOf(':')));
        for (StageRecipe.Source source : sources) {
            if (RowFiles.files(Path.of(source.path()), source.split()).contains(file)) {
                return source;
            }
        }
        return null;
    }

    private static JsonNode read(Path file, long number, StageRecipe.Data data) {
        try (RowReader rows = StageData.open(file, data)) {
            for (RowReader.Row row = rows.next(); row != null; row = rows.next()) {
                if (row.number() == number) {
                    if (row.value() == null) {
                        throw new BadInput(file + ":" + number + ": " + row.error());
                    }
                    return row.value();
                }
            }
        }
        throw new BadInput(file + ": expected a row " + number + ", found fewer");
    }

    private static void tokens(ObjectNode story, PromptTree tree, TextModel text) {
        ObjectNode rendered = story.putObject("rendered");
        for (int n = 0; n < tree.nodes().size(); n++) {
            String part = tree.nodes().size() == 1 ? "document" : n == 0 ? "prompt" : n == 1 ? "chosen" : "rejected";
            rendered.put(part, text.tokenizer().decode(tree.nodes().get(n).ids(), false));
        }
        ArrayNode nodes = story.putArray("tokens");
        for (DataPreview.Piece piece : DataPreview.pieces(tree, text)) {
            ObjectNode node = nodes.addObject();
            if (!piece.node().isEmpty()) {
                node.put("part", piece.node());
            }
            node.put("supervised", piece.supervised()).put("text", piece.text());
            ArrayNode ids = node.putArray("ids");
            Arrays.stream(piece.ids()).forEach(ids::add);
        }
        story.put("length", tree.length()).put("supervised_tokens", tree.supervisedTokens());
    }

    /** Per-token log-probabilities of both answers, in fp32; returns their sums. */
    private static double[] logps(ObjectNode story, String name, Path folder, PromptTree tree) {
        try (CausalLm model = CausalLm.load(folder, LoadOptions.inference(Dtype.F32))) {
            PackedBatch batch = PackedBatch.of(List.of(tree));
            float[] logps = model.logps(batch);
            ObjectNode both = story.putObject(name + "_logps");
            double[] sums = new double[2];
            for (PackedBatch.Slice slice : batch.slices()) {
                ArrayNode values = both.putArray(slice.node() == 1 ? "chosen" : "rejected");
                for (int i = slice.from(); i < slice.to(); i++) {
                    values.add(logps[i]);
                    sums[slice.node() - 1] += logps[i];
                }
            }
            both.put("chosen_sum", sums[0]).put("rejected_sum", sums[1]);
            return sums;
        }
    }
}
