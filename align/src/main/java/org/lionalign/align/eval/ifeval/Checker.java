package org.lionalign.align.eval.ifeval;

/** Decides whether an answer follows one instruction with its arguments; never asked about a blank answer. */
@FunctionalInterface
interface Checker {
    boolean follows(String answer);
}
