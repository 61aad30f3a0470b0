package org.lionalign.core.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.lionalign.core.json.Json;

/** A small fixture for each layout (LION.md D14). */
class PairRowsTest {
    private static PairRows.Pair pair(String json) throws ChatRows.Unusable {
        return PairRows.pair(Json.parse(json.replace('\'', '"'), "row"), "source:1");
    }

    private static void refused(String json, String reason) {
        assertThatThrownBy(() -> pair(json))
                .isInstanceOf(ChatRows.Unusable.class)
                .hasMessage(reason);
    }

    @Test
    void theLayoutsOfTheEightSources() throws ChatRows.Unusable {
        PairRows.Pair binarized =
                pair("{'prompt': 'p', 'chosen': [{'role':'user','content':'p'},{'role':'assistant','content':'good'}],"
                        + "'rejected': [{'role':'user','content':'p'},{'role':'assistant','content':'bad'}],"
                        + "'score_chosen': 8.5, 'score_rejected': 3}");
        assertThat(binarized.chosen()).isEqualTo("good");
        assertThat(binarized.margin()).isEqualTo(5.5);
        PairRows.Pair orca = pair("{'system': 'be brief', 'input': 'q', 'chosen': 'a', 'rejected': 'b',"
                + "'chosen_score': 9, 'rejected_score': 8, 'status': 'unchanged'}");
        assertThat(orca.prompt().messages()).extracting("role").containsExactly("system", "user");
        PairRows.Pair asked = pair("{'instruction': 'Fix it.', 'input': 'freind', 'chosen': 'a', 'rejected': 'b'}");
        assertThat(asked.prompt().messages()).extracting("content").containsExactly("Fix it.\n\nfreind");
        PairRows.Pair safe = pair("{'prompt': 'q', 'response_0': 'x', 'response_1': 'y', 'better_response_id': 1,"
                + "'safer_response_id': 0}");
        assertThat(safe.chosen()).isEqualTo("y");
        PairRows.Pair summary =
                pair("{'info': {'post': 'long'}, 'summaries': [{'text': 's0'}, {'text': 's1'}], 'choice': 0}");
        assertThat(summary.rejected()).isEqualTo("s1");
        PairRows.Pair scored = pair("{'instruction': 'q', 'completions': [{'response': 'm', 'overall_score': 5},"
                + "{'response': 'h', 'overall_score': 9}, {'response': 'l', 'overall_score': 1}]}");
        assertThat(scored.chosen() + scored.rejected() + scored.margin()).isEqualTo("hl8.0");
        PairRows.Pair hh = pair("{'chosen': '\\n\\nHuman: a\\n\\nAssistant: b\\n\\nHuman: c\\n\\nAssistant: good',"
                + "'rejected': '\\n\\nHuman: a\\n\\nAssistant: b\\n\\nHuman: c\\n\\nAssistant: bad'}");
        assertThat(hh.prompt().messages()).extracting("content").containsExactly("a", "b", "c");
        PairRows.Pair texts =
                pair("{'prompt': [{'role':'user','content':'p'}], 'chosen': [{'role':'assistant','content':'1'}],"
                        + "'rejected': [{'role':'assistant','content':'2'}]}");
        assertThat(texts.prompt().messages()).hasSize(1);
    }

    /** The common schema of LION's own sets (Columbia-NLP/DPO-*), HelpSteer and py-dpo among them. */
    @Test
    void theCommonSchemaAndPlainTexts() throws ChatRows.Unusable {
        PairRows.Pair common = pair(
                "{'prompt': 'p', 'prompt_id': 'f', 'chosen': [{'content':'p','role':'user'},{'content':'good','role':'assistant'}],"
                        + "'rejected': [{'content':'p','role':'user'},{'content':'bad','role':'assistant'}],"
                        + "'messages': [{'content':'p','role':'user'},{'content':'good','role':'assistant'}],"
                        + "'score_chosen': 3.0, 'score_rejected': 1.0,"
                        + "'other_info': {'source': 'HelpSteer', 'chosen_attributes': {'helpfulness': 3}}}");
        assertThat(common.prompt().messages()).extracting("content").containsExactly("p");
        assertThat(common.chosen() + common.rejected() + common.margin()).isEqualTo("goodbad2.0");
        PairRows.Pair python = pair("{'prompt': 'write it', 'chosen': 'def f(): pass', 'rejected': 'x', 'id': 'a'}");
        assertThat(python.chosen()).isEqualTo("def f(): pass");
        assertThat(python.margin()).isNull();
    }

    @Test
    void nectarTakesTheBestAgainstOneOfTheLastThree() throws ChatRows.Unusable {
        StringBuilder answers = new StringBuilder();
        for (int rank = 7; rank >= 1; rank--) {
            answers.append("{\"answer\": \"a" + rank + "\", \"rank\": " + rank + (rank > 1 ? "}," : "}"));
        }
        String row = "{\"prompt\": \"\\n\\nHuman: q\\n\\nAssistant: \", \"answers\": [" + answers + "]}";
        Set<String> drawn = new HashSet<>();
        for (int i = 0; i < 60; i++) {
            PairRows.Pair pair = PairRows.pair(Json.parse(row, "row"), "nectar:" + i);
            assertThat(pair.chosen()).isEqualTo("a1");
            assertThat(pair.prompt().messages()).extracting("content").containsExactly("q");
            drawn.add(pair.rejected());
        }
        assertThat(drawn).containsExactlyInAnyOrder("a5", "a6", "a7");
    }

    @Test
    void whatIsNoPreferenceIsRefused() {
        refused("{'prompt': 'p', 'chosen': 'same ', 'rejected': ' same'}", "identical answers");
        refused("{'prompt': 'p', 'chosen': '', 'rejected': 'x'}", "empty answer");
        refused(
                "{'prompt': 'p', 'chosen': 'a', 'rejected': 'b', 'score_chosen': 2, 'score_rejected': 2}",
                "tie by score");
        refused("{'input': 'p', 'chosen': 'a', 'rejected': 'b', 'status': 'tie'}", "tie by score");
        refused(
                "{'chosen': '\\n\\nHuman: a\\n\\nAssistant: b', 'rejected': '\\n\\nHuman: other\\n\\nAssistant: c'}",
                "different prompts");
        refused(
                "{'chosen': [{'role':'user','content':'p'},{'role':'assistant','content':'g'}],"
                        + "'rejected': [{'role':'user','content':'P'},{'role':'assistant','content':'b'}]}",
                "different prompts");
        refused(
                "{'question': 'q', 'completions': [{'response': 'm', 'overall_score': 5}, {'response': 'h', 'overall_score': 5}]}",
                "tie by score");
        refused("{'x': 1}", "unknown columns");
    }
}
