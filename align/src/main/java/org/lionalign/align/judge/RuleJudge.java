package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.JudgeRecipe;

/**
 * Conditions on an answer; its score is how many of them hold, each text of {@code contains} and {@code lacks} counting for itself, plus, with
 * {@code prefer}, the share of the other answers that it is longer (shorter) than, ties as a half.
 *
 * <p>Where {@code number_column} names a column that the row lacks or that holds no number, the answers fail: there is nothing to compare with.
 */
public final class RuleJudge implements Judge {
    private static final Pattern NUMBER = Pattern.compile("[-−]?(?:\\d[\\d,]*(?:\\.\\d+)?|\\.\\d+)");

    private final JudgeRecipe.Rule rule;
    private final @Nullable Pattern matches;
    private final String identity;

    public RuleJudge(JudgeRecipe.Rule rule) {
        this.rule = rule;
        this.matches = rule.matches() == null ? null : compiled(rule.matches());
        this.identity = "rule " + rule;
    }

    private static Pattern compiled(String expression) {
        try {
            return Pattern.compile(expression);
        } catch (PatternSyntaxException e) {
            throw new BadInput(
                    "judge.rule.matches: expected a regular expression, found " + expression + ": "
                            + e.getDescription(),
                    e);
        }
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public void judge(List<Question> questions, Sink sink) {
        for (int q = 0; q < questions.size(); q++) {
            sink.onJudgement(q, judge(questions.get(q)));
        }
    }

    private Judgement judge(Question question) {
        List<String> answers = question.answers();
        BigDecimal wanted = null;
        if (rule.numberColumn() != null) {
            JsonNode row = question.row();
            // lion sample keeps the prompt's own columns together under row.
            JsonNode own = row.has(rule.numberColumn()) ? row : row.path("row");
            wanted = lastNumber(own.path(rule.numberColumn()).asText(""));
            if (wanted == null) {
                return Judgement.failed(answers.size(), "no_reference");
            }
        }
        double[] scores = new double[answers.size()];
        for (int a = 0; a < scores.length; a++) {
            scores[a] = held(answers.get(a), wanted);
            if (rule.prefer() != null && scores.length > 1) {
                scores[a] += preferred(answers, a, rule.prefer().equals("longer") ? 1 : -1);
            }
        }
        return Judgement.of(scores);
    }

    private int held(String answer, @Nullable BigDecimal wanted) {
        int characters = answer.codePointCount(0, answer.length());
        int held = 0;
        held += rule.minCharacters() != null && characters >= rule.minCharacters() ? 1 : 0;
        held += rule.maxCharacters() != null && characters <= rule.maxCharacters() ? 1 : 0;
        held += matches != null && matches.matcher(answer).find() ? 1 : 0;
        for (String text : rule.contains()) {
            held += answer.contains(text) ? 1 : 0;
        }
        for (String text : rule.lacks()) {
            held += answer.contains(text) ? 0 : 1;
        }
        held += rule.json() && isJson(answer) ? 1 : 0;
        BigDecimal last = wanted == null ? null : lastNumber(answer);
        held += last != null && wanted != null && last.compareTo(wanted) == 0 ? 1 : 0;
        return held;
    }

    /** Share of the others that answer {@code a} is longer than. */
    private static double preferred(List<String> answers, int a, int sign) {
        double sum = 0;
        int mine = answers.get(a).codePointCount(0, answers.get(a).length());
        for (int other = 0; other < answers.size(); other++) {
            if (other != a) {
                int theirs =
                        answers.get(other).codePointCount(0, answers.get(other).length());
                int compared = sign * Integer.compare(mine, theirs);
                sum += compared > 0 ? 1 : compared == 0 ? 0.5 : 0;
            }
        }
        return sum / (answers.size() - 1);
    }

    private static boolean isJson(String answer) {
        try {
            Json.parse(answer, "answer");
            return true;
        } catch (BadInput e) {
            return false;
        }
    }

    /** The last number of a text, separators of thousands left out; null where there is none. */
    static @Nullable BigDecimal lastNumber(String text) {
        Matcher matcher = NUMBER.matcher(text);
        String last = null;
        while (matcher.find()) {
            last = matcher.group();
        }
        return last == null ? null : new BigDecimal(last.replace(",", "").replace('−', '-'));
    }
}
