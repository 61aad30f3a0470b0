package org.lionalign.align.stage;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.data.ChatRows;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.tokenizer.Tokenizer;

/**
 * Pairs as the original makes them (LION.md 2.7, D12), so that its choices can be measured beside Lion's: prompt and answer tokenised
 * together and parted at the prompt's own length (one token earlier where joining changed it), BOS and EOS added where they lack, a prompt
 * that is too long with its answers cut to a cap that ignores how short they are, and then the answers.
 *
 * @param maxLength tokens of prompt and answer
 * @param maxPrompt tokens to which a prompt is cut
 * @param keepEnd whether its last tokens are kept, which loses BOS and system turn
 * @param bos prepended to a prompt that lacks it, null for families without
 * @param eos appended to an answer that lacks it, null for families without
 */
record FaithfulPairs(
        int maxLength,
        int maxPrompt,
        boolean keepEnd,
        @Nullable Integer bos,
        @Nullable Integer eos) {
    /** A prompt's and an answer's ids. */
    record Side(int[] prompt, int[] answer) {}

    /**
     * The pair's tree: what both sides' prompts share is the trunk, and a prompt token that joining changed is an unsupervised first token of
     * its branch.
     */
    PromptTree tree(String id, Tokenizer tokenizer, String prompt, String chosen, String rejected)
            throws ChatRows.Unusable {
        Side better = ends(parted(tokenizer, prompt, chosen));
        Side worse = ends(parted(tokenizer, prompt, rejected));
        int differing = 0;
        for (int i = 0; i < Math.min(better.prompt().length, worse.prompt().length); i++) {
            differing += better.prompt()[i] == worse.prompt()[i] ? 0 : 1;
        }
        if (differing > 1 || Math.abs(better.prompt().length - worse.prompt().length) > 1) {
            throw new ChatRows.Unusable("different prompts");
        }
        int longer = Math.max(better.answer().length, worse.answer().length);
        Side first = cut(better, longer);
        Side second = cut(worse, longer);
        int shared = Arrays.mismatch(first.prompt(), second.prompt());
        shared = shared < 0 ? first.prompt().length : shared;
        if (shared == 0) {
            throw new ChatRows.Unusable("prompts shifted by their cut");
        }
        return new PromptTree(
                id,
                List.of(
                        new PromptTree.Node(-1, Arrays.copyOf(first.prompt(), shared), new boolean[shared]),
                        branch(first, shared),
                        branch(second, shared)));
    }

    private static PromptTree.Node branch(Side side, int shared) {
        int rest = side.prompt().length - shared;
        int[] ids = Arrays.copyOfRange(side.prompt(), shared, side.prompt().length + side.answer().length);
        System.arraycopy(side.answer(), 0, ids, rest, side.answer().length);
        boolean[] supervised = new boolean[ids.length];
        Arrays.fill(supervised, rest, ids.length, true);
        return new PromptTree.Node(0, ids, supervised);
    }

    /** The joint-boundary rule. */
    static Side parted(Tokenizer tokenizer, String prompt, String answer) {
        int[] alone = tokenizer.encode(prompt);
        int[] joint = tokenizer.encode(prompt + answer);
        int boundary = Math.min(alone.length, joint.length);
        if (!Arrays.equals(alone, Arrays.copyOf(joint, boundary))) {
            boundary = Math.max(0, boundary - 1);
        }
        return new Side(Arrays.copyOf(joint, boundary), Arrays.copyOfRange(joint, boundary, joint.length));
    }

    private Side ends(Side side) {
        int[] prompt = side.prompt();
        int[] answer = side.answer();
        if (bos != null && (prompt.length == 0 || prompt[0] != bos)) {
            int[] longer = new int[prompt.length + 1];
            longer[0] = bos;
            System.arraycopy(prompt, 0, longer, 1, prompt.length);
            prompt = longer;
        }
        if (eos != null && (answer.length == 0 || answer[answer.length - 1] != eos)) {
            answer = Arrays.copyOf(answer, answer.length + 1);
            answer[answer.length - 1] = eos;
        }
        return new Side(prompt, answer);
    }

    /** Both truncation steps; {@code longer} is the longer answer's length, which decides for both sides. */
    Side cut(Side side, int longer) {
        int[] prompt = side.prompt();
        int[] answer = side.answer();
        if (prompt.length + longer > maxLength && prompt.length > maxPrompt) {
            prompt = keepEnd
                    ? Arrays.copyOfRange(prompt, prompt.length - maxPrompt, prompt.length)
                    : Arrays.copyOf(prompt, maxPrompt);
        }
        if (prompt.length + longer > maxLength) {
            answer = Arrays.copyOf(answer, Math.min(answer.length, Math.max(0, maxLength - maxPrompt)));
        }
        return new Side(prompt, answer);
    }
}
