package org.lionalign.align.judge;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.EncodedChat;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;

/**
 * Questions as the models read them: the prompt once, the answers as its branches. One question's trees never share a pass with another's, so
 * that its judgement depends on nothing else, to the last bit (PITFALLS 27). Nothing is cut: an answer that does not fit fails.
 */
final class AnswerTrees {
    private final TextModel text;
    private final boolean wholeTemplate;
    private final int longest;
    private final int tokensPerPass;

    /**
     * @param wholeTemplate whether what the template writes after the stop token belongs to the answer
     * @param longest the model's context
     */
    AnswerTrees(TextModel text, boolean wholeTemplate, int longest, int tokensPerPass) {
        this.text = text;
        this.wholeTemplate = wholeTemplate;
        this.longest = longest;
        this.tokensPerPass = tokensPerPass;
        text.template(); // says now, not at the first row, that there is none
    }

    /**
     * One pass.
     *
     * @param batch a single tree; its nodes 1, 2, … are the answers
     * @param answers the indices of those answers
     */
    record Pass(PackedBatch batch, List<Integer> answers) {}

    /** @param failures is told why an answer is in no pass */
    List<Pass> of(Question question, List<String> answers, @Nullable String[] failures) {
        List<Pass> passes = new ArrayList<>();
        int[] prompt = new int[0];
        List<int[]> branches = new ArrayList<>();
        List<Integer> members = new ArrayList<>();
        int length = 0;
        for (int a = 0; a < answers.size(); a++) {
            TextModel.Pair pair;
            try {
                pair = split(question, answers.get(a));
            } catch (BadInput e) {
                failures[a] = "template"; // the model's template refuses this conversation
                continue;
            }
            if (pair.prompt().length + pair.answer().length > longest) {
                failures[a] = "too_long";
                continue;
            }
            if (pair.prompt().length == 0) {
                failures[a] = "empty_prompt";
                continue;
            }
            boolean room = length + pair.answer().length <= tokensPerPass;
            if (!members.isEmpty() && (!room || !Arrays.equals(prompt, pair.prompt()))) {
                passes.add(pass(question, prompt, branches, members));
                branches = new ArrayList<>();
                members = new ArrayList<>();
            }
            if (members.isEmpty()) {
                prompt = pair.prompt();
                length = prompt.length;
            }
            branches.add(pair.answer());
            members.add(a);
            length += pair.answer().length;
        }
        if (!members.isEmpty()) {
            passes.add(pass(question, prompt, branches, members));
        }
        return passes;
    }

    private static Pass pass(Question question, int[] prompt, List<int[]> branches, List<Integer> members) {
        return new Pass(PackedBatch.of(List.of(PromptTree.answers(question.id(), prompt, branches))), members);
    }

    private TextModel.Pair split(Question question, String answer) {
        if (!wholeTemplate) {
            return text.split(question.prompt(), answer);
        }
        int last = question.prompt().messages().size();
        EncodedChat whole = EncodedChat.encode(
                text.template().render(question.prompt().plus(new Message("assistant", answer))),
                text.tokenizer(),
                turn -> turn.message() == last);
        return new TextModel.Pair(
                Arrays.copyOf(whole.ids(), whole.promptLength()),
                Arrays.copyOfRange(whole.ids(), whole.promptLength(), whole.ids().length));
    }
}
