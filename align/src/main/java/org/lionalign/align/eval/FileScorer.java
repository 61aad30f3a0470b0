package org.lionalign.align.eval;

import java.nio.file.Path;

/** Recomputes a suite's numbers from files in the official tool's own format: no model, no judge, nothing to pay. */
public interface FileScorer {
    /** As {@code lion eval score --suite} names it. */
    String suite();

    /** One line for {@code --list}: which files, in which format. */
    String reads();

    /**
     * The numbers.
     *
     * @param from a file, or a folder laid out as the official tool leaves it
     * @throws org.lionalign.core.error.BadInput for anything that is not in the format, with file, line and key
     */
    SuiteResult score(Path from, ScoreOptions options);
}
