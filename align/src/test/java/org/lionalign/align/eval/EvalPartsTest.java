package org.lionalign.align.eval;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.Seeds;

/** The store, the judge's calls, templates and files, each by itself. */
class EvalPartsTest {
    @TempDir
    Path dir;

    private static ObjectNode value(int n) {
        return Json.object().put("n", n);
    }

    @Test
    void aStoreKeepsWhatWasPutWhereverItIsCut() throws IOException {
        Path file = dir.resolve("folder/store.jsonl");
        ResultStore first = ResultStore.open(file);
        for (int i = 0; i < 5; i++) {
            first.put(ResultStore.key("k", i), value(i));
        }
        byte[] whole = Files.readAllBytes(file);
        for (int cut = 0; cut <= whole.length; cut += 7) {
            Files.write(file, java.util.Arrays.copyOf(whole, cut));
            ResultStore store = ResultStore.open(file);
            int kept = store.size();
            for (int i = 0; i < kept; i++) {
                assertThat(store.get(ResultStore.key("k", i))).isEqualTo(value(i));
            }
            store.put(ResultStore.key("new"), value(9));
            assertThat(ResultStore.open(file).size()).isEqualTo(kept + 1);
        }
    }

    @Test
    void aBrokenLineInTheMiddleIsNotPassedOver() throws IOException {
        Path file = Files.writeString(dir.resolve("s.jsonl"), "{\"key\":\"a\",\"value\":{}}\nbroken\n");
        assertThatThrownBy(() -> ResultStore.open(file))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("s.jsonl:2");
        Files.writeString(file, "{\"other\":1}\n", StandardOpenOption.TRUNCATE_EXISTING);
        assertThatThrownBy(() -> ResultStore.open(file))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("s.jsonl:1: key");
    }

    @Test
    void keysAreDifferentForDifferentThings() {
        assertThat(ResultStore.key("a", "bc")).isNotEqualTo(ResultStore.key("ab", "c"));
        assertThat(ResultStore.key("a", 1)).isNotEqualTo(ResultStore.key("a", "1"));
        assertThat(ResultStore.key("a", List.of("b")))
                .isEqualTo(ResultStore.key("a", List.of("b")))
                .hasSize(64);
    }

    private static ChatRequest request(String text) {
        return new ChatRequest("j", List.of(new Message("user", text)), 1, 0, 1, 10, List.of(), null, 0);
    }

    @Test
    void equalRequestsAreAskedOnceAndFailuresAgain() {
        int[] fails = {2};
        List<String> asked = new ArrayList<>();
        ScriptedJudge judge = new ScriptedJudge(request -> {
            String text = request.messages().get(0).content();
            asked.add(text);
            return text.equals("b") && fails[0]-- > 0 ? ScriptedJudge.failed() : ScriptedJudge.text(text + "!");
        });
        ResultStore store = ResultStore.open(dir.resolve("j.jsonl"));
        JudgeCalls calls = new JudgeCalls(judge, store);
        List<ChatRequest> requests = List.of(request("a"), request("b"), request("a"), request("b"));
        int[] progress = new int[1];
        List<JudgeCalls.Reply> first = calls.ask(requests, () -> progress[0]++);
        assertThat(asked).containsExactly("a", "b");
        assertThat(progress[0]).isEqualTo(4);
        assertThat(first).extracting(JudgeCalls.Reply::text).containsExactly("a!", "", "a!", "");
        assertThat(first.get(1).failure()).isEqualTo("timeout");
        assertThat(first.get(3)).isEqualTo(first.get(1));
        calls.ask(requests, () -> {});
        List<JudgeCalls.Reply> third = calls.ask(requests, () -> {});
        assertThat(third).extracting(JudgeCalls.Reply::text).containsExactly("a!", "b!", "a!", "b!");
        assertThat(asked).containsExactly("a", "b", "b", "b");
    }

    @Test
    void templatesAreFilledOnce() {
        assertThat(PromptFormat.python("a {x} {{x}} {y}}}", Map.of("x", "{y}", "y", "2"), "t"))
                .isEqualTo("a {y} {x} 2}");
        assertThat(PromptFormat.named("{ {x} {\n {\"k\": \"{y}\"} {z}", Map.of("x", "{y}", "y", "2")))
                .isEqualTo("{ {y} {\n {\"k\": \"2\"} {z}");
        assertThatThrownBy(() -> PromptFormat.python("{z}", Map.of("x", ""), "t"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("t: expected fields of [x], found {z}");
        assertThatThrownBy(() -> PromptFormat.python("}", Map.of(), "t")).isInstanceOf(BadInput.class);
        assertThatThrownBy(() -> PromptFormat.python("{x", Map.of("x", ""), "t"))
                .isInstanceOf(BadInput.class);
        Seeds.forAll(50, random -> {
            StringBuilder text = new StringBuilder();
            for (int i = 0; i < 20; i++) {
                text.append("{}ab\n\"".charAt(random.nextInt(6)));
            }
            String escaped = text.toString().replace("{", "{{").replace("}", "}}");
            assertThat(PromptFormat.python(escaped, Map.of(), "t")).isEqualTo(text.toString());
            assertThat(PromptFormat.named(text.toString(), Map.of())).isEqualTo(text.toString());
        });
    }

    @Test
    void listsKeepTheirLinesAndNaNIsMissing() throws IOException {
        Path file = Files.writeString(dir.resolve("a.json"), "[\n{\"p\": NaN},\n\n{\"p\": 1.5},\n{\"p\": null}, {}]");
        assertThat(EvalFiles.rows(file)).extracting(row -> row.line()).containsExactly(2L, 4L, 5L, 5L);
        assertThat(EvalFiles.number(file, EvalFiles.rows(file).get(0), "p")).isNaN();
        assertThat(EvalFiles.number(file, EvalFiles.rows(file).get(1), "p")).isEqualTo(1.5);
        assertThat(EvalFiles.number(file, EvalFiles.rows(file).get(3), "p")).isNaN();
        Path object = Files.writeString(dir.resolve("o.json"), "{}");
        assertThatThrownBy(() -> EvalFiles.rows(object))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("a list of rows");
        assertThatThrownBy(() -> EvalFiles.find(dir, "x", "y"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("x or y");
    }
}
