package org.lionalign.cub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** Every constraint with answers that satisfy it and answers that do not. */
class CheckerTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '~', textBlock = """
            {"type":"contains","phrase":"red ball"}             | Tom has a Red ball.                  | Tom has a red balloon.
            {"type":"contains","phrase":"red ball"}             | A red ball! Tom has it.              | The ball is red.
            {"type":"avoids","word":"sad"}                      | Tom is happy.                        | Tom is SAD.
            {"type":"sentences","count":2}                      | Tom ran. Mia sat!                    | Tom ran.
            {"type":"sentences","count":1}                      | "Oh no! It is gone!" said Tom.       | "Oh no!" said Tom. Mia sat.
            {"type":"sentences","count":2}                      | Tom said, "It is gone!" Mia sat.     | Tom said, "It is gone!" and sat.
            {"type":"sentences","count":2}                      | Tom ran. Mia                         | Tom ran. Mia. Ben.
            {"type":"lines","count":2}                          | Tom: Hi.\\n\\nMia: Hello.            | Tom: Hi.
            {"type":"begins","word":"once"}                     | Once there was a fox.                | There once was a fox.
            {"type":"ends","word":"home"}                       | Tom went home.                       | Tom went home again.
            {"type":"ends","word":"home"}                       | He said, "Go home!"                  | home and
            {"type":"items","category":"fruits","count":2}      | apple, Pear                          | apple, dog
            {"type":"items","category":"fruits","count":2}      | Two fruits: apple, pear              | Two fruits: apple
            {"type":"items","category":"fruits","count":2}      | an apple and a pear.                 | apple, apple
            {"type":"items","category":"fruits","count":2}      | 1. apple\\n2. pear                   | apple, pear, plum
            {"type":"items","category":"fruits","count":2}      | - apple\\n- pear                     | apple
            {"type":"sequence","items":["1","2"]}               | 1, 2                                 | 2, 1
            {"type":"sequence","items":["ant","bee"]}           | ant, bee                             | ant, bee, cow
            {"type":"number","value":7}                         | 3 plus 4 is 7.                       | 7 is more than 4.
            {"type":"number","value":7}                         | It is seven.                         | I do not know.
            {"type":"number","value":7}                         | 07                                   | 77
            {"type":"speakers","names":["Tom","Mia"]}           | Tom: Hi.\\nMia: Hello.               | Tom: Hi.\\nTom: Hello.
            {"type":"speakers","names":["Tom","Mia"]}           | Mia: Hi.\\nTom: Hello.\\nMia: Well.  | Tom: Hi.\\nBen: Hello.
            {"type":"speakers","names":["Tom","Mia"]}           | Tom: Yes.\\nMia: No.                 | Tom: Yes.
            {"type":"repeat","word":"blue","count":3}           | blue blue blue                       | blue blue
            {"type":"repeat","word":"blue","count":2}           | Blue, blue.                          | blue red
            {"type":"max_words","count":3}                      | one two three                        | one two three four
            {"type":"clean","prose":true}                       | Tom went home.                       | Tom went home
            {"type":"clean","prose":true}                       | "Oh no!" said Tom.                   | Tom went to to bed.
            {"type":"clean","prose":true}                       | Tom sat. Mia sat.                    | Tom sat. Tom sat.
            {"type":"clean","prose":true}                       | Tom has 12 plums.                    | Tom has a computer.
            {"type":"clean","prose":true}                       | Tom went home.                       | Tom.<|im_end|>
            {"type":"clean","prose":false}                      | apple, pear                          | apple, xylophone
            """)
    void holdsAndFails(String constraint, String good, String bad) {
        var parsed = Checker.parse(Json.parse("[" + constraint + "]", "test"), "test");
        assertThat(Checker.check(parsed, good.replace("\\n", "\n")).reasons()).isEmpty();
        Checker.Verdict failed = Checker.check(parsed, bad.replace("\\n", "\n"));
        assertThat(failed.passes()).isFalse();
        assertThat(failed.reasons()).hasSize(1).allMatch(r -> !r.isBlank());
        assertThat(Checker.json(parsed)).isEqualTo(Json.parse("[" + constraint + "]", "test"));
    }

    @Test
    void anyTextIsJudgedAndNothingPassesWithoutWords() {
        List<Task> tasks = InstructionGeneratorTest.tasks(InstructionGenerator.Split.HELDOUT, 200);
        for (String text : List.of(
                "",
                " ",
                "\n\n",
                "...",
                "\"",
                "a\"b\"c",
                ", , ,",
                ":",
                "<|im_end|>",
                "\u0000",
                "ä ö ü",
                "I do not know.")) {
            for (Task task : tasks) {
                assertThat(Checker.check(task.checks(), text).passes())
                        .as(task.prompt() + " / " + text)
                        .isFalse();
            }
        }
    }

    @Test
    void scoreIsTheShareThatHolds() {
        List<Constraint> checks = List.of(new Constraint.Contains("Tom"), new Constraint.Ends("home"));
        assertThat(Checker.check(checks, "Tom ran.").score()).isEqualTo(0.5);
        assertThat(Checker.check(checks, "").score()).isZero();
        assertThat(Checker.check(checks, "Tom went home.").score()).isEqualTo(1);
    }

    @Test
    void unknownConstraintsAreRefused() {
        assertThatThrownBy(() -> Checker.parse(Json.parse("[{\"type\":\"rhymes\"}]", "x"), "rows.jsonl:7"))
                .isInstanceOf(BadInput.class)
                .hasMessageStartingWith("rows.jsonl:7: check: ");
        assertThatThrownBy(() -> Checker.parse(null, "rows.jsonl:8")).hasMessageContaining("found nothing");
    }

    @Test
    void wilson() {
        // R: prop.test(45, 100, correct = FALSE)$conf.int
        PassRates.Rate rate = new PassRates.Rate("all", 100, 45);
        assertThat(rate.low()).isCloseTo(0.3561454, org.assertj.core.data.Offset.offset(1e-6));
        assertThat(rate.high()).isCloseTo(0.5475540, org.assertj.core.data.Offset.offset(1e-6));
    }
}
