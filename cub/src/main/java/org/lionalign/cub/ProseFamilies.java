package org.lionalign.cub;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.cub.Task.Flaw;

/** The families of instructions that ask for prose: stories, descriptions and talks. */
final class ProseFamilies {
    private ProseFamilies() {}

    /** What a story must be like; null or 0 where anything goes. */
    private record Order(
            Scene scene,
            boolean thing,
            boolean friend,
            int sentences,
            @Nullable String ending) {
        String tell(Draw draw, Scene told, int count, @Nullable String last) {
            return String.join(" ", StoryTeller.story(draw, told, count, null, last));
        }

        String length(Draw draw, Scene told) {
            return tell(draw, told, sentences > 0 ? sentences : 4 + draw.weighted(4, 4, 2), ending);
        }
    }

    static Task story(Draw draw) {
        Scene scene = Scene.of(draw);
        String about = CorpusGenerator.hero(scene.hero()) + " and " + thing(scene);
        String prompt = Families.ask(
                draw,
                "Write a story about " + about + ".",
                "Tell me a story about " + about + ".",
                "Tell a short story about " + about + ".",
                "I want to hear a story about " + about + ".",
                "Can you write a short story about " + about + "?");
        return task("story", about, prompt, new Order(scene, true, false, 0, null));
    }

    static Task storyCount(Draw draw) {
        Scene scene = Scene.of(draw);
        int n = draw.between(4, 6);
        String count = English.number(n);
        String about = CorpusGenerator.hero(scene.hero());
        String prompt = Families.ask(
                draw,
                "Write a story about " + about + " in " + count + " sentences.",
                "Tell a story with " + count + " sentences about " + about + ".",
                "Write " + count + " sentences about " + about + ".",
                "Tell me a story about " + about + ". Use " + count + " sentences.");
        return task("story_count", about + "/" + n, prompt, new Order(scene, false, false, n, null));
    }

    static Task storyEnd(Draw draw) {
        Scene scene = Scene.of(draw);
        String last = draw.pick(StoryTeller.ENDINGS);
        String about = CorpusGenerator.hero(scene.hero());
        String prompt = Families.ask(
                draw,
                "Write a story about " + about + " that ends with the word \"" + last + "\".",
                "Tell a story about " + about + ". The last word is \"" + last + "\".",
                "Write a story about " + about + ". End with the word \"" + last + "\".");
        return task("story_end", about + "/" + last, prompt, new Order(scene, false, false, 0, last));
    }

    static Task storyFull(Draw draw) {
        Scene scene = Scene.of(draw);
        int n = draw.between(5, 6);
        boolean end = draw.chance(0.5);
        String last = end ? draw.pick(StoryTeller.ENDINGS) : null;
        String about =
                CorpusGenerator.hero(scene.hero()) + ", " + scene.friend().name() + " and " + thing(scene);
        String rule = end ? " End with the word \"" + last + "\"." : " Use " + English.number(n) + " sentences.";
        String prompt = Families.ask(
                        draw,
                        "Write a story about " + about + ".",
                        "Tell a story about " + about + ".",
                        "Tell me a story about " + about + ".")
                + rule;
        return task("story_full", about + rule, prompt, new Order(scene, true, true, end ? 0 : n, last));
    }

    private static Task task(String family, String content, String prompt, Order order) {
        Scene scene = order.scene();
        List<Constraint> checks = new ArrayList<>();
        checks.add(new Constraint.Contains(scene.hero().name()));
        if (!scene.hero().child()) {
            checks.add(new Constraint.Contains(scene.hero().kind()));
        }
        if (order.thing()) {
            checks.add(new Constraint.Contains(scene.colour() + " " + scene.object()));
        }
        if (order.friend()) {
            checks.add(new Constraint.Contains(scene.friend().name()));
        }
        if (order.sentences() > 0) {
            checks.add(new Constraint.Sentences(order.sentences()));
        }
        String ending = order.ending();
        if (ending != null) {
            checks.add(new Constraint.Ends(ending));
        }
        checks.add(new Constraint.MaxWords(110));
        checks.add(new Constraint.Clean(true));

        List<Flaw> flaws = new ArrayList<>();
        flaws.add(new Flaw("other hero", d -> order.length(d, scene.withHero(World.another(d, scene.hero(), 0.5)))));
        List<Constraint> all = List.copyOf(checks);
        flaws.add(new Flaw("cut", d -> cut(d, right(d, all, w -> order.length(w, scene)))));
        flaws.add(new Flaw("a sentence twice", d -> twice(d, right(d, all, w -> order.length(w, scene)))));
        if (order.thing()) {
            Flaw other = new Flaw("other thing", d -> order.length(d, otherThing(d, scene)));
            flaws.add(other);
            flaws.add(other);
        }
        if (order.friend()) {
            flaws.add(new Flaw(
                    "other friend", d -> order.length(d, scene.withFriend(World.another(d, scene.hero(), 0.5)))));
        }
        if (order.sentences() > 0) {
            Flaw count = new Flaw(
                    "wrong count",
                    d -> order.tell(d, scene, Math.max(4, order.sentences() + d.between(-2, 2)), ending));
            flaws.addAll(List.of(count, count, count));
        }
        if (ending != null) {
            Flaw last = new Flaw("other ending", d -> order.tell(d, scene, 4 + d.weighted(4, 4, 2), null));
            flaws.addAll(List.of(last, last));
        }
        return new Task(family, content, prompt, all, d -> order.length(d, scene), flaws);
    }

    static Task describe(Draw draw) {
        boolean beast = draw.chance(0.4);
        World.Person hero = World.person(draw, beast ? 0 : 0.8);
        Scene scene = Scene.of(draw).withHero(hero);
        String what = scene.size() + " " + scene.colour() + " " + (beast ? hero.kind() : scene.object());
        int n = draw.between(2, 5);
        String count = English.number(n);
        String prompt = Families.ask(
                draw,
                "Describe " + English.article(what) + " in " + count + " sentences.",
                "Write " + count + " sentences about " + English.article(what) + ".",
                "Tell me about " + English.article(what) + ". Use " + count + " sentences.",
                "What is " + English.article(what) + " like? Answer in " + count + " sentences.");
        String kind = beast ? "beast" : "desc";
        List<Flaw> flaws = List.of(
                new Flaw("wrong count", d -> describe(d, kind, scene, Math.max(1, n + d.between(-2, 2)))),
                new Flaw(
                        "other thing",
                        d -> describe(
                                d, kind, otherThing(d, scene).withHero(beast ? World.another(d, hero, 0) : hero), n)),
                new Flaw("cut", d -> cut(d, describe(d, kind, scene, n))),
                new Flaw("a sentence twice", d -> twice(d, describe(d, kind, scene, n))));
        return new Task(
                "describe",
                what + "/" + n,
                prompt,
                List.of(
                        new Constraint.Contains(beast ? hero.kind() : scene.object()),
                        new Constraint.Contains(scene.colour()),
                        new Constraint.Contains(scene.size()),
                        new Constraint.Sentences(n),
                        new Constraint.Clean(true)),
                d -> describe(d, kind, scene, n),
                flaws);
    }

    private static String describe(Draw draw, String kind, Scene scene, int n) {
        return String.join(" ", StoryTeller.description(draw, kind, scene, n));
    }

    static Task talk(Draw draw) {
        World.Person one = World.person(draw, 1);
        World.Person two = World.another(draw, one, 1);
        Scene scene = Scene.of(draw).withHero(one).withFriend(two);
        int n = draw.between(2, 6);
        String count = English.number(n);
        String names = one.name() + " and " + two.name();
        String about = English.article(scene.object());
        String prompt = Families.ask(
                draw,
                "Write a talk between " + names + " about " + about + " in " + count + " lines.",
                "Write " + count + " lines of a talk between " + names + " about " + about + ".",
                names + " talk about " + about + ". Write " + count + " lines.",
                "What do " + names + " say about " + about + "? Write " + count + " lines.");
        List<Flaw> flaws = List.of(
                new Flaw("wrong count", d -> talk(d, scene, Math.max(2, n + d.between(-2, 2)))),
                new Flaw("other speaker", d -> talk(d, scene.withFriend(World.another(d, one, 1)), n)),
                new Flaw("other thing", d -> talk(d, otherThing(d, scene), n)),
                new Flaw("one speaker", d -> talk(d, scene, n)
                        .replace("\n" + two.name() + ": ", "\n" + one.name() + ": ")),
                new Flaw("cut", d -> cut(d, talk(d, scene, n))));
        return new Task(
                "talk",
                names + "/" + scene.object() + "/" + n,
                prompt,
                List.of(
                        new Constraint.Speakers(List.of(one.name(), two.name())),
                        new Constraint.Lines(n),
                        new Constraint.Contains(scene.object()),
                        new Constraint.Clean(true)),
                d -> talk(d, scene, n),
                flaws);
    }

    private static String talk(Draw draw, Scene scene, int n) {
        return String.join("\n", StoryTeller.talk(draw, scene, n));
    }

    private static String thing(Scene scene) {
        return English.article(scene.colour() + " " + scene.object());
    }

    private static Scene otherThing(Draw draw, Scene scene) {
        return draw.chance(0.5)
                ? scene.withThing(scene.size(), draw.pick(World.COLOURS), scene.object())
                : scene.withThing(draw.pick(World.SIZES), scene.colour(), draw.pick(World.OBJECTS));
    }

    /** A text that passes, to be spoilt in one way only. */
    private static String right(Draw draw, List<Constraint> checks, Task.Writer writer) {
        String text = writer.write(draw);
        while (!Checker.check(checks, text).passes()) {
            text = writer.write(draw);
        }
        return text;
    }

    /** Stops in the middle of the last sentence. */
    private static String cut(Draw draw, String text) {
        String[] words = text.split("(?<= )");
        int keep = Math.max(1, words.length - draw.between(1, 3));
        return String.join("", java.util.Arrays.copyOf(words, keep)).strip();
    }

    /** Says one sentence again, in place of the next. */
    private static String twice(Draw draw, String text) {
        List<String> sentences = new ArrayList<>(English.sentences(text));
        if (sentences.size() < 2) {
            return text + " " + text;
        }
        int at = draw.below(sentences.size() - 1);
        sentences.set(at + 1, sentences.get(at));
        return String.join(" ", sentences);
    }
}
