package org.lionalign.cub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * Decides whether an answer satisfies the constraints of its instruction.
 *
 * <pre>{@code
 * Checker.Verdict verdict = Checker.check(Checker.parse(row.get("check"), "heldout.jsonl:1"), answer);
 * }</pre>
 */
public final class Checker {
    /** The constraint's name, whether it holds, and if not, why. */
    public record Finding(String constraint, boolean holds, String reason) {}

    /** All findings, in the order of the constraints. */
    public record Verdict(List<Finding> findings) {
        public Verdict {
            findings = List.copyOf(findings);
        }

        /** Whether every constraint holds. */
        public boolean passes() {
            return findings.stream().allMatch(Finding::holds);
        }

        /** The share of constraints that hold, 0 to 1; an answer without words has 0. */
        public double score() {
            return findings.stream().filter(Finding::holds).count() / (double) findings.size();
        }

        /** The reasons of what does not hold. */
        public List<String> reasons() {
            return findings.stream().filter(f -> !f.holds).map(Finding::reason).toList();
        }
    }

    private static final Set<String> VOCABULARY = vocabulary();

    private Checker() {}

    /** The constraints of a row; {@code origin} names file and line in the error. */
    public static List<Constraint> parse(@Nullable JsonNode check, String origin) {
        if (check == null || !check.isArray() || check.isEmpty()) {
            throw new BadInput(origin + ": check: expected a list of constraints, found "
                    + (check == null ? "nothing" : check.toString()));
        }
        try {
            return Json.MAPPER
                    .readerFor(new TypeReference<List<Constraint>>() {})
                    .readValue(check);
        } catch (JsonProcessingException e) {
            throw new BadInput(origin + ": check: expected known constraints, found: " + e.getOriginalMessage(), e);
        } catch (java.io.IOException e) {
            throw new BadInput(origin + ": check: " + e.getMessage(), e);
        }
    }

    /** The constraints as a row carries them. */
    public static ArrayNode json(List<Constraint> constraints) {
        ArrayNode out = Json.MAPPER.createArrayNode();
        for (Constraint constraint : constraints) {
            out.add(Json.MAPPER.<JsonNode>valueToTree(constraint));
        }
        return out;
    }

    /** Judges one answer; any text is allowed. */
    public static Verdict check(List<Constraint> constraints, String answer) {
        if (constraints.isEmpty()) {
            throw new IllegalArgumentException("no constraints");
        }
        List<Finding> out = new ArrayList<>();
        for (Constraint constraint : constraints) {
            String fault = English.words(answer).isEmpty() ? "the answer has no words" : fault(constraint, answer);
            out.add(new Finding(
                    Json.MAPPER.valueToTree(constraint).get("type").asText(),
                    fault == null,
                    fault == null ? "" : fault));
        }
        return new Verdict(out);
    }

    private static @Nullable String fault(Constraint constraint, String answer) {
        List<String> words = English.words(answer);
        if (constraint instanceof Constraint.Contains c) {
            return has(words, c.phrase()) ? null : "\"" + c.phrase() + "\" is missing";
        } else if (constraint instanceof Constraint.Avoids c) {
            return has(words, c.word()) ? "\"" + c.word() + "\" occurs" : null;
        } else if (constraint instanceof Constraint.Sentences c) {
            return count("sentences", c.count(), English.sentences(answer).size());
        } else if (constraint instanceof Constraint.Lines c) {
            return count("lines", c.count(), lines(answer).size());
        } else if (constraint instanceof Constraint.Begins c) {
            return same("first word", c.word(), words.get(0));
        } else if (constraint instanceof Constraint.Ends c) {
            return same("last word", c.word(), words.get(words.size() - 1));
        } else if (constraint instanceof Constraint.MaxWords c) {
            return words.size() <= c.count() ? null : "expected at most " + c.count() + " words, found " + words.size();
        } else if (constraint instanceof Constraint.Total c) {
            String last = words.stream()
                    .map(Checker::digits)
                    .filter(w -> !w.isEmpty())
                    .reduce("none", (a, b) -> b);
            return same("number", String.valueOf(c.value()), last);
        } else if (constraint instanceof Constraint.Items c) {
            return items(c, list(answer));
        } else if (constraint instanceof Constraint.Sequence c) {
            List<String> found = list(answer);
            List<String> expected = c.items().stream().map(English::lower).toList();
            return found.equals(expected)
                    ? null
                    : "expected " + String.join(", ", expected) + "; found " + String.join(", ", found);
        } else if (constraint instanceof Constraint.Repeat c) {
            for (String word : words) {
                if (!word.equals(English.lower(c.word()))) {
                    return "expected only \"" + c.word() + "\", found \"" + word + "\"";
                }
            }
            return count("repetitions", c.count(), words.size());
        } else if (constraint instanceof Constraint.Speakers c) {
            return speakers(c.names(), lines(answer));
        } else if (constraint instanceof Constraint.Clean c) {
            return unclean(answer, words, c.prose());
        }
        throw new IllegalStateException("no rule for " + constraint);
    }

    private static boolean has(List<String> words, String phrase) {
        return java.util.Collections.indexOfSubList(words, English.words(phrase)) >= 0;
    }

    private static @Nullable String count(String what, int expected, int found) {
        return expected == found ? null : "expected " + expected + " " + what + ", found " + found;
    }

    private static @Nullable String same(String what, String expected, String found) {
        return English.lower(expected).equals(found) ? null : what + ": expected " + expected + ", found " + found;
    }

    private static String digits(String word) {
        for (int i = 0; i <= 10; i++) {
            if (English.number(i).equals(word)) {
                return String.valueOf(i);
            }
        }
        return word.chars().allMatch(Character::isDigit) ? word.replaceFirst("^0+(?=.)", "") : "";
    }

    private static List<String> lines(String answer) {
        return answer.lines().filter(l -> !l.isBlank()).toList();
    }

    /** The items of a list: by commas, lines or a last "and"; what stands before a colon, bullets, numbering and a full stop are dropped. */
    static List<String> list(String answer) {
        List<String> out = new ArrayList<>();
        String items = answer.strip().replaceFirst("^[^:,\n]*:\\s*", "");
        for (String part : items.replaceFirst("\\.$", "").split(",|\n|\\band\\b")) {
            String item = part.strip().replaceFirst("^([-*]|\\d+\\.)\\s+", "").replaceFirst("^(an?|the) ", "");
            if (!item.isEmpty()) {
                out.add(English.lower(item));
            }
        }
        return out;
    }

    private static @Nullable String items(Constraint.Items constraint, List<String> found) {
        List<String> category = World.CATEGORIES.get(constraint.category());
        if (category == null) {
            return "no category " + constraint.category() + " in this world";
        }
        List<String> members = category.stream().map(English::lower).toList();
        for (String item : found) {
            if (!members.contains(item)) {
                return "\"" + item + "\" is not one of the " + constraint.category();
            }
        }
        if (new HashSet<>(found).size() < found.size()) {
            return "an item occurs twice";
        }
        return count("items", constraint.count(), found.size());
    }

    private static @Nullable String speakers(List<String> names, List<String> lines) {
        Set<String> spoke = new TreeSet<>();
        String before = "";
        for (String line : lines) {
            int colon = line.indexOf(": ");
            String name = colon < 0 ? "" : line.substring(0, colon);
            if (!names.contains(name)) {
                return "expected a line of " + String.join(" or ", names) + ", found \"" + line + "\"";
            }
            if (name.equals(before)) {
                return name + " speaks twice in a row";
            }
            before = name;
            spoke.add(name);
        }
        return spoke.size() == names.size() ? null : "expected " + names.size() + " speakers, found " + spoke.size();
    }

    private static @Nullable String unclean(String answer, List<String> words, boolean prose) {
        if (answer.contains("<|")) {
            return "chat markup in the answer";
        }
        for (int i = 0; i < words.size(); i++) {
            String word = words.get(i);
            if (!VOCABULARY.contains(word) && !word.chars().allMatch(Character::isDigit)) {
                return "\"" + word + "\" is no word of this world";
            }
            if (i > 0 && word.equals(words.get(i - 1))) {
                return "\"" + word + " " + word + "\"";
            }
        }
        List<String> sentences = English.sentences(answer);
        if (prose && new HashSet<>(sentences).size() < sentences.size()) {
            return "a sentence occurs twice";
        }
        return prose && !English.finished(answer) ? "the last sentence is not finished" : null;
    }

    /** Every word that an answer may use, in lower case. */
    static Set<String> vocabulary() {
        Set<String> out = new TreeSet<>(World.vocabulary());
        out.addAll(StoryTeller.GRAMMAR.words());
        out.addAll(World.words("he she him her his himself herself an it there you boy girl plus minus has have"
                + " opposite of bigger smaller than add from take now more"
                + " eats gets if is are say said times alphabet animal begins between ends lines list numbers order"
                + " sentences word words"));
        return out;
    }
}
