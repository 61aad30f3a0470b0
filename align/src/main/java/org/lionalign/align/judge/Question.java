package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.lionalign.core.chat.Conversation;

/**
 * A prompt and the answers that a judge compares.
 *
 * @param id of the prompt's row
 * @param prompt the conversation before the answer
 * @param answers their texts
 * @param row the prompt's whole row, for rules that read further columns (a reference answer, checks); never shown to a model
 */
public record Question(String id, Conversation prompt, List<String> answers, ObjectNode row) {
    public Question {
        answers = List.copyOf(answers);
    }
}
