package org.lionalign.align.eval.python;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** Against CPython 3.11: {@code re.findall} and {@code json.loads}. */
class PyRegexTest {
    private static List<String> all(String pattern, String text) {
        return PyRegex.compile(pattern)
                .matcher(text)
                .results()
                .map(MatchResult::group)
                .toList();
    }

    @Test
    void classesKnowAllScripts() {
        assertThat(all("\\w+", "Übung éa 名前_1 x²")).containsExactly("Übung", "éa", "名前_1", "x²");
        assertThat(all("\\w+", "हिन्दी")).containsExactly("ह", "न", "द"); // marks are no word characters to re
        assertThat(all("\\s", "a\u00a0b\u2003c\u001cd")).containsExactly("\u00a0", "\u2003", "\u001c");
        assertThat(all("\\bé\\w", "été café")).containsExactly("ét");
        assertThat(all("\\d+", "٣٤ 5²")).containsExactly("٣٤", "5");
    }

    @Test
    void bracesBracketsAndEnds() {
        assertThat(all("x{.+}", "x{ab}")).containsExactly("x{ab}");
        assertThat(all("a{2}", "aaa")).containsExactly("aa");
        assertThat(all("[[&^]+", "a[&^[")).containsExactly("[&^[");
        assertThat(all("[]a]+", "]a")).containsExactly("]a");
        assertThat(all(".+", "a\rb\u2028c\nd")).containsExactly("a\rb\u2028c", "d");
        assertThat(PyRegex.compile("STRASSE|É", Pattern.CASE_INSENSITIVE)
                        .matcher("é")
                        .find())
                .isTrue();
    }

    @Test
    void jsonAsPythonTakesIt() {
        for (String good : List.of(
                "{}", " [1, 2.5e-3, -0] ", "NaN", "-Infinity", "{\"a\":1,\"a\":2}", "\"\\ud800\"", "\"\\u00e9\"")) {
            assertThat(PyJson.loads(good)).as(good).isTrue();
        }
        for (String bad : List.of(
                "", "{", "[1,]", "01", "1.", "+1", "{'a':1}", "\"\t\"", "\ufeff{}", "tru", "\"\\x\"", "1 2", "[1]]")) {
            assertThat(PyJson.loads(bad)).as(bad).isFalse();
        }
    }
}
