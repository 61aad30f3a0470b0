package org.lionalign.align.judge;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.RecipeReader;

/**
 * What a language model is asked when it judges, and how its verdict is read: a YAML file. Shipped: {@code recipes/judges/pairwise.yaml} and
 * {@code score.yaml}.
 *
 * <p>Placeholders: {@code {conversation}} (lines {@code role: content}), {@code {question}} (the last user turn), and {@code {answer_a}},
 * {@code {answer_b}} or, for scores, {@code {answer}}. They are filled in at once: what an answer says is never taken for a placeholder.
 *
 * @param mode {@code pairwise} or {@code score}
 * @param system the system turn, or none
 * @param user the user turn
 * @param verdict regular expression with one group; its last match in the reply counts
 * @param first pairwise: the group's text when the first answer is better
 * @param second pairwise: when the second is
 * @param tie pairwise: when neither is; none for judges that must choose
 * @param lowest score: smallest rating
 * @param highest score: largest rating
 * @param maxTokens of the reply, 1024
 */
public record JudgePrompt(
        String mode,
        @Nullable String system,
        String user,
        String verdict,
        @Nullable String first,
        @Nullable String second,
        @Nullable String tie,
        @Nullable Double lowest,
        @Nullable Double highest,
        Integer maxTokens) {
    private static final Pattern PLACEHOLDER = Pattern.compile("\\{([a-z_]+)\\}");

    public JudgePrompt {
        require("pairwise".equals(mode) || "score".equals(mode), "mode", "pairwise or score", mode);
        boolean pairwise = "pairwise".equals(mode);
        require(user != null, "user", "a text", null);
        Set<String> known = pairwise
                ? Set.of("conversation", "question", "answer_a", "answer_b")
                : Set.of("conversation", "question", "answer");
        Set<String> found = new TreeSet<>();
        Matcher matcher = PLACEHOLDER.matcher((system == null ? "" : system) + user);
        while (matcher.find()) {
            require(
                    known.contains(matcher.group(1)),
                    "user",
                    "placeholders of " + new TreeSet<>(known),
                    matcher.group());
            found.add(matcher.group(1));
        }
        require(
                found.contains("conversation") || found.contains("question"),
                "user",
                "{conversation} or {question}",
                found);
        for (String needed : pairwise ? List.of("answer_a", "answer_b") : List.of("answer")) {
            require(found.contains(needed), "user", "{" + needed + "}", found);
        }
        require(verdict != null, "verdict", "a regular expression", null);
        try {
            int groups = Pattern.compile(verdict).matcher("").groupCount();
            require(groups == 1, "verdict", "one group", groups);
        } catch (PatternSyntaxException e) {
            throw new BadInput("verdict: expected a regular expression, found " + verdict, e);
        }
        require(pairwise == (first != null), "first", pairwise ? "a text" : "nothing", first);
        require(pairwise == (second != null), "second", pairwise ? "a text" : "nothing", second);
        require(pairwise || tie == null, "tie", "nothing", tie);
        require(pairwise == (lowest == null), "lowest", pairwise ? "nothing" : "a number", lowest);
        require(pairwise == (highest == null), "highest", pairwise ? "nothing" : "a number", highest);
        require(lowest == null || highest == null || lowest < highest, "highest", "above lowest", highest);
        maxTokens = maxTokens == null ? 1024 : maxTokens;
        require(maxTokens > 0, "max_tokens", "above 0", maxTokens);
    }

    private static void require(boolean holds, String key, String expected, @Nullable Object found) {
        if (!holds) {
            throw new BadInput(key + ": expected " + expected + ", found " + (found == null ? "nothing" : found));
        }
    }

    /** Reads a prompt file, strictly. */
    public static JudgePrompt read(Path file) {
        return RecipeReader.read(file, List.of(), JudgePrompt.class);
    }

    /** The shipped prompt of a mode: the bytes of {@code recipes/judges/<mode>.yaml}. */
    public static JudgePrompt shipped(String mode) {
        try (InputStream in = JudgePrompt.class.getResourceAsStream(mode + ".yaml")) {
            if (in == null) {
                throw new IllegalStateException("the build left out recipes/judges/" + mode + ".yaml");
            }
            Path copy = Files.createTempFile("lion-judge-" + mode, ".yaml");
            try {
                Files.writeString(copy, new String(in.readAllBytes(), StandardCharsets.UTF_8));
                return read(copy);
            } finally {
                Files.delete(copy);
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    public boolean pairwise() {
        return mode.equals("pairwise");
    }

    /** The conversation that asks about two answers, the first shown first. */
    List<Message> ask(Conversation prompt, String firstAnswer, String secondAnswer) {
        return filled(prompt, Map.of("answer_a", firstAnswer, "answer_b", secondAnswer));
    }

    /** The conversation that asks about one answer. */
    List<Message> ask(Conversation prompt, String answer) {
        return filled(prompt, Map.of("answer", answer));
    }

    private List<Message> filled(Conversation prompt, Map<String, String> answers) {
        String question = "";
        for (Message message : prompt.messages()) {
            question = message.role().equals("user") ? message.content() : question;
        }
        String conversation = prompt.messages().stream()
                .map(message -> message.role() + ": " + message.content())
                .collect(Collectors.joining("\n"));
        Map<String, String> values = new java.util.HashMap<>(answers);
        values.put("question", question);
        values.put("conversation", conversation);
        List<Message> messages = new ArrayList<>();
        if (system != null) {
            messages.add(new Message("system", fill(system, values)));
        }
        messages.add(new Message("user", fill(user, values)));
        return messages;
    }

    private static String fill(String template, Map<String, String> values) {
        return PLACEHOLDER
                .matcher(template)
                .replaceAll(match -> Matcher.quoteReplacement(values.getOrDefault(match.group(1), match.group())));
    }

    /** 1 when the first answer is better, −1 when the second is, 0 for a tie, the rating for scores; NaN where nothing can be read. */
    double verdictOf(String reply) {
        Matcher matcher = Pattern.compile(verdict).matcher(reply);
        String said = null;
        while (matcher.find()) {
            said = matcher.group(1);
        }
        if (said == null) {
            return Double.NaN;
        }
        String text = said.strip();
        if (pairwise()) {
            return text.equals(first) ? 1 : text.equals(second) ? -1 : text.equals(tie) ? 0 : Double.NaN;
        }
        try {
            double rating = Double.parseDouble(text);
            boolean inside = lowest != null && highest != null && rating >= lowest && rating <= highest;
            return inside ? rating : Double.NaN;
        } catch (NumberFormatException e) {
            return Double.NaN;
        }
    }
}
