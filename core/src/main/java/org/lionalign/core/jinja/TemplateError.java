package org.lionalign.core.jinja;

/** What went wrong at a line of a template; {@link Template} adds the template's name. */
final class TemplateError extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final int line;

    TemplateError(int line, String message) {
        super(message);
        this.line = line;
    }
}
