package org.lionalign.align.eval.ifeval;

import java.util.List;
import java.util.TreeSet;
import java.util.function.IntPredicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.lionalign.align.eval.python.PyRegex;
import org.lionalign.align.eval.python.PyText;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** Instructions about words, letters, case and language. Keywords are patterns, as in Google's code: {@code a.b} finds {@code axb}. */
final class WordChecks {
    private final TreebankWords tokens;

    WordChecks(TreebankWords tokens) {
        this.tokens = tokens;
    }

    Checker existence(Arguments arguments) {
        List<Pattern> keywords = arguments.texts("keywords").stream()
                .map(word -> pattern(word, word))
                .toList();
        return answer -> keywords.stream().allMatch(word -> word.matcher(answer).find());
    }

    Checker frequency(Arguments arguments) {
        String keyword = PyText.strip(arguments.text("keyword"));
        Pattern pattern = pattern(keyword, keyword);
        IntPredicate enough = arguments.relation("relation", arguments.count("frequency"));
        return answer -> enough.test((int) pattern.matcher(answer).results().count());
    }

    Checker forbidden(Arguments arguments) {
        List<Pattern> words = new TreeSet<>(arguments.texts("forbidden_words"))
                .stream().map(word -> pattern("\\b" + word + "\\b", word)).toList();
        return answer -> words.stream().noneMatch(word -> word.matcher(answer).find());
    }

    private static Pattern pattern(String python, String word) {
        try {
            return PyRegex.compile(python, Pattern.CASE_INSENSITIVE);
        } catch (PatternSyntaxException e) {
            throw new BadInput("keyword: expected a regular expression, found " + word + ": " + e.getDescription(), e);
        }
    }

    Checker letters(Arguments arguments) {
        String letter = PyText.lower(arguments.text("letter"));
        if (letter.codePointCount(0, letter.length()) != 1) {
            throw arguments.wrong("letter", "one character", Json.MAPPER.valueToTree(letter));
        }
        int wanted = letter.codePointAt(0);
        IntPredicate enough = arguments.relation("let_relation", arguments.count("let_frequency"));
        return answer -> enough.test(
                (int) PyText.lower(answer).codePoints().filter(c -> c == wanted).count());
    }

    Checker language(Arguments arguments) {
        String language = arguments.text("language");
        return answer -> {
            String found = LanguageDetector.detect(answer);
            return found == null || found.equals(language); // nothing to judge by counts as followed
        };
    }

    Checker capitalWords(Arguments arguments) {
        IntPredicate enough = arguments.relation("capital_relation", arguments.count("capital_frequency"));
        return answer -> enough.test(
                (int) tokens.tokenize(answer).stream().filter(PyText::isUpper).count());
    }

    Checker englishCapital(Arguments arguments) {
        return answer -> PyText.isUpper(answer) && isEnglish(answer);
    }

    Checker englishLowercase(Arguments arguments) {
        return answer -> PyText.isLower(answer) && isEnglish(answer);
    }

    private static boolean isEnglish(String answer) {
        String found = LanguageDetector.detect(answer);
        return found == null || found.equals("en");
    }

    Checker noComma(Arguments arguments) {
        return answer -> answer.indexOf(',') < 0;
    }
}
