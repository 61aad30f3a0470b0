package org.lionalign.align.eval.ifeval;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.lionalign.align.eval.python.PyJson;
import org.lionalign.align.eval.python.PyRegex;
import org.lionalign.align.eval.python.PyText;

/** Instructions about shape: lists, titles, sections, quotes, JSON, beginnings and ends. */
final class FormatChecks {
    private static final Pattern PLACEHOLDER = PyRegex.compile("\\[.*?\\]");
    private static final Pattern STAR_BULLET = PyRegex.compile("^\\s*\\*[^\\*].*$", Pattern.MULTILINE);
    private static final Pattern DASH_BULLET = PyRegex.compile("^\\s*-.*$", Pattern.MULTILINE);
    private static final Pattern HIGHLIGHT = PyRegex.compile("\\*[^\\n\\*]*\\*");
    private static final Pattern DOUBLE_HIGHLIGHT = PyRegex.compile("\\*\\*[^\\n\\*]*\\*\\*");
    private static final Pattern TITLE = PyRegex.compile("<<[^\\n]+>>");
    private static final List<String> CONSTRAINED =
            List.of("My answer is yes.", "My answer is no.", "My answer is maybe.");

    private static int count(Pattern pattern, String answer) {
        return (int) pattern.matcher(answer).results().count();
    }

    Checker placeholders(Arguments arguments) {
        int least = arguments.count("num_placeholders");
        return answer -> count(PLACEHOLDER, answer) >= least;
    }

    Checker postscript(Arguments arguments) {
        String marker = PyText.strip(arguments.text("postscript_marker"));
        Pattern pattern = PyRegex.compile(
                switch (marker) {
                    case "P.P.S" -> "\\s*p\\.\\s?p\\.\\s?s.*$";
                    case "P.S." -> "\\s*p\\.\\s?s\\..*$";
                    default -> "\\s*" + PyText.lower(marker) + ".*$";
                },
                Pattern.MULTILINE);
        return answer -> pattern.matcher(PyText.lower(answer)).find();
    }

    Checker bullets(Arguments arguments) {
        int wanted = arguments.count("num_bullets");
        return answer -> count(STAR_BULLET, answer) + count(DASH_BULLET, answer) == wanted;
    }

    Checker constrained(Arguments arguments) {
        return answer -> CONSTRAINED.stream().anyMatch(answer::contains);
    }

    Checker highlights(Arguments arguments) {
        int least = arguments.count("num_highlights");
        return answer -> {
            long single = HIGHLIGHT
                    .matcher(answer)
                    .results()
                    .map(MatchResult::group)
                    .filter(h -> !PyText.isBlank(PyText.strip(h, "*")))
                    .count();
            long twofold = DOUBLE_HIGHLIGHT
                    .matcher(answer)
                    .results()
                    .map(MatchResult::group)
                    .filter(h -> !PyText.isBlank(PyText.removeSuffix(PyText.removePrefix(h, "**"), "**")))
                    .count();
            return single + twofold >= least;
        };
    }

    Checker sections(Arguments arguments) {
        Pattern splitter = PyRegex.compile("\\s?" + PyText.strip(arguments.text("section_spliter")) + "\\s?\\d+\\s?");
        int least = arguments.count("num_sections");
        return answer -> count(splitter, answer) >= least;
    }

    Checker json(Arguments arguments) {
        return answer -> {
            String value = PyText.strip(answer);
            for (String fence : List.of("```json", "```Json", "```JSON", "```")) {
                value = PyText.removePrefix(value, fence);
            }
            return PyJson.loads(PyText.strip(PyText.removeSuffix(value, "```")));
        };
    }

    Checker title(Arguments arguments) {
        return answer -> TITLE.matcher(answer)
                .results()
                .map(MatchResult::group)
                .anyMatch(title -> !PyText.isBlank(PyText.rstrip(PyText.lstrip(title, "<"), ">")));
    }

    Checker twoResponses(Arguments arguments) {
        return answer -> {
            List<String> pieces = PyText.split(answer, "******");
            List<String> responses = new ArrayList<>();
            for (int i = 0; i < pieces.size(); i++) {
                if (!PyText.isBlank(pieces.get(i))) {
                    responses.add(PyText.strip(pieces.get(i)));
                } else if (i != 0 && i != pieces.size() - 1) {
                    return false;
                }
            }
            return responses.size() == 2 && !responses.get(0).equals(responses.get(1));
        };
    }

    Checker repeatPrompt(Arguments arguments) {
        String prompt = PyText.lower(PyText.strip(arguments.text("prompt_to_repeat")));
        return answer -> PyText.lower(PyText.strip(answer)).startsWith(prompt);
    }

    Checker end(Arguments arguments) {
        String phrase = PyText.lower(PyText.strip(arguments.text("end_phrase")));
        return answer -> PyText.lower(PyText.strip(PyText.strip(answer), "\"")).endsWith(phrase);
    }

    Checker quotation(Arguments arguments) {
        return answer -> {
            String value = PyText.strip(answer);
            return value.length() > 1 && value.startsWith("\"") && value.endsWith("\"");
        };
    }
}
