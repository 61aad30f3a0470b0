package org.lionalign.align.eval.harness.generative;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.align.eval.FileScorer;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.completion.Completions.Given;
import org.lionalign.align.eval.completion.ResponseRows;
import org.lionalign.align.eval.harness.generative.GenerativeTask.Question;

/** GSM8K's rows ({@code question, answer}) with a {@code response}, or the harness's {@code samples_gsm8k_*.jsonl}. */
final class Gsm8kFileScorer implements FileScorer {
    @Override
    public String suite() {
        return Gsm8k.NAME;
    }

    @Override
    public String reads() {
        return "JSONL of question, answer (GSM8K's, with ####) and response; or lm-evaluation-harness's samples_gsm8k_*.jsonl";
    }

    @Override
    public SuiteResult score(Path from, ScoreOptions options) {
        List<ResponseRows.Response> responses = ResponseRows.read(from, "questions");
        List<Question> questions = new ArrayList<>();
        for (ResponseRows.Response response : responses) {
            questions.add(Gsm8k.answered(questions.size(), response.question(), response.where()));
        }
        GenerativeTask task = new GenerativeTask(
                Gsm8k.NAME, questions, List.of(), 1, (question, answer) -> Gsm8k.marks(question.target(), answer));
        return TaskRun.score(
                task, responses.stream().map(r -> new Given(r.text(), false, 0)).toList());
    }
}
