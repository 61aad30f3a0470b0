package org.lionalign.align.judge;

import java.util.List;
import java.util.function.Function;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Parallel;

/**
 * Questions beside each other, a core for each: a question's passes are too small for several, and never shared with another question. A single
 * question has one core as well, so that its judgement is the same to the last bit whatever it is asked beside.
 */
final class ACoreEach {
    private ACoreEach() {}

    /** @param sink hears of the judgements in order, when all are there */
    static void judge(Device device, List<Question> questions, Function<Question, Judgement> judge, Judge.Sink sink) {
        Judgement[] found = new Judgement[questions.size()];
        Parallel.alone(device, found.length, q -> found[q] = judge.apply(questions.get(q)));
        for (int q = 0; q < found.length; q++) {
            sink.onJudgement(q, found[q]);
        }
    }
}
