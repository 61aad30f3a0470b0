package org.lionalign.align.eval;

/** A benchmark that a checkpoint is put through. */
public interface Suite {
    /** As {@code --suite} names it, e.g. {@code arc_challenge}. */
    String name();

    /** What it needs, for {@code lion eval --list}. */
    Needs needs();

    /** Runs it, or goes on where an earlier call with the same store stopped. */
    SuiteResult run(EvalContext context);

    /**
     * @param data files or folders below the data folder, with the original's names
     * @param judge whether it needs a judge
     * @param questions how many the original has
     * @param about one line: what is measured, shots, metric
     */
    record Needs(java.util.List<String> data, boolean judge, int questions, String about) {}
}
