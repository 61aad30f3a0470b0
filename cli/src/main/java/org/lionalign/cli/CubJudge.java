package org.lionalign.cli;

import java.util.List;
import java.util.Map;
import org.lionalign.align.judge.Judge;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.judge.Question;
import org.lionalign.core.error.BadInput;
import org.lionalign.cub.Checker;
import org.lionalign.cub.Constraint;

/**
 * Cub's checker as a judge ({@code judge: {type: class, class_name: org.lionalign.cli.CubJudge}}): an answer's score is the share of the
 * constraints in the row's {@code check} that hold, 1 for an answer that passes.
 */
public final class CubJudge implements Judge {
    /** @param options none are known */
    public CubJudge(Map<String, String> options) {
        if (!options.isEmpty()) {
            throw new BadInput("judge.options: expected nothing for CubJudge, found " + options.keySet());
        }
    }

    @Override
    public String identity() {
        return "cub checker 1"; // raise it when the checker judges differently
    }

    @Override
    public void judge(List<Question> questions, Sink sink) {
        for (int q = 0; q < questions.size(); q++) {
            Question question = questions.get(q);
            List<Constraint> constraints = Checker.parse(question.row().get("check"), question.id());
            sink.onJudgement(
                    q,
                    Judgement.of(question.answers().stream()
                            .mapToDouble(
                                    answer -> Checker.check(constraints, answer).score())
                            .toArray()));
        }
    }
}
