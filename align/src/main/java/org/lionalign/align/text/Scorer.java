package org.lionalign.align.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.pack.BestFit;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;

/**
 * Per-token log-probabilities of rows: {@code {"ids"}}, {@code {"prompt","completion"}} or {@code {"prompt","chosen","rejected"}}, the
 * texts as strings or lists of messages. Rows are packed as they fit; results come back in the order of the rows.
 */
public final class Scorer {
    private final CausalLm model;
    private final TextModel text;
    private final int tokensPerPass;

    /** @param tokensPerPass tokens of one forward pass at most */
    public Scorer(CausalLm model, TextModel text, int tokensPerPass) {
        this.model = model;
        this.text = text;
        this.tokensPerPass = tokensPerPass;
    }

    /** One result per row: {@code logps}, {@code sum}, {@code tokens}; for pairs under {@code chosen} and {@code rejected}. */
    public List<ObjectNode> score(String file, List<JsonLines.Row> rows) {
        List<PromptTree> trees = new ArrayList<>();
        for (JsonLines.Row row : rows) {
            PromptTree tree = tree(row.value(), file + ":" + row.line());
            if (tree.longestPath() > model.config().longestSequence()) {
                throw new BadInput(
                        tree.id() + ": expected at most " + model.config().longestSequence()
                                + " tokens, the model's context, found " + tree.longestPath());
            }
            trees.add(tree);
        }
        float[][][] logps = new float[trees.size()][][];
        int[] all = IntStream.range(0, trees.size()).toArray();
        for (int[] group : BestFit.pack(all, i -> trees.get(i).length(), tokensPerPass)) {
            PackedBatch batch =
                    PackedBatch.of(Arrays.stream(group).mapToObj(trees::get).toList());
            float[] scored = batch.supervised() == 0 ? new float[0] : model.logps(batch);
            for (int row : group) {
                logps[row] = new float[trees.get(row).nodes().size()][0];
            }
            for (PackedBatch.Slice slice : batch.slices()) {
                logps[group[slice.tree()]][slice.node()] = Arrays.copyOfRange(scored, slice.from(), slice.to());
            }
        }
        List<ObjectNode> results = new ArrayList<>();
        for (int r = 0; r < trees.size(); r++) {
            results.add(result(rows.get(r).value(), logps[r]));
        }
        return results;
    }

    private PromptTree tree(JsonNode row, String where) {
        if (row.has("ids")) {
            int[] ids = ids(row.get("ids"), where);
            boolean[] all = new boolean[ids.length];
            Arrays.fill(all, true);
            return PromptTree.document(where, ids, all);
        }
        if (row.has("prompt") && row.has("completion")) {
            TextModel.Pair pair = pair(row, "completion", where);
            return PromptTree.answers(where, pair.prompt(), List.of(pair.answer()));
        }
        if (row.has("prompt") && row.has("chosen") && row.has("rejected")) {
            TextModel.Pair chosen = pair(row, "chosen", where);
            TextModel.Pair rejected = pair(row, "rejected", where);
            if (!Arrays.equals(chosen.prompt(), rejected.prompt())) {
                throw new BadInput(where + ": expected the same prompt for chosen and rejected, found two");
            }
            return PromptTree.answers(where, chosen.prompt(), List.of(chosen.answer(), rejected.answer()));
        }
        List<String> keys = new ArrayList<>();
        row.fieldNames().forEachRemaining(keys::add);
        throw new BadInput(
                where + ": expected ids, or prompt with completion, or prompt with chosen and rejected, found " + keys);
    }

    private TextModel.Pair pair(JsonNode row, String key, String where) {
        JsonNode prompt = row.get("prompt");
        JsonNode answer = row.get(key);
        TextModel.Pair pair;
        if (prompt.isTextual() && answer.isTextual()) {
            pair = text.split(prompt.textValue(), answer.textValue());
        } else if (prompt.isArray() && (answer.isTextual() || answer.isArray())) {
            String words = answer.isTextual()
                    ? answer.textValue()
                    : TextModel.conversation(answer, row, where + ": " + key)
                            .messages()
                            .get(0)
                            .content();
            pair = text.split(TextModel.conversation(prompt, row, where), words);
        } else {
            throw new BadInput(
                    where + ": " + key + ": expected prompt and " + key + " as strings or as lists of messages, found "
                            + prompt.getNodeType() + " and " + answer.getNodeType());
        }
        if (pair.prompt().length == 0) {
            throw new BadInput(where
                    + ": prompt: expected at least one token, found none (the model has no beginning-of-text token)");
        }
        return pair;
    }

    /** Token ids of a row, checked. */
    public static int[] ids(JsonNode node, String where) {
        if (!node.isArray() || node.isEmpty()) {
            throw new BadInput(where + ": ids: expected a list of token ids, found " + node);
        }
        int[] ids = new int[node.size()];
        for (int i = 0; i < ids.length; i++) {
            if (!node.get(i).isIntegralNumber()
                    || !node.get(i).canConvertToInt()
                    || node.get(i).intValue() < 0) {
                throw new BadInput(where + ": ids[" + i + "]: expected a token id, found " + node.get(i));
            }
            ids[i] = node.get(i).intValue();
        }
        return ids;
    }

    private static ObjectNode result(JsonNode row, float[][] logps) {
        if (!row.has("chosen") || row.has("ids") || row.has("completion")) {
            return part(logps[logps.length - 1]);
        }
        ObjectNode both = Json.object();
        both.set("chosen", part(logps[1]));
        both.set("rejected", part(logps[2]));
        return both;
    }

    private static ObjectNode part(float[] logps) {
        ObjectNode node = Json.object();
        ArrayNode list = node.putArray("logps");
        double sum = 0;
        for (float logp : logps) {
            list.add(logp);
            sum += logp;
        }
        node.put("sum", sum);
        node.put("tokens", logps.length);
        return node;
    }
}
