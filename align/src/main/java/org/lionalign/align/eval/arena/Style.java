package org.lionalign.align.eval.arena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/**
 * How an answer looks ({@code add_markdown_info.py} of arena-hard-auto).
 *
 * @param tokens length
 * @param headers markdown headings, code blocks left out
 * @param lists markdown list items
 * @param bolds bold passages
 */
record Style(long tokens, long headers, long lists, long bolds) {
    static final int FEATURES = 4;

    private static final Pattern CODE = Pattern.compile("```[^`]*```");
    // Python's \s and \d know all of Unicode.
    private static final Pattern HEADER = unicode("^#{1,6}\\s");
    private static final Pattern ORDERED = unicode("^\\s*\\d+\\.\\s");
    private static final Pattern UNORDERED = unicode("^\\s*[-*+]\\s");
    private static final Pattern STARS = Pattern.compile("\\*\\*[^*\\n]+\\*\\*");
    private static final Pattern LOW_LINES = Pattern.compile("__[^_\\n]+__");

    private static Pattern unicode(String regex) {
        // Python's multi-line ^ stands after \n only.
        return Pattern.compile(regex, Pattern.MULTILINE | Pattern.UNIX_LINES | Pattern.UNICODE_CHARACTER_CLASS);
    }

    static Style of(String answer, long tokens) {
        String prose = answer;
        Matcher code = CODE.matcher(answer);
        while (code.find()) {
            // The official tool takes out the block's inside, wherever it stands in the text.
            prose = prose.replace(answer.substring(code.start() + 3, code.end() - 3), "");
        }
        return new Style(
                tokens,
                count(HEADER, prose),
                count(ORDERED, prose) + count(UNORDERED, prose),
                count(STARS, prose) + count(LOW_LINES, prose));
    }

    private static long count(Pattern pattern, String text) {
        return pattern.matcher(text).results().count();
    }

    /** Of an answer's {@code conv_metadata} or {@code metadata}. */
    static Style ofAnswer(Path file, JsonLines.Row row, JsonNode meta) {
        return new Style(
                sum(file, row, meta, "token_len"),
                sum(file, row, meta, "header_count"),
                sum(file, row, meta, "list_count"),
                sum(file, row, meta, "bold_count"));
    }

    /** Of one side of a battle's {@code conv_metadata}. */
    static Style ofBattle(Path file, JsonLines.Row row, JsonNode meta, String side) {
        return new Style(
                sum(file, row, meta, "sum_assistant_" + side + "_tokens"),
                sum(file, row, meta, "header_count_" + side),
                sum(file, row, meta, "list_count_" + side),
                sum(file, row, meta, "bold_count_" + side));
    }

    private static long sum(Path file, JsonLines.Row row, JsonNode meta, String key) {
        JsonNode value = meta.path(key);
        if (value.isIntegralNumber()) {
            return value.longValue();
        }
        if (!value.isObject()) {
            throw BadInput.of(file, row.line(), "metadata." + key, "a count, or counts by kind", value.toString());
        }
        long sum = 0;
        for (JsonNode part : value) {
            sum += part.asLong();
        }
        return sum;
    }

    double feature(int i) {
        return switch (i) {
            case 0 -> tokens;
            case 1 -> headers;
            case 2 -> lists;
            default -> bolds;
        };
    }

    ObjectNode json() {
        ObjectNode node = Json.object();
        node.put("token_len", tokens);
        node.put("header_count", headers);
        node.put("list_count", lists);
        node.put("bold_count", bolds);
        return node;
    }
}
