package org.lionalign.cli;

import me.tongfei.progressbar.ConsoleProgressBarConsumer;

/** Whether a person is there; the launcher asks the shell, for {@code System.console()} stopped saying so in JDK 22. */
final class Terminal {
    private Terminal() {}

    /** Somebody types at standard input. */
    static boolean input() {
        return "1".equals(System.getenv("LION_TTY_IN"));
    }

    /** Somebody reads standard output, and does not mind colours. */
    static boolean colours() {
        return "1".equals(System.getenv("LION_TTY_OUT")) && System.getenv("NO_COLOR") == null;
    }

    /** Somebody reads standard error. */
    static boolean errors() {
        return "1".equals(System.getenv("LION_TTY_ERR"));
    }

    /**
     * Where the progress bars of a library are drawn: standard error, as wide as the launcher says. The library's own way to find the width
     * goes through JLine, which takes Ctrl-C away from the JVM, so that a run would end without a checkpoint.
     */
    static ConsoleProgressBarConsumer bars() {
        String columns = System.getenv("LION_COLUMNS");
        int width = columns != null && columns.matches("\\d{2,4}") ? Integer.parseInt(columns) : 120;
        return new ConsoleProgressBarConsumer(System.err, width - 1);
    }
}
