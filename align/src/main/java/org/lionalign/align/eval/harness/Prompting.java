package org.lionalign.align.eval.harness;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.python.PyText;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.json.Json;

/**
 * How description, few-shot examples and question become the text before the choices ({@code fewshot_context} and {@code build_qa_turn} in
 * {@code lm_eval/api/task.py}).
 *
 * @param chat through the model's chat template; off on the leaderboards' likelihood tasks
 * @param system before everything, null for none
 * @param turns with the template: few-shot examples as turns of their own instead of one user message
 */
public record Prompting(boolean chat, @Nullable String system, boolean turns) {
    /** Plain text, as Open LLM leaderboard v1 and the LION evaluation ask. */
    public static final Prompting PLAIN = new Prompting(false, null, false);

    private static final String BETWEEN_SHOTS = "\n\n";

    /** What stands between the context and a choice. */
    String delimiter() {
        return chat ? "" : " ";
    }

    /** The context of each choice. */
    List<String> contexts(TextModel text, String description, List<Question.Shot> shots, Question question) {
        String first = system == null || system.isEmpty() ? description : joined(system, description);
        List<String> contexts = new ArrayList<>();
        String last = "";
        for (int i = 0; i < question.inputs().size(); i++) {
            String input = question.inputs().get(i);
            boolean same = i > 0 && input.equals(question.inputs().get(i - 1));
            last = same ? last : chat ? rendered(text, first, shots, input) : plain(first, shots, input);
            contexts.add(last);
        }
        return contexts;
    }

    private static String plain(String first, List<Question.Shot> shots, String input) {
        StringBuilder context = new StringBuilder(first);
        for (Question.Shot shot : shots) {
            context.append(shot.input()).append(delimiterOf(shot)).append(shot.answer());
            context.append(shot.answer().isEmpty() ? "" : BETWEEN_SHOTS);
        }
        return context.append(input).toString();
    }

    private String rendered(TextModel text, String first, List<Question.Shot> shots, String input) {
        List<Message> messages = new ArrayList<>();
        if (!first.isEmpty()) {
            messages.add(message("system", first));
        }
        if (turns) {
            for (Question.Shot shot : shots) {
                messages.add(message("user", shot.input()));
                if (!shot.answer().isEmpty()) {
                    messages.add(message("assistant", shot.answer()));
                }
            }
            messages.add(message("user", input));
        } else {
            messages.add(message("user", plain("", shots, input)));
        }
        return text.template().prompt(new Conversation(messages, Json.object())).text();
    }

    private static Message message(String role, String content) {
        return new Message(role, content, true, Json.object());
    }

    private static String delimiterOf(Question.Shot shot) {
        return shot.answer().isEmpty() ? "" : " ";
    }

    /** {@code maybe_delimit}: an empty line between, unless there is white space already. */
    private static String joined(String before, String after) {
        if (after.isEmpty()) {
            return before;
        }
        boolean space = PyText.isSpace(before.charAt(before.length() - 1)) || PyText.isSpace(after.charAt(0));
        return before + (space ? "" : BETWEEN_SHOTS) + after;
    }
}
