package org.lionalign.align.eval.arena;

import java.util.SortedSet;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a judge's text says ({@code get_score} of arena-hard-auto v0.1).
 *
 * @param label null where there is none, or several that contradict each other
 * @param askAgain whether the judge is asked to finish: only where there is none
 */
record Verdict(@Nullable String label, boolean askAgain) {
    private static final Pattern LABEL = Pattern.compile("\\[\\[([AB<>=]+)]]");

    static Verdict of(String judgment) {
        SortedSet<String> found = new TreeSet<>();
        Matcher matcher = LABEL.matcher(judgment);
        while (matcher.find()) {
            found.add(matcher.group(1));
        }
        return found.size() == 1 ? new Verdict(found.first(), false) : new Verdict(null, found.isEmpty());
    }
}
