package org.lionalign.align.eval.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.judge.Question;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.json.Json;
import org.lionalign.core.stats.PairedComparison;

class ModelComparisonTest {
    private static Question question(int q, String... answers) {
        return new Question("q" + q, Conversation.of(new Message("user", "?")), List.of(answers), Json.object());
    }

    @Test
    void winsTiesAndFailuresAreCountedOnce() {
        List<Question> questions = new ArrayList<>();
        List<Judgement> judgements = new ArrayList<>();
        for (int q = 0; q < 10; q++) {
            questions.add(question(q, "a", "b"));
        }
        for (int q = 0; q < 5; q++) {
            judgements.add(Judgement.of(0, 1));
        }
        for (int q = 0; q < 2; q++) {
            judgements.add(Judgement.of(1, 1));
        }
        judgements.add(Judgement.of(1, 0));
        judgements.add(Judgement.failed(2, "unparsed"));
        judgements.add(new Judgement(new double[] {1, Double.NaN}, new String[] {null, "timeout"}, null));
        ModelComparison made = ModelComparison.of(List.of("sft", "dpo"), "checker", questions, judgements);
        assertThat(made.wins()[1][0].prompts()).isEqualTo(8);
        assertThat(made.wins()[1][0].rate()).isCloseTo(100 * (5 + 1) / 8.0, within(1e-12));
        assertThat(made.wins()[0][1].rate()).isCloseTo(100 * (1 + 1) / 8.0, within(1e-12));
        assertThat(made.wins()[1][0].ties()).isEqualTo(25.0);
        assertThat(made.failures()).containsEntry("unparsed", 2L).containsEntry("timeout", 1L);
        assertThat(made.successive().get(0).test()).startsWith("McNemar");
        assertThat(made.successive().get(0).unpaired()).isEqualTo(2);
        assertThat(made.toJson().path("win_rates").path(0).path(0).path("rate").isNull())
                .isTrue();
    }

    @Test
    void aJudgeThatAlwaysTiesIsNoEvidence() {
        List<Question> questions = new ArrayList<>();
        List<Judgement> judgements = new ArrayList<>();
        for (int q = 0; q < 50; q++) {
            questions.add(question(q, "x".repeat(q), "y"));
            judgements.add(Judgement.of(3.5, 3.5));
        }
        ModelComparison made = ModelComparison.of(List.of("a", "b"), "tie", questions, judgements);
        assertThat(made.wins()[0][1].rate()).isEqualTo(50);
        assertThat(made.successive().get(0).verdict()).isEqualTo(PairedComparison.Verdict.NO_EVIDENCE);
    }

    /** Twenty wins of twenty are not certainty. */
    @Test
    void nothingButWinsHasWilsonsInterval() {
        List<Question> questions = new ArrayList<>();
        List<Judgement> judgements = new ArrayList<>();
        for (int q = 0; q < 20; q++) {
            questions.add(question(q, "x", "y"));
            judgements.add(Judgement.of(0, 1));
        }
        ModelComparison made = ModelComparison.of(List.of("a", "b"), "sure", questions, judgements);
        assertThat(made.wins()[1][0].low()).isCloseTo(83.89, within(0.01));
        assertThat(made.wins()[1][0].high()).isEqualTo(100);
        assertThat(made.wins()[0][1].high()).isCloseTo(16.11, within(0.01));
    }

    /** A judge that prefers length and nothing else: the plain rate says better, the controlled one does not. */
    @Test
    void lengthIsTakenOut() {
        List<Question> questions = new ArrayList<>();
        List<Judgement> judgements = new ArrayList<>();
        for (int q = 0; q < 400; q++) {
            int first = 100 + (q * 37) % 100;
            int second = 100 + (q * 61) % 140;
            questions.add(question(q, "x".repeat(first), "y".repeat(second)));
            // Length with noise that does not depend on the model.
            double noise = 80 * Math.sin(q * 12.9898);
            judgements.add(Judgement.of(first, second + noise));
        }
        ModelComparison made = ModelComparison.of(List.of("a", "b"), "length", questions, judgements);
        ModelComparison.WinRate win = made.wins()[1][0];
        assertThat(win.low()).isGreaterThan(50);
        assertThat(win.lengthControlled()).isBetween(44.0, 56.0);
        assertThat(win.lengthControlled() + made.wins()[0][1].lengthControlled())
                .isCloseTo(100, within(0.5));
    }
}
