package org.lionalign.align.eval.harness.generative;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lionalign.align.eval.python.PyRegex;
import org.lionalign.align.eval.python.PyText;

/**
 * The harness's regex filter ({@code filters/extraction.py}): of all matches the first or the last, of its groups the first that is not
 * empty, stripped.
 */
final class Extraction {
    /** What stands for an answer that was not found. */
    static final String INVALID = "[invalid]";

    private final Pattern pattern;
    private final boolean last;

    Extraction(String python, boolean last) {
        this.pattern = PyRegex.compile(python);
        this.last = last;
    }

    String from(String answer) {
        Matcher matcher = pattern.matcher(answer);
        List<MatchResult> matches = matcher.results().toList();
        if (matches.isEmpty()) {
            return INVALID;
        }
        MatchResult match = matches.get(last ? matches.size() - 1 : 0);
        if (match.groupCount() == 1) {
            return PyText.strip(match.group(1));
        }
        for (int g = 1; g <= match.groupCount(); g++) {
            if (match.group(g) != null && !match.group(g).isEmpty()) {
                return PyText.strip(match.group(g));
            }
        }
        return INVALID;
    }
}
