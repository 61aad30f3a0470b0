package org.lionalign.align.eval.run;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.eval.TinyCheckpoint;
import org.lionalign.align.remote.ChatOutcome;
import org.lionalign.align.remote.ChatReply;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;

/** A model folder as a judge. */
class LocalJudgeTest {
    @TempDir
    Path dir;

    private static ChatRequest request(String text, int maxTokens, int top) {
        return new ChatRequest(
                "tiny",
                List.of(new Message("system", "Judge."), new Message("user", text)),
                1,
                0,
                1,
                maxTokens,
                List.of(),
                null,
                top);
    }

    private JudgeSource.Opened open() throws IOException {
        new TinyCheckpoint(dir, 64).close();
        return JudgeSource.parse(dir.resolve("tiny").toString(), "--judge")
                .open(dir.resolve("replies.jsonl"), LoadOptions.inference(Dtype.F32));
    }

    private static ChatReply.Choice choice(ChatOutcome outcome) {
        return ((ChatOutcome.Replied) outcome).reply().choices().get(0);
    }

    /** The alternatives of the first token are those of the log-probabilities that training sees. */
    @Test
    void logProbabilitiesAreTheModels() throws IOException {
        try (JudgeSource.Opened judge = open();
                Contender same = Contender.load("tiny", dir.resolve("tiny"), null, LoadOptions.inference(Dtype.F32))) {
            ChatReply.Choice choice = choice(
                    judge.endpoint().complete(List.of(request("A or B?", 1, 5))).get(0));
            Map<String, Double> top = choice.tokens().get(0).top();
            assertThat(top).hasSize(5);
            int[] prompt = same.text()
                    .promptIds(new Conversation(request("A or B?", 1, 5).messages()));
            for (Map.Entry<String, Double> one : top.entrySet()) {
                int[] ids = same.text().tokenizer().encode(one.getKey());
                if (ids.length == 1) {
                    float[] logps =
                            same.model().logps(PackedBatch.of(List.of(PromptTree.answers("a", prompt, List.of(ids)))));
                    assertThat((double) logps[0]).isCloseTo(one.getValue(), within(1e-4));
                }
            }
            List<Double> values = List.copyOf(top.values());
            assertThat(values).isSortedAccordingTo((a, b) -> Double.compare(b, a));
            // Greedy takes the first of them.
            assertThat(choice.tokens().get(0).text())
                    .isEqualTo(top.keySet().iterator().next());
        }
    }

    @Test
    void answersDoNotDependOnTheirNeighboursAndLongPromptsAreRefused() throws IOException {
        try (JudgeSource.Opened judge = open()) {
            List<ChatRequest> requests = List.of(
                    request("First?", 6, 0), request("word ".repeat(100), 6, 0), request("Second, longer?", 4, 0));
            List<ChatOutcome> together = judge.endpoint().complete(requests);
            assertThat(together.get(1)).isInstanceOf(ChatOutcome.Failed.class);
            assertThat(((ChatOutcome.Failed) together.get(1)).kind()).isEqualTo("refused");
            for (int r : new int[] {0, 2}) {
                assertThat(choice(judge.endpoint()
                                        .complete(List.of(requests.get(r)))
                                        .get(0))
                                .text())
                        .isEqualTo(choice(together.get(r)).text());
            }
            assertThat(judge.model()).isEqualTo("tiny");
            assertThat(judge.endpoint().identity()).startsWith("local ");
        }
    }

    @Test
    void sourcesAreParsedAndWhatIsWrongIsNamed() throws IOException {
        assertThat(JudgeSource.parse("http://host:1/v1,big", "--judge"))
                .isEqualTo(new JudgeSource(JudgeSource.Kind.SERVER, "http://host:1/v1", "big"));
        Path file = Files.writeString(dir.resolve("r,x.jsonl"), "");
        assertThat(JudgeSource.parse("replay:" + file, "--judge").at()).isEqualTo(file.toString());
        assertThat(JudgeSource.parse("replay:" + file + ",big", "--judge").model())
                .isEqualTo("big");
        assertThatThrownBy(() -> JudgeSource.parse("replay:" + dir.resolve("none"), "--judge"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("no such file");
        assertThatThrownBy(() -> JudgeSource.parse("gpt-4", "--judge"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("--judge: expected URL[,MODEL]");
        assertThatThrownBy(() -> JudgeSource.parse("replay:" + file, "--judge")
                        .open(dir.resolve("replies.jsonl"), LoadOptions.inference(Dtype.F32)))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("replay:FILE,MODEL");
    }
}
