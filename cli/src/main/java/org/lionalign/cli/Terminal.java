package org.lionalign.cli;

/** Whether a person is there; the launcher asks the shell, for {@code System.console()} stopped saying so in JDK 22. */
final class Terminal {
    private Terminal() {}

    /** Somebody types at standard input. */
    static boolean input() {
        return "1".equals(System.getenv("LION_TTY_IN"));
    }

    /** Somebody reads standard error. */
    static boolean errors() {
        return "1".equals(System.getenv("LION_TTY_ERR"));
    }
}
