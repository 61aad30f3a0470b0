package org.lionalign.align.eval.run;

import java.nio.file.Path;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;

/**
 * What a suite is run with besides the checkpoint.
 *
 * @param data folder of the suites' original files
 * @param store folder where answers and judgements are kept
 * @param limit questions of each task at most, 0 for all
 * @param judge null where no suite needs one
 * @param seed of sampling and of the order in which answers are shown; 0 for the official order
 */
public record SuiteRun(Path data, Path store, int limit, JudgeSource.@Nullable Opened judge, long seed) {
    /** Hears of finished questions. */
    @FunctionalInterface
    public interface Progress {
        void at(long done);
    }

    /** Runs it, or goes on with it; null when it was stopped, and then the same call goes on. */
    public @Nullable SuiteResult run(Suite suite, Contender contender, Progress progress, BooleanSupplier stop) {
        long[] done = {0};
        Runnable question = () -> {
            progress.at(++done[0]);
            if (stop.getAsBoolean()) {
                throw new Stopped();
            }
        };
        try {
            return suite.run(new EvalContext(
                    contender.model(),
                    contender.text(),
                    contender.name(),
                    contender.identity(),
                    data,
                    store,
                    limit,
                    judge == null ? null : judge.endpoint(),
                    judge == null ? "" : judge.model(),
                    seed,
                    question));
        } catch (Stopped e) {
            return null;
        }
    }

    /** Leaves a suite between two questions; what is finished is in the store. */
    private static final class Stopped extends RuntimeException {
        private static final long serialVersionUID = 1L;

        Stopped() {
            super("stopped", null, false, false);
        }
    }
}
