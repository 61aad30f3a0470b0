package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.TextModel;
import org.lionalign.align.train.SftTask;
import org.lionalign.align.train.TrainingTask;
import org.lionalign.align.train.WindowTask;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.EncodedChat;
import org.lionalign.core.chat.Message;
import org.lionalign.core.chat.RenderedChat;
import org.lionalign.core.data.ChatRows;
import org.lionalign.core.data.Ledger;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.pack.WrapPacking;
import org.lionalign.core.recipe.StageRecipe;

/** Rows to trees: rendered, tokenised, checked, each one kept or set aside with a reason. */
final class StageData {
    private final TextModel text;
    private final StageRecipe.Data data;
    private final int longest;
    private final Ledger ledger = new Ledger();

    /** @param context the model's longest sequence */
    StageData(TextModel text, StageRecipe.Data data, int context) {
        this.text = text;
        this.data = data;
        Integer set = data.maxLengthTokens();
        if (set != null && set > context) {
            throw new BadInput(
                    "data.max_length_tokens: expected at most " + context + ", the model's context, found " + set);
        }
        this.longest = set == null ? context : set;
    }

    Ledger ledger() {
        return ledger;
    }

    private interface Encoding {
        PromptTree encode(JsonNode row, String id) throws ChatRows.Unusable;
    }

    List<PromptTree> conversations(List<String> files) {
        return read(files, this::document);
    }

    List<PromptTree> pairs(List<String> files) {
        if (data.overlong().startsWith("cut")) {
            throw new BadInput(
                    "data.overlong: expected error or set_aside for pairs (a cut answer would be compared), found "
                            + data.overlong());
        }
        if (!data.packing().equals("best_fit") || !data.isolation()) {
            throw new BadInput(
                    "data.packing, data.isolation: expected nothing for pairs (they are always trees packed whole), found "
                            + data.packing() + ", " + data.isolation());
        }
        if (!data.lossOn().equals("assistant")) {
            throw new BadInput("data.loss_on: expected assistant or nothing for pairs, found " + data.lossOn());
        }
        return read(files, this::pair);
    }

    private List<PromptTree> read(List<String> files, Encoding encoding) {
        List<PromptTree> trees = new ArrayList<>();
        for (String file : files) {
            try (JsonLines lines = JsonLines.open(Path.of(file))) {
                for (JsonLines.Attempt row = lines.next(); row != null; row = lines.next()) {
                    ledger.read(file);
                    JsonNode value = row.value();
                    if (value == null || !value.isObject()) {
                        ledger.setAside(file, value == null ? "not JSON" : "not an object");
                        continue;
                    }
                    try {
                        trees.add(encoding.encode(value, file + ":" + row.line()));
                        ledger.keep(file);
                    } catch (ChatRows.Unusable e) {
                        ledger.setAside(file, String.valueOf(e.getMessage()));
                    }
                }
            }
        }
        ledger.check();
        if (trees.isEmpty()) {
            throw new BadInput(files + ": expected rows to train on, found none that can be used: " + ledger.toJson());
        }
        return trees;
    }

    private PromptTree document(JsonNode row, String id) throws ChatRows.Unusable {
        Conversation conversation = ChatRows.conversation(row);
        EncodedChat encoded = encode(conversation, id);
        boolean cut = false;
        if (data.overlong().equals("cut_middle_turns") && !data.packing().equals("wrap")) {
            Conversation shorter = withoutMiddle(conversation);
            while (encoded.ids().length > longest && shorter != null) {
                encoded = encode(shorter, id);
                shorter = withoutMiddle(shorter);
                cut = true;
            }
        }
        int[] ids = encoded.ids();
        boolean[] supervised = encoded.supervised();
        if (data.lossOn().equals("all")) {
            supervised = new boolean[ids.length];
            Arrays.fill(supervised, true);
        }
        if (ids.length > longest && !data.packing().equals("wrap")) {
            fits(ids.length, id);
            ids = Arrays.copyOf(ids, longest); // cut_end: what is left carries no stop token
            supervised = Arrays.copyOf(supervised, longest);
            cut = true;
        }
        PromptTree tree = PromptTree.document(id, ids, supervised);
        if (tree.supervisedTokens() == 0) {
            throw new ChatRows.Unusable("no supervised token");
        }
        if (cut) {
            ledger.cut(source(id));
        }
        return tree;
    }

    private EncodedChat encode(Conversation conversation, String id) {
        RenderedChat chat = text.template().render(conversation);
        int lastTurn =
                chat.turns().stream().mapToInt(RenderedChat.Turn::message).max().orElse(-1);
        EncodedChat encoded = EncodedChat.encode(
                chat,
                text.tokenizer(),
                turn -> conversation.messages().get(turn.message()).train()
                        && (!data.lossOn().equals("last_turn") || turn.message() == lastTurn));
        if (!data.lossOn().equals("all")) {
            encoded.checkStops(text.stops(), id);
        }
        return encoded;
    }

    private static String source(String id) {
        return id.substring(0, id.lastIndexOf(':'));
    }

    /** Without its second question and what answers it, so that system turn, first question and last answer stay; null when that is all. */
    private static @Nullable Conversation withoutMiddle(Conversation conversation) {
        List<Message> messages = conversation.messages();
        List<Integer> questions = new ArrayList<>();
        for (int m = 0; m < messages.size(); m++) {
            if (messages.get(m).role().equals("user")) {
                questions.add(m);
            }
        }
        if (questions.size() < 3) {
            return null;
        }
        List<Message> kept = new ArrayList<>(messages.subList(0, questions.get(1)));
        kept.addAll(messages.subList(questions.get(2), messages.size()));
        return new Conversation(kept, conversation.extra());
    }

    /**
     * Documents as the recipe's packing lays them out.
     *
     * @param context the model's longest sequence
     */
    TrainingTask packed(List<PromptTree> documents, int context, StageRecipe.Train train) {
        switch (data.packing()) {
            case "wrap" -> {
                int[] lengths = documents.stream().mapToInt(PromptTree::length).toArray();
                List<WrapPacking.Window> windows = WrapPacking.windows(lengths, longest, data.faithful());
                List<PromptTree> sources = documents;
                if (data.faithful()) {
                    sources = LionMasks.byMarkers(documents, windows, text);
                }
                return new WindowTask(sources, supervised(sources, windows), data.isolation());
            }
            case "none" -> {
                return new SftTask(documents, SftTask.Layout.PADDED);
            }
            default -> {
                if (!data.isolation() && train.microBatchTokens() > context) {
                    throw new BadInput("train.micro_batch_tokens: expected at most " + context
                            + ", the model's context, when documents see each other (data.isolation: false), found "
                            + train.microBatchTokens());
                }
                return new SftTask(documents, data.isolation() ? SftTask.Layout.ISOLATED : SftTask.Layout.JOINED);
            }
        }
    }

    /** Windows worth a step: the original leaves out those with less than a tenth of their labels, Lion those with none. */
    private List<WrapPacking.Window> supervised(List<PromptTree> documents, List<WrapPacking.Window> windows) {
        List<WrapPacking.Window> kept = new ArrayList<>();
        for (WrapPacking.Window window : windows) {
            long labels = 0;
            for (WrapPacking.Fragment fragment : window.fragments()) {
                boolean[] flags =
                        documents.get(fragment.document()).nodes().get(0).supervised();
                for (int i = fragment.from() + 1; i < fragment.to(); i++) {
                    labels += flags[i] ? 1 : 0;
                }
            }
            if (data.faithful() ? labels * 10 >= window.length() : labels > 0) {
                kept.add(window);
            } else {
                ledger.droppedWindow();
            }
        }
        return kept;
    }

    private PromptTree pair(JsonNode row, String id) throws ChatRows.Unusable {
        ChatRows.Pair pair = ChatRows.pair(row);
        TextModel.Pair chosen = text.split(pair.prompt(), pair.chosen());
        TextModel.Pair rejected = text.split(pair.prompt(), pair.rejected());
        if (!Arrays.equals(chosen.prompt(), rejected.prompt())) {
            throw new ChatRows.Unusable("different prompts");
        }
        if (Arrays.equals(chosen.answer(), rejected.answer())) {
            throw new ChatRows.Unusable("identical answers");
        }
        PromptTree tree = PromptTree.answers(id, chosen.prompt(), List.of(chosen.answer(), rejected.answer()));
        if (tree.longestPath() > longest) {
            fits(tree.longestPath(), id);
        }
        return tree;
    }

    /** What to do with a row that is too long; returns only when it may be cut. */
    private void fits(int tokens, String id) throws ChatRows.Unusable {
        switch (data.overlong()) {
            case "set_aside", "cut_middle_turns" -> throw new ChatRows.Unusable("too long");
            case "error" ->
                throw new BadInput(id + ": expected at most " + longest + " tokens, found " + tokens
                        + "; data.overlong says what to do with such rows");
            default -> {}
        }
    }
}
