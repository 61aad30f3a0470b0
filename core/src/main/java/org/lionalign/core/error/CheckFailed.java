package org.lionalign.core.error;

/**
 * A run stops because something in it is not as it must be: a value that is not finite, a check against the plain path that fails. The
 * input may be fine; the message says what was found and what may help. Exit code 4.
 */
public final class CheckFailed extends RuntimeException {
    private static final long serialVersionUID = 1L;

    public CheckFailed(String message) {
        super(message);
    }

    public CheckFailed(String message, Throwable cause) {
        super(message, cause);
    }
}
