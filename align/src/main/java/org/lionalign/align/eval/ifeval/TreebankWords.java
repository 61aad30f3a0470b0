package org.lionalign.align.eval.ifeval;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.lionalign.align.eval.python.PyRegex;
import org.lionalign.align.eval.python.PyText;

/**
 * {@code nltk.word_tokenize}: sentences, each taken apart by the substitutions of {@code NLTKWordTokenizer} (NLTK 3.10.4,
 * {@code nltk/tokenize/destructive.py}, after Robert MacIntyre's Penn Treebank script), in its order.
 */
final class TreebankWords {
    private record Rule(Pattern pattern, String replacement) {
        static Rule of(String pattern, String replacement) {
            return new Rule(PyRegex.compile(pattern), replacement);
        }

        static Rule anyCase(String pattern, String replacement) {
            return new Rule(PyRegex.compile(pattern, Pattern.CASE_INSENSITIVE), replacement);
        }
    }

    private static final List<Rule> BEFORE_PADDING = List.of(
            Rule.of("([«“‘„]|[`]+)", " $1 "),
            Rule.of("^\"", "``"),
            Rule.of("(``)", " $1 "),
            Rule.of("([ (\\[{<])(\"|'{2})", "$1 `` "),
            new Rule(
                    Pattern.compile( // of the regex module, whose \\w has marks
                            "(?<!\\w)(')(?!(?:re|ve|ll|m|t|s|d|n)\\b)(?=\\w)",
                            Pattern.CASE_INSENSITIVE | Pattern.UNICODE_CHARACTER_CLASS | Pattern.UNIX_LINES),
                    "$1 "),
            Rule.of("([^.])(\\.)([\\])}>\"'»”’ ]*+)\\s*$", "$1 $2 $3 "),
            Rule.of("([:,])([^\\d])", " $1 $2"),
            Rule.of("([:,])$", " $1 "),
            Rule.of("\\.{2,}", " $0 "),
            Rule.of("[;@#$%&]", " $0 "),
            Rule.of("[\\u2012-\\u2015]", " $0 "),
            Rule.of("([^.])(\\.)([\\])}>\"']*)\\s*$", "$1 $2$3 "),
            Rule.of("[?!]", " $0 "),
            Rule.of("([^'])' ", "$1 ' "),
            Rule.of("[*]", " $0 "),
            Rule.of("[\\]\\[(){}<>]", " $0 "),
            Rule.of("--", " -- "));

    private static final List<Rule> AFTER_PADDING = List.of(
            Rule.of("([»”’])", " $1 "),
            Rule.of("''", " '' "),
            Rule.of("\"", " '' "),
            Rule.of("\\s+", " "),
            Rule.of("([^' ])('[sS]|'[mM]|'[dD]|') ", "$1 $2 "),
            Rule.of("([^' ])('ll|'LL|'re|'RE|'ve|'VE|n't|N'T) ", "$1 $2 "),
            Rule.anyCase("\\b(can)(not)\\b", " $1 $2 "),
            Rule.anyCase("\\b(d)('ye)\\b", " $1 $2 "),
            Rule.anyCase("\\b(gim)(me)\\b", " $1 $2 "),
            Rule.anyCase("\\b(gon)(na)\\b", " $1 $2 "),
            Rule.anyCase("\\b(got)(ta)\\b", " $1 $2 "),
            Rule.anyCase("\\b(lem)(me)\\b", " $1 $2 "),
            Rule.anyCase("\\b(more)('n)\\b", " $1 $2 "),
            Rule.anyCase("\\b(wan)(na)(?=\\s)", " $1 $2 "),
            Rule.anyCase(" ('t)(is)\\b", " $1 $2 "),
            Rule.anyCase(" ('t)(was)\\b", " $1 $2 "));

    private final PunktSentences sentences;

    TreebankWords(PunktSentences sentences) {
        this.sentences = sentences;
    }

    List<String> tokenize(String text) {
        List<String> tokens = new ArrayList<>();
        for (String sentence : sentences.split(text)) {
            String spaced = " " + apply(BEFORE_PADDING, sentence) + " ";
            tokens.addAll(PyText.split(apply(AFTER_PADDING, spaced)));
        }
        return tokens;
    }

    private static String apply(List<Rule> rules, String text) {
        String changed = text;
        for (Rule rule : rules) {
            changed = rule.pattern().matcher(changed).replaceAll(rule.replacement());
        }
        return changed;
    }
}
