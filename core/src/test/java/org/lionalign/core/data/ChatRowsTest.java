package org.lionalign.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lionalign.core.json.Json;

/** A small fixture for the columns of each of LION's nine sources and of the layouts that people have (LION.md 2.10, D1). */
class ChatRowsTest {
    private static JsonNode row(String json) {
        return Json.parse(json.replace('\'', '"'), "row");
    }

    private static String turns(JsonNode row) throws ChatRows.Unusable {
        return ChatRows.conversation(row).messages().stream()
                .map(m -> m.role().charAt(0) + ":" + m.content() + (m.train() ? "" : " (context)"))
                .collect(Collectors.joining("|"));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {
                "OpenHermes-2.5; sharegpt; {'conversations': [{'from': 'human', 'value': 'q'}, {'from': 'gpt', 'value': 'a'}],"
                        + " 'source': 'airoboros', 'system_prompt': null, 'id': 'x', 'title': null}; u:q|a:a",
                "MetaMathQA; query; {'type': 'MATH_AnsAug', 'query': 'q', 'original_question': 'o', 'response': 'a'}; u:q|a:a",
                "orca-math-word-problems-200k; question; {'question': 'q', 'answer': 'a'}; u:q|a:a",
                "ultrachat_200k; messages; {'prompt': 'q', 'prompt_id': 'f', 'messages': [{'content': 'q', 'role': 'user'},"
                        + " {'content': 'a', 'role': 'assistant'}]}; u:q|a:a",
                "Capybara; turns; {'source': 'Dove', 'conversation': [{'input': 'q', 'output': 'a'}, {'input': 'r', 'output': 'b'}]};"
                        + " u:q|a:a|u:r|a:b",
                "deita-10k-v0-sft; messages; {'prompt': 'q', 'prompt_id': 'f', 'messages': [{'role': 'system', 'content': 's'},"
                        + " {'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'a'}]}; s:s|u:q|a:a",
                "ruozhiba_en; alpaca; {'instruction': 'q', 'input': '', 'output': 'a'}; u:q|a:a",
                "Magicoder-Evol-Instruct-110K; alpaca_response; {'instruction': 'q', 'response': 'a'}; u:q|a:a",
                "SlimOrca-Dedup; sharegpt; {'conversations': [{'from': 'system', 'value': 's', 'weight': null},"
                        + " {'from': 'human', 'value': 'q', 'weight': 0}, {'from': 'gpt', 'value': 'a', 'weight': 1}]};"
                        + " s:s|u:q (context)|a:a",
                "Columbia-NLP/SFT-*; messages; {'messages': [{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'a'}]}; u:q|a:a",
                "alpaca with input; alpaca; {'instruction': 'i', 'input': 'x', 'output': 'a'}; `u:i\n\nx|a:a`",
                "prompt and completion; completion; {'prompt': 'q', 'completion': 'a'}; u:q|a:a",
                "prompt and completion as messages; completion; {'prompt': [{'role': 'user', 'content': 'q'}],"
                        + " 'completion': [{'role': 'assistant', 'content': 'a'}]}; u:q|a:a",
            })
    void theColumnsSayTheLayout(String source, String layout, String json, String expected) throws ChatRows.Unusable {
        assertThat(ChatRows.layout(row(json)).name()).isEqualToIgnoringCase(layout);
        assertThat(turns(row(json))).isEqualTo(expected);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "unknown columns; {'x': 1}",
                "no turns; {'messages': []}",
                "no turns; {'conversation': []}",
                "unknown role; {'messages': [{'role': 'wizard', 'content': 'x'}]}",
                "unknown role; {'messages': [{'content': 'x'}]}",
                "content is not text; {'messages': [{'role': 'user', 'content': {'a': 1}}]}",
                "content is not text; {'messages': [{'role': 'user', 'content': null}]}",
                "instruction is not text; {'instruction': 7, 'output': 'a'}",
                "input is not text; {'instruction': 'i', 'input': {'x': 1}, 'output': 'a'}",
                "system is not text; {'system': [1], 'conversations': [{'from': 'human', 'value': 'q'}, {'from': 'gpt', 'value': 'a'}]}",
                "empty turn; {'prompt': ' ', 'completion': 'a'}",
                "empty turn; {'prompt': 'q', 'completion': ''}",
                "empty turn; {'messages': [{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': ' '}]}",
                "no assistant turn; {'messages': [{'role': 'system', 'content': 's'}, {'role': 'user', 'content': 'q'}]}",
                "system turn in the middle; {'messages': [{'role': 'system', 'content': 's'}, {'role': 'system', 'content': 's'},"
                        + " {'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': 'a'}]}",
            })
    void whatCannotBeUsedSaysWhy(String reason, String json) {
        assertThatThrownBy(() -> ChatRows.conversation(row(json)))
                .isInstanceOf(ChatRows.Unusable.class)
                .hasMessage(reason);
    }

    /** An empty answer that is context is not trained, so it may stay. */
    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            quoteCharacter = '`',
            value = {"'train': false; true", "'weight': 0; true", "'weight': 1; false"})
    void anEmptyAnswerMayBeContext(String mark, boolean usable) {
        String json = "{'messages': [{'role': 'user', 'content': 'q'}, {'role': 'assistant', 'content': '', " + mark
                + "}," + "{'role': 'user', 'content': 'r'}, {'role': 'assistant', 'content': 'a'}]}";
        List<String> outcome;
        try {
            outcome = List.of(turns(row(json)));
        } catch (ChatRows.Unusable e) {
            outcome = List.of();
        }
        assertThat(outcome).hasSize(usable ? 1 : 0);
    }
}
