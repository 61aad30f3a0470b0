package org.lionalign.align.sample;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.StageRecipe;

class PromptRowsTest {
    @TempDir
    Path dir;

    private StageRecipe.Source source(double fraction, String... lines) throws IOException {
        Path file = Files.write(dir.resolve("p.jsonl"), List.of(lines));
        return new StageRecipe.Source(file.toString(), null, fraction, null);
    }

    private static String turns(Prompt prompt) {
        StringBuilder all = new StringBuilder();
        for (Message message : prompt.conversation().messages()) {
            all.append(message.role().charAt(0))
                    .append(':')
                    .append(message.content())
                    .append(' ');
        }
        return all.toString().strip();
    }

    @Test
    void everyLayoutGivesWhatStandsBeforeTheAnswer() throws IOException {
        String user = "{\"role\":\"user\",\"content\":\"Q%s\"}";
        String answer = "{\"role\":\"assistant\",\"content\":\"A%s\"}";
        PromptRows.Read read = PromptRows.read(
                List.of(source(
                        1,
                        "{\"prompt\":\"Q1\",\"answer\":\"42\"}",
                        "{\"prompt\":[{\"role\":\"system\",\"content\":\"S\"}," + user.formatted(2) + "]}",
                        "{\"messages\":[" + user.formatted(3) + "," + answer.formatted(3) + "]}",
                        "{\"messages\":[" + user.formatted(4) + "," + answer.formatted(4) + "," + user.formatted("4b")
                                + "]}",
                        // a tie and equal answers have a prompt all the same
                        "{\"prompt\":\"x\",\"chosen\":[" + user.formatted(5) + "," + answer.formatted(5)
                                + "],\"rejected\":[" + user.formatted(5) + "," + answer.formatted(5)
                                + "],\"score_chosen\":1,\"score_rejected\":1}",
                        "{\"prompt\":\"Q6\",\"chosen\":\"a\",\"rejected\":\"b\"}",
                        "{\"instruction\":\"Q7\",\"input\":\"in\",\"output\":\"out\"}",
                        "{\"prompt\":\"Q1\"}",
                        "{\"prompt\":\"  \"}",
                        "{\"x\":1}",
                        "broken",
                        "{\"chosen\":[" + user.formatted(8) + "," + answer.formatted(8) + "],\"rejected\":["
                                + user.formatted("8'") + "," + answer.formatted(9) + "]}")),
                null,
                1);
        assertThat(read.prompts().stream().map(PromptRowsTest::turns))
                .containsExactly("u:Q1", "s:S u:Q2", "u:Q3", "u:Q4 a:A4 u:Q4b", "u:Q5", "u:Q6", "u:Q7\n\nin");
        assertThat(read.prompts().get(0).row().path("answer").asText()).isEqualTo("42");
        assertThat(read.ledger().toJson().toString())
                .contains("\"in\":12,\"kept\":7")
                .contains("\"duplicate\":1")
                .contains("\"empty prompt\":1")
                .contains("\"unknown columns\":1")
                .contains("\"not JSON\":1")
                .contains("\"different prompts\":1");
    }

    @Test
    void aLimitTakesTheFirstOfTheSeededOrder() throws IOException {
        String[] rows = new String[50];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = "{\"prompt\":\"Q" + i + "\"}";
        }
        StageRecipe.Source source = source(1, rows);
        List<Prompt> five = PromptRows.read(List.of(source), 5, 42).prompts();
        List<Prompt> ten = PromptRows.read(List.of(source), 10, 42).prompts();
        assertThat(ten.subList(0, 5)).isEqualTo(five);
        assertThat(PromptRows.read(List.of(source), 5, 43).prompts()).isNotEqualTo(five);
        assertThat(PromptRows.read(List.of(source(0.3, rows)), null, 1).prompts())
                .hasSize(15);
        assertThatThrownBy(() -> PromptRows.read(List.of(source(2, rows)), null, 1))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("fraction");
    }
}
