package org.lionalign.cub;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import org.lionalign.cub.Task.Flaw;

/** The families of short instructions: lists, order, sums, words and facts. {@link ProseFamilies} has the longer ones. */
final class Families {
    /** Draws one instruction of its family. */
    interface Family {
        Task draw(Draw draw);
    }

    /** Every family with its weight in the mixture. */
    record Weighted(String name, int weight, Family family) {}

    static final List<Weighted> ALL = List.of(
            new Weighted("story", 14, ProseFamilies::story),
            new Weighted("story_count", 8, ProseFamilies::storyCount),
            new Weighted("story_end", 10, ProseFamilies::storyEnd),
            new Weighted("story_full", 8, ProseFamilies::storyFull),
            new Weighted("describe", 10, ProseFamilies::describe),
            new Weighted("talk", 10, ProseFamilies::talk),
            new Weighted("list", 10, Families::list),
            new Weighted("sort_letters", 5, Families::sortLetters),
            new Weighted("sort_numbers", 5, Families::sortNumbers),
            new Weighted("sort_size", 4, Families::sortSize),
            new Weighted("pick", 5, Families::pick),
            new Weighted("sum", 8, Families::sum),
            new Weighted("repeat", 6, Families::repeat),
            new Weighted("opposite", 3, Families::opposite),
            new Weighted("compare", 4, Families::compare),
            new Weighted("fact", 4, Families::fact));

    private static final List<String> COMMANDS =
            World.words("Write Tell List Name Give Describe Put Sort Say Find Add Take Answer");

    private Families() {}

    /** The wording: now and then a polite one. */
    static String ask(Draw draw, String... forms) {
        String form = draw.pick(forms);
        String first = form.split(" ", 2)[0];
        return draw.chance(0.15) && COMMANDS.contains(first)
                ? "Please " + English.lower(first) + form.substring(first.length())
                : form;
    }

    private static Task list(Draw draw) {
        String category = draw.pick(List.copyOf(World.CATEGORIES.keySet()));
        List<String> all = World.category(category);
        int n = draw.between(2, Math.min(6, all.size() - 1));
        String count = English.number(n);
        String lead = English.capital(count) + " " + category + ": ";
        String prompt = ask(
                draw,
                "List " + count + " " + category + ".",
                "Name " + count + " " + category + ".",
                "Write a list of " + count + " " + category + ".",
                "Give me " + count + " " + category + ".",
                "Can you name " + count + " " + category + "?",
                "I need " + count + " " + category + ".");
        List<Flaw> flaws = List.of(
                new Flaw("too few", d -> lead + commas(d.some(all, n - 1))),
                new Flaw("too many", d -> lead + commas(d.some(all, Math.min(all.size(), n + d.between(1, 2))))),
                new Flaw("twice", d -> {
                    List<String> items = d.some(all, n);
                    items.set(n - 1, items.get(0));
                    return lead + commas(items);
                }),
                new Flaw("stranger", d -> {
                    List<String> items = d.some(all, n);
                    items.set(d.below(n), d.pick(World.category(d.pick(List.copyOf(World.CATEGORIES.keySet())))));
                    return lead + commas(items);
                }));
        return new Task(
                "list",
                category + "/" + n,
                prompt,
                List.of(new Constraint.Items(category, n), new Constraint.Clean(false)),
                d -> lead + commas(d.some(all, n)),
                flaws);
    }

    private static Task sortLetters(Draw draw) {
        List<String> words = CorpusGenerator.sortable(draw, draw.between(3, 5));
        List<String> sorted = words.stream().sorted().toList();
        String given = commas(words);
        return sorted(
                "sort_letters",
                ask(
                        draw,
                        "Put these words in the order of the alphabet: " + given,
                        "Sort these words by the alphabet: " + given,
                        "Write these words in the order of the alphabet: " + given),
                "In the order of the alphabet: ",
                words,
                sorted);
    }

    private static Task sortNumbers(Draw draw) {
        List<Integer> up = CorpusGenerator.numbers(draw, draw.between(3, 5));
        boolean rising = draw.chance(0.5);
        List<String> sorted = (rising ? up : CorpusGenerator.reversed(up))
                .stream().map(String::valueOf).toList();
        List<String> mixed = draw.some(sorted, sorted.size());
        String way = rising ? "from small to big" : "from big to small";
        return sorted(
                "sort_numbers",
                ask(
                        draw,
                        "Put these numbers in order " + way + ": " + commas(mixed),
                        "Sort these numbers " + way + ": " + commas(mixed),
                        "Write these numbers " + way + ": " + commas(mixed)),
                English.capital(way) + ": ",
                mixed,
                sorted);
    }

    private static Task sortSize(Draw draw) {
        List<String> up = World.bySize(draw, draw.between(3, 4));
        boolean rising = draw.chance(0.5);
        List<String> sorted = rising ? up : CorpusGenerator.reversed(up);
        List<String> mixed = draw.some(sorted, sorted.size());
        String way = rising ? "from small to big" : "from big to small";
        return sorted(
                "sort_size",
                ask(
                        draw,
                        "Put these animals in order " + way + ": " + commas(mixed),
                        "Sort these animals " + way + ": " + commas(mixed),
                        "Write these animals " + way + ": " + commas(mixed)),
                English.capital(way) + ": ",
                mixed,
                sorted);
    }

    private static Task sorted(String family, String prompt, String lead, List<String> given, List<String> sorted) {
        List<Flaw> flaws = List.of(
                new Flaw("two swapped", d -> {
                    List<String> items = new ArrayList<>(sorted);
                    Collections.swap(items, d.below(items.size()), d.below(items.size()));
                    return lead + commas(items);
                }),
                new Flaw("as given", d -> lead + commas(given)),
                new Flaw("one missing", d -> {
                    List<String> items = new ArrayList<>(sorted);
                    items.remove(d.below(items.size()));
                    return lead + commas(items);
                }),
                new Flaw("other way", d -> lead + commas(CorpusGenerator.reversed(sorted))));
        return new Task(
                family,
                commas(sorted.stream().sorted().toList()),
                prompt,
                List.of(new Constraint.Sequence(sorted)),
                d -> lead + commas(sorted),
                flaws);
    }

    private static Task pick(Draw draw) {
        List<String> names = World.words("animals colors fruits vegetables clothes");
        String category = draw.pick(names);
        List<String> in = draw.some(World.category(category), draw.between(2, 3));
        List<String> out = new ArrayList<>();
        while (out.size() < 2) {
            String word =
                    draw.pick(World.words("drum key lamp bell box hammer saw circle star nose milk rope clock jar"));
            if (!out.contains(word)) {
                out.add(word);
            }
        }
        List<String> all = new ArrayList<>(in);
        all.addAll(out);
        List<String> mixed = draw.some(all, all.size());
        List<String> right = mixed.stream().filter(in::contains).toList();
        String given = commas(mixed);
        String lead = "The " + category + ": ";
        String prompt = ask(
                draw,
                "Which of these words are " + category + ": " + given + "?",
                "Find the " + category + " in this list: " + given,
                "Write only the " + category + ": " + given);
        List<Flaw> flaws = List.of(
                new Flaw("one missing", d -> lead + commas(d.some(right, right.size() - 1))),
                new Flaw("stranger", d -> {
                    List<String> items = new ArrayList<>(right);
                    items.set(d.below(items.size()), d.pick(out));
                    return lead + commas(items);
                }),
                new Flaw("all of them", d -> lead + given));
        return new Task(
                "pick",
                category + "/" + commas(all.stream().sorted().toList()),
                prompt,
                List.of(new Constraint.Sequence(right)),
                d -> lead + commas(right),
                flaws);
    }

    private static Task sum(Draw draw) {
        boolean minus = draw.chance(0.35);
        int a = draw.between(0, minus ? 20 : 12);
        int b = draw.between(0, minus ? a : 12);
        int c = minus ? a - b : a + b;
        String name = draw.pick(draw.chance(0.5) ? World.GIRLS : World.BOYS);
        String food = draw.pick(World.words("apples pears plums nuts berries carrots cookies"));
        boolean tale = draw.chance(0.35);
        String sign = minus ? " minus " : " plus ";
        String prompt = tale
                ? name + " has " + a + " " + food + " and " + (minus ? "eats " : "gets ") + b + (minus ? "" : " more")
                        + ". How many " + food + " does " + name + " have now?"
                : ask(
                        draw,
                        "What is " + a + sign + b + "?",
                        "How much is " + a + sign + b + "?",
                        minus ? "Take " + b + " from " + a + "." : "Add " + a + " and " + b + ".");
        WithNumber answer =
                n -> tale ? "Now " + name + " has " + n + " " + food + "." : a + sign + b + " is " + n + ".";
        return new Task(
                "sum",
                a + sign + b,
                prompt,
                List.of(new Constraint.Total(c), new Constraint.MaxWords(12), new Constraint.Clean(true)),
                d -> answer.with(c),
                List.of(
                        new Flaw("one off", d -> answer.with(Math.max(0, c + (d.chance(0.5) ? 1 : -1)))),
                        new Flaw("off", d -> answer.with(Math.max(0, c + d.between(-4, 4)))),
                        new Flaw("no number", d -> tale ? name + " has some " + food + "." : "I do not know.")));
    }

    private interface WithNumber {
        String with(int n);
    }

    private static Task repeat(Draw draw) {
        List<String> pool = new ArrayList<>(World.OBJECTS);
        pool.addAll(World.COLOURS);
        pool.addAll(World.category("animals"));
        String word = draw.pick(pool);
        int n = draw.between(2, 6);
        String times = English.number(n) + " times";
        return new Task(
                "repeat",
                word + "/" + n,
                ask(
                        draw,
                        "Say the word \"" + word + "\" " + times + ".",
                        "Write \"" + word + "\" " + times + ".",
                        "Write the word \"" + word + "\" " + times + ".",
                        "Can you say \"" + word + "\" " + times + "?"),
                List.of(new Constraint.Repeat(word, n)),
                d -> times(word, n),
                List.of(
                        new Flaw("too few", d -> times(word, n - 1)),
                        new Flaw("too many", d -> times(word, n + d.between(1, 2))),
                        new Flaw("other word", d -> times(d.pick(pool), n)),
                        new Flaw("only once", d -> word)));
    }

    private static Task opposite(Draw draw) {
        String word = draw.pick(List.copyOf(World.OPPOSITES.keySet()));
        String other = oppositeOf(word);
        return new Task(
                "opposite",
                word.compareTo(other) < 0 ? word + "/" + other : other + "/" + word,
                ask(
                        draw,
                        "What is the opposite of " + word + "?",
                        "Tell me the opposite of " + word + ".",
                        "Name the opposite of " + word + ".",
                        "What is the opposite of the word \"" + word + "\"?"),
                List.of(
                        new Constraint.Contains("the opposite of " + word + " is " + other),
                        new Constraint.MaxWords(8),
                        new Constraint.Clean(true)),
                d -> "The opposite of " + word + " is " + other + ".",
                List.of(
                        new Flaw(
                                "other word",
                                d -> "The opposite of " + word + " is " + d.pick(List.copyOf(World.OPPOSITES.keySet()))
                                        + "."),
                        new Flaw("same word", d -> "The opposite of " + word + " is " + word + "."),
                        new Flaw("turned away", d -> "I do not know.")));
    }

    private static Task compare(Draw draw) {
        List<String> two = World.bySize(draw, 2);
        List<String> mixed = draw.some(two, 2);
        boolean bigger = draw.chance(0.5);
        String more = bigger ? "bigger" : "smaller";
        String first = English.article(two.get(bigger ? 1 : 0));
        String second = English.article(two.get(bigger ? 0 : 1));
        String right = English.capital(first) + " is " + more + " than " + second + ".";
        return new Task(
                "compare",
                two.get(0) + "/" + two.get(1),
                ask(
                        draw,
                        "Which is " + more + ", " + English.article(mixed.get(0)) + " or "
                                + English.article(mixed.get(1)) + "?",
                        "Tell me which is " + more + ": " + English.article(mixed.get(0)) + " or "
                                + English.article(mixed.get(1)) + "."),
                List.of(
                        new Constraint.Contains(first + " is " + more + " than " + second),
                        new Constraint.MaxWords(9),
                        new Constraint.Clean(true)),
                d -> right,
                List.of(
                        new Flaw("turned round", d -> English.capital(second) + " is " + more + " than " + first + "."),
                        new Flaw(
                                "other animal",
                                d -> English.capital(first) + " is " + more + " than "
                                        + English.article(d.pick(World.category("animals"))) + "."),
                        new Flaw("cut", d -> English.capital(first) + " is " + more + " than")));
    }

    private static Task fact(Draw draw) {
        List<String[]> facts = World.allFacts();
        String[] fact = draw.pick(facts);
        // A wrong answer takes the words of another fact of the same kind.
        List<String> others = facts.stream()
                .filter(f -> f[0].split(" ")[1].equals(fact[0].split(" ")[1]) && !f[1].equals(fact[1]))
                .map(f -> f[1])
                .toList();
        String wish = fact[0];
        return new Task(
                "fact",
                fact[0],
                draw.chance(0.6) ? wish : ask(draw, "Answer this question: " + wish, "Tell me: " + wish),
                List.of(
                        new Constraint.Contains(fact[1]),
                        new Constraint.Contains(subject(fact)),
                        new Constraint.MaxWords(16),
                        new Constraint.Clean(true)),
                d -> fact[2],
                List.of(
                        new Flaw("other fact", d -> facts.get(d.below(facts.size()))[2]),
                        new Flaw(
                                "other word",
                                d -> others.isEmpty() ? "" : Grammar.mend(replace(fact[2], fact[1], d.pick(others)))),
                        new Flaw("turned away", d -> "I do not know.")));
    }

    /** What the fact is about: its sentence without the answer, the longer side of it. */
    private static String subject(String[] fact) {
        String body = fact[2].replaceFirst("\\.$", "");
        String[] sides = body.split("(?i)\\b" + java.util.regex.Pattern.quote(fact[1]) + "\\b", 2);
        return sides.length > 1 && sides[1].strip().length() > sides[0].strip().length()
                ? sides[1].strip()
                : sides[0].strip();
    }

    private static String replace(String sentence, String from, String to) {
        return sentence.replaceFirst("(?i)\\b" + java.util.regex.Pattern.quote(from) + "\\b", to);
    }

    static String times(String word, int n) {
        return String.join(" ", Collections.nCopies(n, word));
    }

    static String commas(List<String> items) {
        return String.join(", ", items);
    }

    private static String oppositeOf(String word) {
        String found = World.OPPOSITES.get(word);
        if (found == null) {
            throw new IllegalArgumentException("no opposite of " + word);
        }
        return found;
    }
}
