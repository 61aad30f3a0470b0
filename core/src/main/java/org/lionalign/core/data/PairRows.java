package org.lionalign.core.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.data.ChatRows.Unusable;

/**
 * Preference rows as people have them, by looking at their columns: {@code prompt/chosen/rejected} as text or messages, whole
 * conversations {@code chosen/rejected}, HH dialogues, the eight sources of LION.md 2.10, and scored or ranked candidate lists. The common
 * prompt is verified, never assumed; a tie never becomes a preference.
 */
public final class PairRows {
    /** Layouts of pairs. */
    public enum Layout {
        /** {@code chosen} and {@code rejected} as lists of messages that hold the prompt too. */
        CONVERSATIONS,
        /** {@code chosen} and {@code rejected} as texts with "Human:" and "Assistant:" turns. */
        DIALOGUES,
        /** {@code prompt} (or {@code instruction}, {@code question}, {@code input}) beside the answers. */
        PROMPTED,
        /** PKU-SafeRLHF: {@code response_0}, {@code response_1}, {@code better_response_id}. */
        NUMBERED,
        /** OpenAI's summaries: {@code info.post}, {@code summaries}, {@code choice}. */
        SUMMARIES,
        /** A list of answers with {@code rank}: Nectar. */
        RANKED,
        /** A list of answers with scores: UltraFeedback's completions. */
        SCORED
    }

    /**
     * A prompt with a better and a worse answer.
     *
     * @param chosenScore how good the better one was found, null when the row does not say
     * @param sampled the tokens that a policy drew, null when the row has none
     */
    public record Pair(
            Conversation prompt,
            String chosen,
            String rejected,
            @Nullable Double chosenScore,
            @Nullable Double rejectedScore,
            @Nullable SampledIds sampled) {
        public Pair(
                Conversation prompt,
                String chosen,
                String rejected,
                @Nullable Double chosenScore,
                @Nullable Double rejectedScore) {
            this(prompt, chosen, rejected, chosenScore, rejectedScore, null);
        }

        /** The difference of the scores, null when the row does not say. */
        public @Nullable Double margin() {
            return chosenScore == null || rejectedScore == null ? null : chosenScore - rejectedScore;
        }
    }

    /**
     * Tokens as they were sampled ({@code prompt_ids}, {@code chosen_ids}, {@code rejected_ids}): text that is decoded and encoded again may
     * be other tokens (PITFALLS 18).
     *
     * @param prompt of the tokenizer and template that sampled
     * @param chosen with the stop token, null when this answer was not sampled
     * @param rejected likewise
     */
    public record SampledIds(int[] prompt, int @Nullable [] chosen, int @Nullable [] rejected) {}

    private static final List<String> PROMPTS = List.of("prompt", "instruction", "question", "input");
    private static final List<String> LISTS = List.of("answers", "completions", "candidates", "responses");
    private static final List<String> SCORES = List.of("score", "overall_score", "rating");

    private PairRows() {}

    /** The layout that a row's columns say, or null. */
    public static @Nullable Layout layout(JsonNode row) {
        if (row.has("chosen") && row.has("rejected")) {
            boolean lists = row.get("chosen").isArray() && row.get("rejected").isArray();
            if (lists && !row.path("prompt").isArray()) {
                return Layout.CONVERSATIONS;
            }
            if (PROMPTS.stream().anyMatch(row::has)) {
                return Layout.PROMPTED;
            }
            return row.get("chosen").asText().contains("\n\nAssistant:") ? Layout.DIALOGUES : null;
        }
        if (row.has("response_0") && row.has("response_1")) {
            return Layout.NUMBERED;
        }
        if (row.has("summaries") && row.has("choice")) {
            return Layout.SUMMARIES;
        }
        for (String key : LISTS) {
            if (row.path(key).isArray() && !row.get(key).isEmpty()) {
                JsonNode first = row.get(key).get(0);
                return first.has("rank")
                        ? Layout.RANKED
                        : score(first) != null || scores(row) != null ? Layout.SCORED : null;
            }
        }
        return null;
    }

    /**
     * A pair.
     *
     * @param id of the row: decides what is drawn among equals
     */
    public static Pair pair(JsonNode row, String id) throws Unusable {
        Layout layout = layout(row);
        if (layout == null) {
            throw new Unusable("unknown columns");
        }
        Pair pair =
                switch (layout) {
                    case CONVERSATIONS -> conversations(row);
                    case DIALOGUES -> dialogues(row);
                    case PROMPTED ->
                        scored(row, prompt(row), ChatRows.last(row.get("chosen")), ChatRows.last(row.get("rejected")));
                    case NUMBERED -> numbered(row);
                    case SUMMARIES -> summaries(row);
                    case RANKED -> ranked(row, id);
                    case SCORED -> bestAndWorst(row);
                };
        if (pair.chosen().isBlank() || pair.rejected().isBlank()) {
            throw new Unusable("empty answer");
        }
        if (pair.chosen().strip().equals(pair.rejected().strip())) {
            throw new Unusable("identical answers");
        }
        Double margin = pair.margin();
        if (margin != null && margin == 0 || row.path("status").asText().equals("tie")) {
            throw new Unusable("tie by score");
        }
        int[] promptIds = ids(row, "prompt_ids");
        return promptIds == null
                ? pair
                : new Pair(
                        pair.prompt(),
                        pair.chosen(),
                        pair.rejected(),
                        pair.chosenScore(),
                        pair.rejectedScore(),
                        new SampledIds(promptIds, ids(row, "chosen_ids"), ids(row, "rejected_ids")));
    }

    private static int @Nullable [] ids(JsonNode row, String key) throws Unusable {
        if (!row.hasNonNull(key)) {
            return null;
        }
        JsonNode list = row.get(key);
        int[] ids = new int[list.size()];
        for (int i = 0; i < ids.length; i++) {
            if (!list.get(i).isIntegralNumber()
                    || !list.get(i).canConvertToInt()
                    || list.get(i).intValue() < 0) {
                throw new Unusable(key + " holds something else than token ids");
            }
            ids[i] = list.get(i).intValue();
        }
        if (ids.length == 0) {
            throw new Unusable(key + " is not a list of token ids");
        }
        return ids;
    }

    /** The prompt alone, of a row whose answers may tie, be equal or be missing: what new answers are sampled to. */
    public static Conversation promptOf(JsonNode row) throws Unusable {
        Layout layout = layout(row);
        if (layout == null) {
            throw new Unusable("unknown columns");
        }
        return switch (layout) {
            case CONVERSATIONS -> {
                List<Message> better = ChatRows.messages(row.get("chosen"), "role", "content");
                List<Message> worse = ChatRows.messages(row.get("rejected"), "role", "content");
                yield better.size() == 1
                                && worse.size() == 1
                                && PROMPTS.stream().anyMatch(row::has)
                        ? prompt(row)
                        : shared(better, worse);
            }
            case DIALOGUES -> shared(dialogue(ChatRows.text(row, "chosen")), dialogue(ChatRows.text(row, "rejected")));
            case SUMMARIES -> post(row);
            case PROMPTED, NUMBERED, RANKED, SCORED -> prompt(row);
        };
    }

    private static Pair conversations(JsonNode row) throws Unusable {
        List<Message> better = ChatRows.messages(row.get("chosen"), "role", "content");
        List<Message> worse = ChatRows.messages(row.get("rejected"), "role", "content");
        if (better.size() == 1 && worse.size() == 1 && PROMPTS.stream().anyMatch(row::has)) {
            return scored(
                    row, prompt(row), better.get(0).content(), worse.get(0).content());
        }
        return scored(row, shared(better, worse), lastOf(better), lastOf(worse));
    }

    private static Pair dialogues(JsonNode row) throws Unusable {
        List<Message> better = dialogue(ChatRows.text(row, "chosen"));
        List<Message> worse = dialogue(ChatRows.text(row, "rejected"));
        return scored(row, shared(better, worse), lastOf(better), lastOf(worse));
    }

    /** The turns before the last, which must be the same in both. */
    private static Conversation shared(List<Message> better, List<Message> worse) throws Unusable {
        if (better.size() < 2
                || better.size() != worse.size()
                || !better.subList(0, better.size() - 1).equals(worse.subList(0, worse.size() - 1))) {
            throw new Unusable("different prompts");
        }
        return new Conversation(better.subList(0, better.size() - 1));
    }

    private static String lastOf(List<Message> turns) throws Unusable {
        Message last = turns.get(turns.size() - 1);
        if (!last.isAssistant()) {
            throw new Unusable("last turn is not the assistant's");
        }
        return last.content();
    }

    /** "\n\nHuman: … \n\nAssistant: …" as turns. */
    static List<Message> dialogue(String text) throws Unusable {
        List<Message> turns = new ArrayList<>();
        for (String part : text.split("(?=\\n\\n(Human|Assistant):)")) {
            if (part.isBlank()) {
                continue;
            }
            String body = part.strip();
            boolean human = body.startsWith("Human:");
            if (!human && !body.startsWith("Assistant:")) {
                throw new Unusable("text before the first turn");
            }
            String content = body.substring(body.indexOf(':') + 1).strip();
            turns.add(new Message(human ? "user" : "assistant", content));
        }
        for (int t = 0; t < turns.size(); t++) {
            if (turns.get(t).isAssistant() == (t % 2 == 0)) {
                throw new Unusable("turns do not alternate");
            }
        }
        if (turns.isEmpty()) {
            throw new Unusable("no turns");
        }
        return turns;
    }

    private static Conversation prompt(JsonNode row) throws Unusable {
        if (row.path("prompt").isArray()) {
            return new Conversation(ChatRows.messages(row.get("prompt"), "role", "content"));
        }
        String key = PROMPTS.stream().filter(row::has).findFirst().orElse("prompt");
        String input = key.equals("instruction") ? row.path("input").asText("") : "";
        String text = ChatRows.text(row, key) + (input.isBlank() ? "" : "\n\n" + input); // as Alpaca's rows are read
        List<Message> turns = new ArrayList<>();
        if (text.startsWith("\n\nHuman:") || text.startsWith("Human:")) {
            String whole = text.startsWith("H") ? "\n\n" + text : text;
            turns.addAll(dialogue(whole.replaceFirst("\\s*\\n\\nAssistant:\\s*$", "")));
        } else {
            turns.add(new Message("user", text));
        }
        String system = row.path("system").asText("");
        if (!system.isBlank()) {
            turns.add(0, new Message("system", system));
        }
        return new Conversation(turns);
    }

    private static Pair scored(JsonNode row, Conversation prompt, String chosen, String rejected) {
        return new Pair(
                prompt,
                chosen,
                rejected,
                number(row, "score_chosen", "chosen_score", "chosen_rating", "rating_chosen"),
                number(row, "score_rejected", "rejected_score", "rejected_rating", "rating_rejected"));
    }

    private static @Nullable Double number(JsonNode row, String... keys) {
        for (String key : keys) {
            if (row.path(key).isNumber()) {
                return row.get(key).asDouble();
            }
        }
        return null;
    }

    private static Pair numbered(JsonNode row) throws Unusable {
        int better = row.path("better_response_id").asInt(-1);
        if (better != 0 && better != 1) {
            throw new Unusable("better_response_id is neither 0 nor 1");
        }
        return new Pair(
                prompt(row),
                ChatRows.text(row, "response_" + better),
                ChatRows.text(row, "response_" + (1 - better)),
                null,
                null);
    }

    private static Pair summaries(JsonNode row) throws Unusable {
        int better = row.path("choice").asInt(-1);
        if ((better != 0 && better != 1) || row.get("summaries").size() != 2) {
            throw new Unusable("choice is neither 0 nor 1");
        }
        return new Pair(
                post(row),
                ChatRows.text(row.get("summaries").get(better), "text"),
                ChatRows.text(row.get("summaries").get(1 - better), "text"),
                null,
                null);
    }

    private static Conversation post(JsonNode row) throws Unusable {
        JsonNode post = row.path("info");
        return Conversation.of(new Message(
                "user",
                "Summarize the following post.\n\n" + ChatRows.text(post, post.has("post") ? "post" : "article")));
    }

    private static JsonNode list(JsonNode row) {
        return row.get(LISTS.stream()
                .filter(key -> row.path(key).isArray())
                .findFirst()
                .orElse(""));
    }

    private static String answer(JsonNode candidate) throws Unusable {
        if (candidate.isTextual()) {
            return candidate.textValue();
        }
        for (String key : List.of("answer", "response", "text", "content", "completion")) {
            if (candidate.path(key).isTextual()) {
                return candidate.get(key).textValue();
            }
        }
        throw new Unusable("an answer is not text");
    }

    private static @Nullable Double score(JsonNode candidate) {
        for (String key : SCORES) {
            if (candidate.path(key).isNumber()) {
                return candidate.get(key).asDouble();
            }
        }
        return null;
    }

    private static @Nullable JsonNode scores(JsonNode row) {
        return row.path("scores").isArray() ? row.get("scores") : null;
    }

    /** Nectar, as LION does it: the first in rank against one drawn of the last three (LION.md D14). */
    private static Pair ranked(JsonNode row, String id) throws Unusable {
        List<JsonNode> ordered = new ArrayList<>();
        list(row).forEach(ordered::add);
        ordered.sort(
                Comparator.comparingDouble(candidate -> candidate.path("rank").asDouble()));
        if (ordered.size() < 2) {
            throw new Unusable("fewer than two answers");
        }
        List<JsonNode> last = ordered.subList(Math.max(1, ordered.size() - 3), ordered.size());
        byte[] hash = Digests.sha256(id.getBytes(StandardCharsets.UTF_8));
        JsonNode drawn = last.get(Math.floorMod(java.nio.ByteBuffer.wrap(hash).getInt(), last.size()));
        if (drawn.path("rank").asDouble() == ordered.get(0).path("rank").asDouble()) {
            throw new Unusable("tie by score");
        }
        return new Pair(prompt(row), answer(ordered.get(0)), answer(drawn), null, null);
    }

    private static Pair bestAndWorst(JsonNode row) throws Unusable {
        JsonNode list = list(row);
        JsonNode apart = scores(row);
        int best = -1;
        int worst = -1;
        double[] values = new double[list.size()];
        for (int i = 0; i < list.size(); i++) {
            Double value = apart == null
                    ? score(list.get(i))
                    : apart.path(i).isNumber() ? (Double) apart.get(i).asDouble() : null;
            if (value == null) {
                throw new Unusable("an answer without a score");
            }
            values[i] = value;
            best = best < 0 || value > values[best] ? i : best;
            worst = worst < 0 || value < values[worst] ? i : worst;
        }
        if (best == worst) {
            throw new Unusable(list.size() < 2 ? "fewer than two answers" : "tie by score");
        }
        return new Pair(prompt(row), answer(list.get(best)), answer(list.get(worst)), values[best], values[worst]);
    }
}
