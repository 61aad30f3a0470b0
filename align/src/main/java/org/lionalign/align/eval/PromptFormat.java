package org.lionalign.align.eval;

import java.util.Map;
import org.lionalign.core.error.BadInput;

/** Fills the templates of official prompt files. What is filled in is never looked at again, so an answer cannot name another's place. */
public final class PromptFormat {
    private PromptFormat() {}

    /** Python's {@code str.format} with named fields, as in {@code {name}}; doubled braces stand for the braces themselves. */
    public static String python(String template, Map<String, String> fields, String origin) {
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < template.length(); i++) {
            char c = template.charAt(i);
            boolean twice = i + 1 < template.length() && template.charAt(i + 1) == c;
            if (c == '{' && !twice) {
                int end = template.indexOf('}', i);
                String name = end < 0 ? template.substring(i) : template.substring(i + 1, end);
                String value = fields.get(name);
                if (value == null) {
                    throw new BadInput(origin + ": expected fields of " + new java.util.TreeSet<>(fields.keySet())
                            + ", found {" + name + "}");
                }
                out.append(value);
                i = end;
            } else if (c == '}' && !twice) {
                throw new BadInput(origin + ": expected }} for a brace, found } at character " + i);
            } else {
                out.append(c);
                i += c == '{' || c == '}' ? 1 : 0;
            }
        }
        return out.toString();
    }

    /** Only the named fields are places, as AlpacaEval's templates want it; every other brace is itself. */
    public static String named(String template, Map<String, String> fields) {
        StringBuilder out = new StringBuilder();
        int at = 0;
        while (at < template.length()) {
            int end = template.charAt(at) == '{' ? template.indexOf('}', at) : -1;
            String value = end < 0 ? null : fields.get(template.substring(at + 1, end));
            if (value == null) {
                out.append(template.charAt(at++));
            } else {
                out.append(value);
                at = end + 1;
            }
        }
        return out.toString();
    }
}
