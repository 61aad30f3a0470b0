package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.Answer;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.Generator;
import org.lionalign.torch.model.SamplingOptions;

/** Whether the trained model ends its answers: greedy answers to prompts of the run's own rows (PITFALLS 6). */
final class StopProbe {
    /** Nobody waits for a model that does not stop. */
    private static final int LONGEST = 1024;

    private StopProbe() {}

    /**
     * Answers prompts that lie evenly in the rows.
     *
     * @param trees held-out rows, or trained ones where none are held out
     * @param most prompts at most
     * @return {@code prompts}, {@code stopped}, {@code mean_tokens}, {@code max_new_tokens}, the rows' own {@code longest_answer}, and the
     *     {@code answers}
     */
    static ObjectNode run(CausalLm model, TextModel text, List<PromptTree> trees, int most) {
        List<int[]> prompts = new ArrayList<>();
        int longestAnswer = 1;
        int stride = Math.max(1, trees.size() / most);
        for (int i = 0; i < trees.size() && prompts.size() < most; i += stride) {
            PromptTree tree = trees.get(i);
            int[] prompt = prompt(tree);
            longestAnswer = Math.max(longestAnswer, tree.longestPath() - prompt.length);
            if (prompt.length > 0 && prompt.length < model.config().longestSequence()) {
                prompts.add(prompt);
            }
        }
        // A model that has learned these rows has ended by then.
        int tokens = Math.min(LONGEST, 2 * longestAnswer + 16);
        ObjectNode probe = Json.object().put("prompts", prompts.size());
        List<List<Answer>> answers =
                new Generator(model, SamplingOptions.greedy(tokens, text.stops())).generate(prompts);
        int stopped = 0;
        long length = 0;
        ArrayNode list = Json.MAPPER.createArrayNode();
        for (int p = 0; p < prompts.size(); p++) {
            Answer answer = answers.get(p).get(0);
            stopped += answer.finish().equals("stop") ? 1 : 0;
            length += answer.ids().length;
            list.addObject()
                    .put("prompt", text.tokenizer().decode(prompts.get(p), false))
                    .put("text", text.tokenizer().decode(answer.ids(), false))
                    .put("tokens", answer.ids().length)
                    .put("finish", answer.finish());
        }
        probe.put("stopped", stopped);
        probe.put("mean_tokens", prompts.isEmpty() ? 0 : (double) length / prompts.size());
        probe.put("max_new_tokens", tokens).put("longest_answer", longestAnswer);
        probe.set("answers", list);
        return probe;
    }

    /** What comes before the first answer. */
    private static int[] prompt(PromptTree tree) {
        PromptTree.Node root = tree.nodes().get(0);
        int to = 0;
        while (to < root.ids().length && !root.supervised()[to]) {
            to++;
        }
        return Arrays.copyOf(root.ids(), to);
    }
}
