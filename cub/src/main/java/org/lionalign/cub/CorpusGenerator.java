package org.lionalign.cub;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/**
 * The pre-training text: an endless stream of short documents, each a pure function of (seed, index). Plain prose — stories,
 * descriptions, talks, lists, sums, facts, word play and school scenes — with no chat markup and no instructions.
 *
 * <pre>{@code
 * CorpusGenerator corpus = new CorpusGenerator(1);
 * String first = corpus.document(0);
 * }</pre>
 */
public final class CorpusGenerator {
    private final long seed;

    public CorpusGenerator(long seed) {
        this.seed = seed;
    }

    /** Document {@code index}: 20 to 150 tokens, no blank line inside. */
    public String document(long index) {
        Draw draw = Draw.of(seed, "corpus", index);
        return switch (draw.weighted(40, 10, 12, 10, 9, 7, 6, 6)) {
            case 0 -> story(draw);
            case 1 -> description(draw);
            case 2 -> talk(draw);
            case 3 -> several(draw, 2, 4, CorpusGenerator::list);
            case 4 -> several(draw, 3, 6, CorpusGenerator::sum);
            case 5 -> several(draw, 3, 6, CorpusGenerator::fact);
            case 6 -> several(draw, 2, 4, CorpusGenerator::wordPlay);
            default -> school(draw);
        };
    }

    private interface Line {
        String of(Draw draw);
    }

    private static String several(Draw draw, int low, int high, Line line) {
        int n = draw.between(low, high);
        List<String> out = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            out.add(line.of(draw));
        }
        return String.join("\n", out);
    }

    private static String story(Draw draw) {
        Scene scene = Scene.of(draw);
        int n = 4 + draw.weighted(4, 5, 5, 3, 2);
        String ending = draw.pick(StoryTeller.ENDINGS);
        List<String> story = StoryTeller.story(draw, scene, n, null, ending);
        String text = String.join(" ", story);
        String thing = text.contains(scene.colour() + " " + scene.object())
                ? " and " + English.article(scene.colour() + " " + scene.object())
                : "";
        String hero = hero(scene.hero());
        return switch (draw.weighted(40, 20, 15, 10, 8, 7)) {
            case 0 -> text;
            case 1 -> "This is a story about " + hero + thing + ".\n" + text;
            case 2 -> "This story about " + hero + " has " + English.number(n) + " sentences.\n" + text;
            case 3 ->
                English.capital(draw.pick(
                                scene.hero().name(), "the " + scene.hero().kind())) + thing + "\n" + text;
            case 4 ->
                "This story begins with the word \"" + English.words(text).get(0) + "\" and ends with the word \""
                        + ending + "\".\n" + text;
            default -> "This story about " + hero + thing + " ends with the word \"" + ending + "\".\n" + text;
        };
    }

    static String hero(World.Person person) {
        return person.child() ? person.name() : English.article(person.kind()) + " named " + person.name();
    }

    private static String description(Draw draw) {
        Scene scene = Scene.of(draw);
        String what = List.of("desc", "beast", "place").get(draw.weighted(4, 3, 3));
        int n = draw.between(2, 6);
        String text = String.join(" ", StoryTeller.description(draw, what, scene, n));
        return draw.chance(0.3) && !what.equals("place")
                ? "Here are " + English.number(n) + " sentences about "
                        + (what.equals("desc")
                                ? English.article(scene.size() + " " + scene.colour() + " " + scene.object())
                                : "an animal")
                        + ".\n" + text
                : text;
    }

    private static String talk(Draw draw) {
        Scene scene = Scene.of(draw);
        int n = draw.between(2, 7);
        String text = String.join("\n", StoryTeller.talk(draw, scene, n));
        String names = scene.hero().name() + " and " + scene.friend().name();
        return switch (draw.weighted(4, 3, 3)) {
            case 0 -> text;
            case 1 -> "A talk between " + names + " about " + English.article(scene.object()) + ".\n" + text;
            default -> names + " talk. There are " + English.number(n) + " lines.\n" + text;
        };
    }

    /** Lists with their count, and words in order. */
    static String list(Draw draw) {
        String category = draw.pick(List.copyOf(World.CATEGORIES.keySet()));
        List<String> all = World.category(category);
        int n = draw.between(2, Math.min(6, all.size()));
        String number = English.number(n);
        return switch (draw.weighted(5, 3, 2, 2)) {
            case 0 -> {
                String items = String.join(", ", draw.some(all, n));
                yield switch (draw.below(3)) {
                    case 0 -> "Here are " + number + " " + category + ": " + items;
                    case 1 -> English.capital(number) + " " + category + ": " + items;
                    default -> "This list has " + number + " " + category + ": " + items;
                };
            }
            case 1 -> {
                List<String> words = sortable(draw, draw.between(3, 5));
                List<String> sorted = new ArrayList<>(words);
                Collections.sort(sorted);
                yield "The words are " + String.join(", ", words) + ". In the order of the alphabet: "
                        + String.join(", ", sorted);
            }
            case 2 -> {
                List<String> sorted = World.bySize(draw, draw.between(3, 4));
                List<String> mixed = draw.some(sorted, sorted.size());
                boolean up = draw.chance(0.5);
                yield "The animals are " + String.join(", ", mixed) + ". From "
                        + (up ? "small to big: " : "big to small: ")
                        + String.join(", ", up ? sorted : reversed(sorted));
            }
            default -> {
                List<Integer> sorted = numbers(draw, draw.between(3, 5));
                List<Integer> mixed = draw.some(sorted, sorted.size());
                boolean up = draw.chance(0.5);
                yield "The numbers are " + join(mixed) + ". From " + (up ? "small to big: " : "big to small: ")
                        + join(up ? sorted : reversed(sorted));
            }
        };
    }

    /** Words to sort by the alphabet: different first letters, so that the first letter decides. */
    static List<String> sortable(Draw draw, int n) {
        List<String> pool = new ArrayList<>(World.OBJECTS);
        pool.addAll(World.category("animals"));
        pool.addAll(World.category("fruits"));
        List<String> out = new ArrayList<>();
        while (out.size() < n) {
            String word = draw.pick(pool);
            if (out.stream().noneMatch(w -> w.charAt(0) == word.charAt(0))) {
                out.add(word);
            }
        }
        return out;
    }

    /** Different numbers from 1 to 30, rising. */
    static List<Integer> numbers(Draw draw, int n) {
        List<Integer> all = new ArrayList<>();
        for (int i = 1; i <= 30; i++) {
            all.add(i);
        }
        return draw.some(all, n).stream().sorted().toList();
    }

    static String join(List<Integer> numbers) {
        return String.join(", ", numbers.stream().map(String::valueOf).toList());
    }

    static <T> List<T> reversed(List<T> list) {
        List<T> out = new ArrayList<>(list);
        Collections.reverse(out);
        return out;
    }

    /** Sums as facts and as little tales. */
    static String sum(Draw draw) {
        boolean minus = draw.chance(0.35);
        int a = draw.between(0, minus ? 20 : 12);
        int b = draw.between(0, minus ? a : 12);
        int c = minus ? a - b : a + b;
        String name = draw.pick(draw.chance(0.5) ? World.GIRLS : World.BOYS);
        String food = draw.pick(World.words("apples pears plums nuts berries carrots cookies"));
        return switch (draw.weighted(5, 2, 2)) {
            case 0 -> a + (minus ? " minus " : " plus ") + b + " is " + c + ".";
            case 1 ->
                name + " has " + a + " " + food + " and " + (minus ? "eats " : "gets ") + b + (minus ? "" : " more")
                        + ". Now " + name + " has " + c + " " + food + ".";
            default ->
                minus
                        ? "If you take " + b + " from " + a + ", you have " + c + "."
                        : "If you add " + a + " and " + b + ", you have " + c + ".";
        };
    }

    static String fact(Draw draw) {
        switch (draw.weighted(4, 3, 3)) {
            case 0:
                return draw.pick(World.allFacts())[2];
            case 1:
                Map.Entry<String, String> pair = draw.pick(List.copyOf(World.OPPOSITES.entrySet()));
                return "The opposite of " + pair.getKey() + " is " + pair.getValue() + ".";
            default:
                List<String> two = World.bySize(draw, 2);
                return draw.chance(0.5)
                        ? English.capital(English.article(two.get(1))) + " is bigger than "
                                + English.article(two.get(0)) + "."
                        : English.capital(English.article(two.get(0))) + " is smaller than "
                                + English.article(two.get(1)) + ".";
        }
    }

    /** Words said so many times; first and last words. */
    static String wordPlay(Draw draw) {
        List<String> pool = new ArrayList<>(World.OBJECTS);
        pool.addAll(World.COLOURS);
        pool.addAll(World.category("animals"));
        String word = draw.pick(pool);
        int n = draw.between(2, 6);
        String name = draw.pick(draw.chance(0.5) ? World.GIRLS : World.BOYS);
        String times = n == 2 ? "two times" : English.number(n) + " times";
        String repeated = String.join(" ", Collections.nCopies(n, word));
        return switch (draw.below(3)) {
            case 0 -> name + " said the word \"" + word + "\" " + times + ": " + repeated;
            case 1 -> "This is \"" + word + "\" " + times + ": " + repeated;
            default -> {
                List<String> three = draw.some(pool, 3);
                yield "The words are " + String.join(", ", three) + ". The first word is " + three.get(0)
                        + ". The last word is " + three.get(2) + ".";
            }
        };
    }

    /** A question and its answer, told as a scene. */
    private static String school(Draw draw) {
        Scene scene = Scene.of(draw);
        Map<String, String> bound = scene.bound(draw);
        List<String> out = new ArrayList<>();
        if (draw.chance(0.6)) {
            out.add(StoryTeller.GRAMMAR.say("school.start", bound, draw));
        }
        int rounds = draw.between(1, 3);
        for (int i = 0; i < rounds; i++) {
            String[] pair = question(draw);
            bound.put("Q", pair[0]);
            bound.put("A", pair[1]);
            out.add(StoryTeller.GRAMMAR.say("school.ask", bound, draw));
            out.add(StoryTeller.GRAMMAR.say("school.answer", bound, draw));
        }
        out.add(StoryTeller.GRAMMAR.say("school.end", bound, draw));
        return String.join(" ", out);
    }

    private static String[] question(Draw draw) {
        switch (draw.weighted(4, 3, 3)) {
            case 0:
                String[] fact = draw.pick(World.allFacts());
                return new String[] {fact[0], fact[2]};
            case 1:
                Map.Entry<String, String> pair = draw.pick(List.copyOf(World.OPPOSITES.entrySet()));
                return new String[] {
                    "What is the opposite of " + pair.getKey() + "?",
                    "The opposite of " + pair.getKey() + " is " + pair.getValue() + "."
                };
            default:
                int a = draw.between(0, 12);
                int b = draw.between(0, 12);
                return new String[] {"What is " + a + " plus " + b + "?", a + " plus " + b + " is " + (a + b) + "."};
        }
    }
}
