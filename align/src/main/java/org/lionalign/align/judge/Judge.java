package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;
import org.lionalign.core.json.Json;

/** Says which answers are better. Deterministic for local judges: the same question gets the same judgement, whatever it is asked beside. */
public interface Judge extends AutoCloseable {
    /** Everything that can change a judgement, as a text: kind, weights by hash, prompt files by hash, options. */
    String identity();

    /**
     * Judges questions.
     *
     * @param sink hears of each judgement with the question's index as soon as it is known, in any order
     */
    void judge(List<Question> questions, Sink sink);

    /** Takes judgements as they come. */
    @FunctionalInterface
    interface Sink {
        void onJudgement(int question, Judgement judgement);
    }

    /** All judgements, in order. */
    default List<Judgement> judge(List<Question> questions) {
        Judgement[] all = new Judgement[questions.size()];
        judge(questions, (q, judgement) -> all[q] = judgement);
        return List.of(all);
    }

    /** What it cost so far: requests, tokens, cache hits; empty for local judges. */
    default ObjectNode usage() {
        return Json.object();
    }

    @Override
    default void close() {}
}
