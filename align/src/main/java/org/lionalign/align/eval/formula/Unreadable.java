package org.lionalign.align.eval.formula;

/** A text that is no formula of the grammar; says nothing about the input's being wrong. */
final class Unreadable extends Exception {
    private static final long serialVersionUID = 1L;

    Unreadable(String what) {
        super(what, null, false, false);
    }
}
