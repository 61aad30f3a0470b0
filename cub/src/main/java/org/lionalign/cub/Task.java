package org.lionalign.cub;

import java.util.List;

/**
 * One instruction with everything that belongs to it.
 *
 * @param family which kind of instruction
 * @param content what is asked for, without the wording: instructions of equal content are in the same split
 * @param prompt the user's words
 * @param checks what a right answer satisfies
 * @param gold writes right answers
 * @param flaws ways to write wrong ones, by name
 */
record Task(String family, String content, String prompt, List<Constraint> checks, Writer gold, List<Flaw> flaws) {
    /** Writes one answer. */
    interface Writer {
        String write(Draw draw);
    }

    /** A natural way to fail. */
    record Flaw(String name, Writer writer) {}

    /** An answer with the name of its flaw; {@code none} for a right one. */
    record Answer(String text, String flaw) {}

    private static final int TRIES = 200;

    /** An answer that passes every check. */
    Answer right(Draw draw) {
        for (int i = 0; i < TRIES; i++) {
            String text = gold.write(draw);
            if (Checker.check(checks, text).passes()) {
                return new Answer(text, "none");
            }
        }
        throw new IllegalStateException("no right answer for: " + prompt + "; last: " + gold.write(draw) + " "
                + Checker.check(checks, gold.write(draw)).reasons());
    }

    /** An answer that fails at least one check. */
    Answer wrong(Draw draw) {
        for (int i = 0; i < TRIES; i++) {
            Flaw flaw = draw.pick(flaws);
            String text = flaw.writer().write(draw);
            if (!text.isBlank() && !Checker.check(checks, text).passes()) {
                return new Answer(text, flaw.name());
            }
        }
        throw new IllegalStateException("no wrong answer for: " + prompt);
    }
}
