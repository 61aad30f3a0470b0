package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.lionalign.align.judge.Judge;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.judge.Question;
import org.lionalign.core.error.BadInput;
import org.lionalign.cub.Checker;
import org.lionalign.cub.Constraint;

/**
 * The bundled world's checker as a judge, for rows with {@code check}: {@code {type: class, class_name: org.lionalign.cli.CubJudge}}.
 *
 * <p>Option {@code score}: {@code all} (default) gives 1 to answers that pass every check and 0 to others; {@code share} the share of checks
 * that an answer passes.
 */
public final class CubJudge implements Judge {
    private final boolean share;

    public CubJudge(ObjectNode options) {
        String score = options.path("score").asText("all");
        options.fieldNames().forEachRemaining(name -> {
            if (!name.equals("score")) {
                throw new BadInput("judge.options: expected score, found " + name);
            }
        });
        if (!List.of("all", "share").contains(score)) {
            throw new BadInput("judge.options.score: expected all or share, found " + score);
        }
        this.share = score.equals("share");
    }

    @Override
    public String identity() {
        return "cub checker 1, " + (share ? "share" : "all");
    }

    @Override
    public void judge(List<Question> questions, Sink sink) {
        for (int q = 0; q < questions.size(); q++) {
            Question question = questions.get(q);
            List<Constraint> checks = Checker.parse(question.row().get("check"), question.id());
            sink.onJudgement(
                    q,
                    Judgement.of(question.answers().stream()
                            .mapToDouble(answer -> score(Checker.check(checks, answer)))
                            .toArray()));
        }
    }

    private double score(Checker.Verdict verdict) {
        return share ? verdict.score() : verdict.passes() ? 1 : 0;
    }
}
