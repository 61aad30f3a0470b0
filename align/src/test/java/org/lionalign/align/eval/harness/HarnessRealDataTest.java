package org.lionalign.align.eval.harness;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.testing.SharedData;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;

/** The real question files as they lie beside the repository, through a real model that knows only children's stories. */
class HarnessRealDataTest {
    @ParameterizedTest
    @CsvSource({
        "arc_challenge, 1172, false",
        "hellaswag, 10042, true",
        "truthfulqa_mc1, 817, false",
        "truthfulqa_mc2, 817, false",
        "winogrande, 1267, true",
        "mmlu_astronomy, 152, false",
        "leaderboard_bbh_date_understanding, 250, false",
        "leaderboard_bbh_object_counting, 250, false",
        "leaderboard_bbh_causal_judgement, 187, false",
    })
    void asksTheRealQuestions(String name, int size, boolean borrowed, @TempDir Path store) {
        Path data = SharedData.require("eval-inputs");
        Path folder = SharedData.require("models/stories260k");
        TextModel text = TextModel.open(folder, null);
        TaskSuite suite = HarnessData.task(name);
        TaskSuite.Questions questions = suite.questions(text, new TaskFiles(data), 0);
        assertThat(questions.asked()).hasSize(size);
        assertThat(questions.borrowedShots()).isEqualTo(borrowed);
        try (CausalLm model = CausalLm.load(folder, LoadOptions.inference(Dtype.F32))) {
            SuiteResult result = suite.run(
                    new EvalContext(model, text, "stories260k", "stories260k", data, store, 3, null, "", 0, () -> {}));
            assertThat(result.items()).hasSize(3).allSatisfy(item -> assertThat(item.score())
                    .isBetween(0.0, 1.0));
        }
    }

    /** The whole of leaderboard v1, one question of each task and subject. */
    @Test
    void runsLeaderboardV1(@TempDir Path store) {
        Path data = SharedData.require("eval-inputs");
        SharedData.require("eval-inputs/mmlu/test.jsonl");
        Path folder = SharedData.require("models/stories260k");
        Suite board = HarnessData.SUITES.leaderboards().get(0);
        try (CausalLm model = CausalLm.load(folder, LoadOptions.inference(Dtype.F32))) {
            SuiteResult result = board.run(new EvalContext(
                    model,
                    TextModel.open(folder, null),
                    "stories260k",
                    "stories260k",
                    data,
                    store,
                    1,
                    null,
                    "",
                    0,
                    () -> {}));
            assertThat(result.items()).hasSize(4 + 57 + 1);
            assertThat(result.categories()).hasSize(6);
            assertThat(result.metrics().get(0).value())
                    .isCloseTo(
                            result.categories().stream()
                                    .mapToDouble(Metric::value)
                                    .average()
                                    .orElseThrow(),
                            within(1e-9));
        }
    }
}
