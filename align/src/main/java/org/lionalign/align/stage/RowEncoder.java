package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.TextModel;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.EncodedChat;
import org.lionalign.core.chat.Message;
import org.lionalign.core.chat.RenderedChat;
import org.lionalign.core.data.ChatRows;
import org.lionalign.core.data.Digests;
import org.lionalign.core.data.PairRows;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.recipe.SelectRecipe;
import org.lionalign.core.recipe.StageRecipe;

/** A row to a tree: rendered, tokenised, checked. A pure function of the row, its id and the recipe, so that rows go through it in parallel. */
final class RowEncoder {
    private final TextModel text;
    private final StageRecipe.Data data;
    private final long seed;
    private final int longest;
    private final PairEncoder pairs;

    /**
     * A row's tree and what is needed to compare it with others.
     *
     * @param key SHA-256 of the conversation
     * @param words its whole text
     * @param cut whether it lost something to fit
     * @param layout what its columns were taken for
     * @param margin of a pair, chosen score − rejected score; NaN where the row does not say
     */
    record Encoded(PromptTree tree, byte[] key, String words, boolean cut, String layout, double margin) {
        Encoded(PromptTree tree, byte[] key, String words, boolean cut, String layout) {
            this(tree, key, words, cut, layout, Double.NaN);
        }
    }

    RowEncoder(TextModel text, StageRecipe.Data data, long seed, int longest) {
        this.text = text;
        this.data = data;
        this.seed = seed;
        this.longest = longest;
        this.pairs = new PairEncoder(text, data, longest);
    }

    /** LION's empty system turn, drawn by the row's file and line, whatever folder they lie in. */
    private Conversation withSystem(Conversation conversation, String id) {
        double probability = data.emptySystemProbability();
        if (probability == 0 || conversation.messages().get(0).role().equals("system")) {
            return conversation;
        }
        String place = id.substring(id.lastIndexOf('/') + 1);
        double drawn = new SplittableRandom(StepPlanner.derivedSeed("system/" + place, seed)).nextDouble();
        if (drawn >= probability) {
            return conversation;
        }
        List<Message> messages = new ArrayList<>(conversation.messages());
        messages.add(0, new Message("system", ""));
        return new Conversation(messages, conversation.extra());
    }

    private static byte[] contentKey(List<Message> messages, String further) {
        MessageDigest digest = Digests.sha256();
        for (Message message : messages) {
            digest.update((message.role() + "\0" + message.content().strip() + "\0").getBytes(StandardCharsets.UTF_8));
        }
        return digest.digest(further.strip().getBytes(StandardCharsets.UTF_8));
    }

    private static String words(List<Message> messages) {
        return messages.stream().map(Message::content).collect(Collectors.joining("\n"));
    }

    Encoded document(JsonNode row, String id, @Nullable String layoutName) throws ChatRows.Unusable {
        ChatRows.Layout layout = layoutName == null ? ChatRows.layout(row) : ChatRows.Layout.named(layoutName);
        if (layout == null) {
            throw new ChatRows.Unusable("unknown columns");
        }
        Conversation conversation = withSystem(ChatRows.conversation(row, layout), id);
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
        return new Encoded(
                tree, contentKey(conversation.messages(), ""), words(conversation.messages()), cut, lower(layout));
    }

    /** A document of plain text: all of its tokens supervised, the end token after it. */
    Encoded text(JsonNode row, String id) throws ChatRows.Unusable {
        StageRecipe.Text settings = Objects.requireNonNull(data.text());
        JsonNode value = row.path(settings.column());
        if (!value.isTextual()) {
            throw new ChatRows.Unusable("no text in column " + settings.column());
        }
        if (value.asText().isBlank()) {
            throw new ChatRows.Unusable("blank text");
        }
        int[] ids = text.documentIds(value.asText(), settings.end());
        boolean cut = ids.length > longest && !data.packing().equals("wrap");
        if (cut) {
            fits(ids.length, id);
            ids = Arrays.copyOf(ids, longest);
        }
        boolean[] supervised = new boolean[ids.length];
        Arrays.fill(supervised, true);
        byte[] key = Digests.sha256(value.asText().strip().getBytes(StandardCharsets.UTF_8));
        return new Encoded(PromptTree.document(id, ids, supervised), key, value.asText(), cut, "text");
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
        checkBos(encoded, id);
        return encoded;
    }

    /** One beginning-of-text token, written by the template, where the family has one (PITFALLS 5). */
    private void checkBos(EncodedChat encoded, String id) {
        Integer bos = text.bos();
        if (bos != null) {
            encoded.checkBos(bos, true, id);
        }
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

    /** @param select what a training pair must be like; null for one that is held out */
    Encoded pair(JsonNode row, String id, @Nullable SelectRecipe select) throws ChatRows.Unusable {
        PairRows.Pair pair = PairRows.pair(row, id);
        Conversation prompt = withSystem(pair.prompt(), id);
        PairEncoder.Fitted fitted = pairs.encode(pair, prompt, id, select);
        if (!data.faithful()) { // the original cuts BOS away
            int[] ids = fitted.tree().nodes().get(0).ids();
            checkBos(new EncodedChat(ids, new boolean[ids.length], ids.length), id);
        }
        List<Message> all = new ArrayList<>(prompt.messages());
        all.add(new Message("assistant", pair.chosen()));
        Double margin = pair.margin();
        return new Encoded(
                fitted.tree(),
                contentKey(all, pair.rejected()),
                words(all),
                fitted.cut(),
                lower(PairRows.layout(row)),
                margin == null ? Double.NaN : margin);
    }

    private static String lower(@Nullable Enum<?> layout) {
        return String.valueOf(layout).toLowerCase(Locale.ROOT);
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
