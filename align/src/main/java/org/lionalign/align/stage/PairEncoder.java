package org.lionalign.align.stage;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.ChatTemplate;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.data.ChatRows;
import org.lionalign.core.data.Ledger;
import org.lionalign.core.data.PairRows;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.SelectRecipe;
import org.lionalign.core.recipe.StageRecipe;

/**
 * A preference row to a tree of prompt, chosen and rejected: verified, selected, cut by policy, compared again. Whatever is cut never ends in
 * a stop token that the answer did not reach.
 */
final class PairEncoder {
    private final TextModel text;
    private final StageRecipe.Data data;
    private final int longest;
    private final @Nullable FaithfulPairs faithful;

    /** @param longest tokens of the prompt with either answer */
    PairEncoder(TextModel text, StageRecipe.Data data, int longest) {
        this.text = text;
        this.data = data;
        this.longest = longest;
        Integer maxPrompt = data.maxPromptTokens();
        this.faithful = maxPrompt == null
                ? null
                : new FaithfulPairs(longest, maxPrompt, !"start".equals(data.keepPrompt()), text.bos(), eos(text));
        if (maxPrompt != null && maxPrompt >= longest) {
            throw new BadInput("data.max_prompt_tokens: expected less than " + longest
                    + ", the longest pair, so that an answer remains, found " + maxPrompt);
        }
    }

    private static @Nullable Integer eos(TextModel text) {
        String token = ChatTemplate.controlTokens(text.directory()).get("eos_token");
        OptionalInt id = token == null ? OptionalInt.empty() : text.tokenizer().idOf(token);
        return id.isPresent() ? (Integer) id.getAsInt() : null;
    }

    /** A tree, and whether something was cut. */
    record Fitted(PromptTree tree, boolean cut) {}

    /**
     * @param prompt with the system turn that it shall have
     * @param select null for pairs that are not selected
     */
    Fitted encode(PairRows.Pair pair, Conversation prompt, String id, @Nullable SelectRecipe select)
            throws ChatRows.Unusable {
        if (select != null) {
            within("margin", pair.margin(), select.minMargin(), select.maxMargin());
            within("chosen score", pair.chosenScore(), select.minChosenScore(), select.maxChosenScore());
            within("rejected score", pair.rejectedScore(), select.minRejectedScore(), select.maxRejectedScore());
        }
        Fitted fitted = faithful != null ? original(faithful, pair, prompt, id) : own(pair, prompt, id);
        if (select != null) {
            for (int answer = 1; answer <= 2; answer++) {
                double tokens = supervised(fitted.tree(), answer).length;
                within("answer length", tokens, select.minAnswerTokens(), select.maxAnswerTokens());
            }
        }
        return fitted;
    }

    private static void within(String what, @Nullable Double value, @Nullable Number least, @Nullable Number most)
            throws ChatRows.Unusable {
        if (least == null && most == null) {
            return;
        }
        if (value == null) {
            throw new ChatRows.Unusable("no " + what + " to select by");
        }
        if (least != null && value < least.doubleValue()) {
            throw new ChatRows.Unusable(Ledger.NOT_SELECTED + what + " below " + least);
        }
        if (most != null && value > most.doubleValue()) {
            throw new ChatRows.Unusable(Ledger.NOT_SELECTED + what + " above " + most);
        }
    }

    private static int[] supervised(PromptTree tree, int node) {
        PromptTree.Node branch = tree.nodes().get(node);
        int from = 0;
        while (from < branch.ids().length && !branch.supervised()[from]) {
            from++;
        }
        return Arrays.copyOfRange(branch.ids(), from, branch.ids().length);
    }

    private Fitted original(FaithfulPairs rules, PairRows.Pair pair, Conversation prompt, String id)
            throws ChatRows.Unusable {
        String before = rendered(prompt);
        String chosen = rendered(Conversation.of(new Message("assistant", pair.chosen())));
        String rejected = rendered(Conversation.of(new Message("assistant", pair.rejected())));
        PromptTree tree = rules.tree(id, text.tokenizer(), before, chosen, rejected);
        FaithfulPairs unlimited =
                new FaithfulPairs(Integer.MAX_VALUE, Integer.MAX_VALUE, true, rules.bos(), rules.eos());
        boolean cut = tree.length()
                < unlimited.tree(id, text.tokenizer(), before, chosen, rejected).length();
        if (Arrays.equals(supervised(tree, 1), supervised(tree, 2))) {
            throw new ChatRows.Unusable(cut ? "identical after cutting" : "identical answers");
        }
        return new Fitted(tree, cut);
    }

    private String rendered(Conversation conversation) {
        return text.template().render(conversation.toContext(false)).text();
    }

    private Fitted own(PairRows.Pair pair, Conversation prompt, String id) throws ChatRows.Unusable {
        PromptTree tree = tree(pair, prompt, id);
        if (tree.longestPath() <= longest) {
            return new Fitted(tree, false);
        }
        return switch (data.overlong()) {
            case "set_aside" -> throw new ChatRows.Unusable("too long");
            case "cut_prompt" -> new Fitted(shorterPrompt(pair, prompt, id), true);
            case "cut_answer" -> new Fitted(shorterAnswers(tree), true);
            default ->
                throw new BadInput(id + ": expected at most " + longest + " tokens, found " + tree.longestPath()
                        + "; data.overlong says what to do with such rows");
        };
    }

    private PromptTree tree(PairRows.Pair pair, Conversation prompt, String id) throws ChatRows.Unusable {
        TextModel.Pair chosen = SampledAnswer.chosen(pair, text.split(prompt, pair.chosen()), text);
        TextModel.Pair rejected = SampledAnswer.rejected(pair, text.split(prompt, pair.rejected()), text);
        if (!Arrays.equals(chosen.prompt(), rejected.prompt())) {
            throw new ChatRows.Unusable("different prompts");
        }
        if (Arrays.equals(chosen.answer(), rejected.answer())) {
            throw new ChatRows.Unusable("identical answers");
        }
        return PromptTree.answers(id, chosen.prompt(), List.of(chosen.answer(), rejected.answer()));
    }

    /** Each answer to what the prompt leaves; a cut one has lost its stop token and gets no other. */
    private PromptTree shorterAnswers(PromptTree tree) throws ChatRows.Unusable {
        int[] prompt = tree.nodes().get(0).ids();
        int room = longest - prompt.length;
        if (room < 1) {
            throw new ChatRows.Unusable("too long");
        }
        List<int[]> answers = new ArrayList<>();
        for (int n = 1; n <= 2; n++) {
            int[] ids = tree.nodes().get(n).ids();
            answers.add(Arrays.copyOf(ids, Math.min(ids.length, room)));
        }
        if (Arrays.equals(answers.get(0), answers.get(1))) {
            throw new ChatRows.Unusable("identical after cutting");
        }
        return PromptTree.answers(tree.id(), prompt, answers);
    }

    /**
     * BOS, system turn and the whole answers stay: exchanges go from the middle of the prompt, then from its start, then the middle of its
     * last turn goes.
     */
    private PromptTree shorterPrompt(PairRows.Pair pair, Conversation prompt, String id) throws ChatRows.Unusable {
        Conversation shorter = prompt;
        for (Conversation next = withoutAnExchange(prompt); next != null; next = withoutAnExchange(next)) {
            shorter = next;
            PromptTree tree = tree(pair, shorter, id);
            if (tree.longestPath() <= longest) {
                return tree;
            }
        }
        String question = shorter.messages().get(shorter.messages().size() - 1).content();
        PromptTree best = null;
        int least = 1;
        int most = question.length() - 1;
        while (least <= most) {
            int kept = (least + most) >>> 1;
            PromptTree tree = tree(pair, withLast(shorter, withoutMiddle(question, kept)), id);
            if (tree.longestPath() <= longest) {
                best = tree;
                least = kept + 1;
            } else {
                most = kept - 1;
            }
        }
        if (best == null) {
            throw new ChatRows.Unusable("too long");
        }
        return best;
    }

    /** Without one question and what answers it: the second while there are more than two, then the first; null when one is left. */
    private static @Nullable Conversation withoutAnExchange(Conversation prompt) {
        List<Message> messages = prompt.messages();
        List<Integer> questions = new ArrayList<>();
        for (int m = 0; m < messages.size(); m++) {
            if (messages.get(m).role().equals("user")) {
                questions.add(m);
            }
        }
        if (questions.size() < 2) {
            return null;
        }
        int first = questions.size() > 2 ? 1 : 0;
        List<Message> kept = new ArrayList<>(messages.subList(0, questions.get(first)));
        kept.addAll(messages.subList(questions.get(first + 1), messages.size()));
        return new Conversation(kept, prompt.extra());
    }

    private static Conversation withLast(Conversation prompt, String content) {
        List<Message> messages = new ArrayList<>(prompt.messages());
        messages.set(
                messages.size() - 1,
                new Message(messages.get(messages.size() - 1).role(), content));
        return new Conversation(messages, prompt.extra());
    }

    /** The first and last halves of what is kept; no character is parted. */
    private static String withoutMiddle(String text, int kept) {
        int from = (kept + 1) / 2;
        int to = text.length() - kept / 2;
        from -= Character.isHighSurrogate(text.charAt(from - 1)) ? 1 : 0;
        to += to < text.length() && Character.isLowSurrogate(text.charAt(to)) ? 1 : 0;
        return text.substring(0, from) + text.substring(to);
    }
}
