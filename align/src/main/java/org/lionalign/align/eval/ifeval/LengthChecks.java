package org.lionalign.align.eval.ifeval;

import java.util.List;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import org.lionalign.align.eval.python.PyRegex;
import org.lionalign.align.eval.python.PyText;
import org.lionalign.core.json.Json;

/** Instructions about how many sentences, words and paragraphs there are. */
final class LengthChecks {
    /** NLTK searches with the {@code regex} module, whose {@code \w} is that of Unicode (UTS 18), marks included. */
    private static final Pattern WORD = Pattern.compile("\\w+", Pattern.UNICODE_CHARACTER_CLASS);

    private static final Pattern DIVIDER = PyRegex.compile("\\s?\\*\\*\\*\\s?");

    private final PunktSentences sentences;

    LengthChecks(PunktSentences sentences) {
        this.sentences = sentences;
    }

    Checker sentences(Arguments arguments) {
        IntPredicate enough = arguments.relation("relation", arguments.count("num_sentences"));
        return answer -> enough.test(sentences.split(answer).size());
    }

    Checker words(Arguments arguments) {
        IntPredicate enough = arguments.relation("relation", arguments.count("num_words"));
        return answer -> enough.test(countWords(answer));
    }

    /** {@code count_words}: runs of {@code \w}. */
    static int countWords(String text) {
        return (int) WORD.matcher(text).results().count();
    }

    Checker paragraphs(Arguments arguments) {
        int wanted = arguments.count("num_paragraphs");
        return answer -> {
            String[] paragraphs = DIVIDER.split(answer, -1);
            int count = paragraphs.length;
            for (int i = 0; i < paragraphs.length; i++) {
                if (PyText.isBlank(paragraphs[i])) {
                    if (i > 0 && i < paragraphs.length - 1) {
                        return false;
                    }
                    count--;
                }
            }
            return count == wanted;
        };
    }

    Checker firstWord(Arguments arguments) {
        int wanted = arguments.count("num_paragraphs");
        int nth = arguments.count("nth_paragraph");
        if (nth > wanted) {
            throw arguments.wrong(
                    "nth_paragraph", "at most num_paragraphs, which is " + wanted, Json.MAPPER.valueToTree(nth));
        }
        String first = PyText.lower(arguments.text("first_word"));
        return answer -> {
            List<String> paragraphs = PyText.split(answer, "\n\n");
            int count =
                    (int) paragraphs.stream().filter(p -> !PyText.isBlank(p)).count();
            // As in the original the n-th piece is looked up with the blank ones, but compared with the count without
            // them.
            if (nth > count || PyText.isBlank(paragraphs.get(nth - 1))) {
                return false;
            }
            return count == wanted && firstWord(paragraphs.get(nth - 1)).equals(first);
        };
    }

    private static String firstWord(String paragraph) {
        String word = PyText.lstrip(PyText.lstrip(PyText.split(paragraph).get(0), "'"), "\"");
        int end = 0;
        while (end < word.length() && ".,?!'\"".indexOf(word.charAt(end)) < 0) {
            end++;
        }
        return PyText.lower(word.substring(0, end));
    }
}
