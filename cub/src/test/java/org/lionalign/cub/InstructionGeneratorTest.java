package org.lionalign.cub;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.cub.InstructionGenerator.Split;

class InstructionGeneratorTest {
    static List<Task> tasks(Split split, int n) {
        InstructionGenerator generator = new InstructionGenerator(1, split);
        List<Task> out = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            out.add(generator.next());
        }
        return out;
    }

    @Test
    void rightAnswersPassAndEveryFlawFails() {
        Map<String, Set<String>> used = new HashMap<>();
        List<Task> tasks = tasks(Split.SFT, 1500);
        for (int i = 0; i < tasks.size(); i++) {
            Task task = tasks.get(i);
            Draw draw = Draw.of(7, "test", i);
            assertThat(Checker.check(task.checks(), task.right(draw).text()).reasons())
                    .isEmpty();
            Task.Answer wrong = task.wrong(draw);
            assertThat(Checker.check(task.checks(), wrong.text()).passes()).isFalse();
            used.computeIfAbsent(task.family(), f -> new HashSet<>()).add(wrong.flaw());
        }
        // Every family occurs, and with every one of its flaws.
        for (Families.Weighted family : Families.ALL) {
            Set<String> all = tasks.stream()
                    .filter(t -> t.family().equals(family.name()))
                    .flatMap(t -> t.flaws().stream().map(Task.Flaw::name))
                    .collect(Collectors.toSet());
            assertThat(used.get(family.name())).as(family.name()).isEqualTo(all);
        }
    }

    @Test
    void splitsShareNoContentWhateverTheSeed() {
        Map<String, Split> owner = new HashMap<>();
        Set<String> families =
                Families.ALL.stream().map(Families.Weighted::name).collect(Collectors.toSet());
        for (Split split : Split.values()) {
            Set<String> seen = new HashSet<>();
            Set<String> prompts = new HashSet<>();
            for (Task task : tasks(split, 1200)) {
                assertThat(owner.merge(task.family() + "\n" + task.content(), split, (a, b) -> a))
                        .isEqualTo(split);
                assertThat(prompts.add(task.prompt())).isTrue();
                seen.add(task.family());
            }
            assertThat(seen).as(split.name()).isEqualTo(families);
        }
    }

    @Test
    void sftIsFlawedAsDocumentedAndPairsAreTrue() {
        List<ObjectNode> rows = new InstructionGenerator(1, Split.SFT).sft(1000, 0.35);
        int wrong = 0;
        for (ObjectNode row : rows) {
            String answer = row.at("/messages/1/content").asText();
            boolean passes = Checker.check(Checker.parse(row.get("check"), "row"), answer)
                    .passes();
            assertThat(passes).isEqualTo(row.get("flaw").asText().equals("none"));
            wrong += passes ? 0 : 1;
        }
        assertThat(wrong).isEqualTo(350);
        for (ObjectNode row : new InstructionGenerator(1, Split.PAIRS).pairs(500)) {
            var checks = Checker.parse(row.get("check"), "row");
            assertThat(Checker.check(checks, row.at("/chosen/0/content").asText())
                            .passes())
                    .isTrue();
            assertThat(Checker.check(checks, row.at("/rejected/0/content").asText())
                            .passes())
                    .isFalse();
        }
    }

    @Test
    void filesAreAFunctionOfTheSeed(@TempDir Path directory) throws Exception {
        CubFiles.Sizes sizes = new CubFiles.Sizes(300, 40, 20, 10, 10, 0.35);
        ObjectNode one = CubFiles.generate(directory.resolve("one"), 5, sizes);
        ObjectNode two = CubFiles.generate(directory.resolve("two"), 5, sizes);
        ObjectNode other = CubFiles.generate(directory.resolve("other"), 6, sizes);
        assertThat(one).isEqualTo(two);
        for (String file : List.of("corpus.jsonl", "sft.jsonl", "pairs.jsonl", "prompts.jsonl", "heldout.jsonl")) {
            assertThat(Files.readAllBytes(directory.resolve("one").resolve(file)))
                    .isEqualTo(Files.readAllBytes(directory.resolve("two").resolve(file)));
            String hash = one.at("/files/" + file + "/sha256").asText();
            assertThat(hash)
                    .isEqualTo(java.util.HexFormat.of()
                            .formatHex(Draw.sha256(
                                    Files.readAllBytes(directory.resolve("one").resolve(file)))))
                    .isNotEqualTo(other.at("/files/" + file + "/sha256").asText());
        }
    }
}
