package org.lionalign.cub;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Tells stories, describes things and writes talks with the grammar, to order: so many sentences, such an opening or ending. */
final class StoryTeller {
    static final Grammar GRAMMAR = new Grammar("stories.txt", "prose.txt");

    /** The words a story can be asked to end with; each has its rule {@code end.WORD}. */
    static final List<String> ENDINGS = suffixes("end.");

    /** The words a story can be asked to begin with; each has its rule {@code open.WORD}. */
    static final List<String> OPENINGS = World.words("once one there last long on");

    private static final List<String> PLOTS = GRAMMAR.names("plot.");

    private StoryTeller() {}

    private static List<String> suffixes(String prefix) {
        return GRAMMAR.names(prefix).stream()
                .map(n -> n.substring(prefix.length()))
                .toList();
    }

    /**
     * A story as its sentences.
     *
     * @param sentences how many, 4 to 8
     * @param opening one of {@link #OPENINGS}, or null for any
     * @param ending one of {@link #ENDINGS}, or null for any
     */
    static List<String> story(
            Draw draw, Scene scene, int sentences, @Nullable String opening, @Nullable String ending) {
        while (true) {
            List<String> slots = slots(draw, sentences - 1);
            if (slots.isEmpty()) {
                continue;
            }
            Map<String, String> bound = scene.bound(draw);
            List<String> out = new ArrayList<>();
            for (String slot : slots) {
                String rule = slot.equals("open") && opening != null ? "open." + opening : slot;
                out.add(GRAMMAR.say(rule, bound, draw));
            }
            // "The end." closes a good part of the stories that may end as they like.
            String last = ending != null ? ending : draw.chance(0.2) ? "end" : draw.pick(ENDINGS);
            out.add(GRAMMAR.say("end." + last, bound, draw));
            if (new HashSet<>(out).size() == out.size()
                    && English.sentences(String.join(" ", out)).size() == sentences) {
                return out;
            }
        }
    }

    /** The slots of a random plot with exactly {@code n} of them, or nothing if that plot cannot be told so. */
    private static List<String> slots(Draw draw, int n) {
        String[] all = GRAMMAR.alternatives(draw.pick(PLOTS)).get(0).split(" ");
        List<Integer> optional = new ArrayList<>();
        for (int i = 0; i < all.length; i++) {
            if (all[i].endsWith("?")) {
                optional.add(i);
            }
        }
        int needed = all.length - optional.size();
        if (n > all.length || n < needed) {
            return List.of();
        }
        Set<Integer> kept = new HashSet<>(draw.some(optional, n - needed));
        List<String> out = new ArrayList<>();
        for (int i = 0; i < all.length; i++) {
            if (!all[i].endsWith("?")) {
                out.add(all[i]);
            } else if (kept.contains(i)) {
                out.add(all[i].substring(0, all[i].length() - 1));
            }
        }
        return out;
    }

    /** A description as its sentences; {@code what} is {@code desc}, {@code beast} or {@code place}; 2 to 6 sentences. */
    static List<String> description(Draw draw, String what, Scene scene, int sentences) {
        while (true) {
            Map<String, String> bound = scene.bound(draw);
            String animal = scene.hero().child()
                    ? draw.pick(World.HEROES)
                    : scene.hero().kind();
            bound.put("A", animal);
            bound.put("diet", World.animal(animal).diet());
            List<String> out = new ArrayList<>();
            out.add(GRAMMAR.say(what + ".open", bound, draw));
            List<String> rest = draw.some(GRAMMAR.alternatives(what + ".more"), sentences - 1);
            for (String template : rest) {
                out.add(Grammar.mend(GRAMMAR.expand(template, bound, draw)));
            }
            if (new HashSet<>(out).size() == out.size()
                    && English.sentences(String.join(" ", out)).size() == sentences) {
                return out;
            }
        }
    }

    /** A talk as its lines {@code Name: words}; 2 to 7 lines, hero and friend in turns; the object is named. */
    static List<String> talk(Draw draw, Scene scene, int lines) {
        boolean need = draw.chance(0.5);
        String topic = need ? "need" : "have";
        String reply = need ? "help" : "react";
        List<String> moves =
                switch (lines) {
                    case 2 -> List.of(topic, reply);
                    case 3 -> List.of(topic, reply, "close");
                    case 4 ->
                        draw.chance(0.5)
                                ? List.of("hello", "back", topic, reply)
                                : List.of("have", "ask", "answer", "react");
                    case 5 -> List.of("hello", "back", topic, reply, "close");
                    case 6 -> List.of("hello", "back", "have", "ask", "answer", "close");
                    default -> List.of("hello", "back", "have", "ask", "answer", "react", "close");
                };
        Map<String, String> bound = scene.bound(draw);
        World.Person third;
        do {
            third = World.another(draw, scene.hero(), 1);
        } while (third.name().equals(scene.friend().name()));
        bound.put("name3", third.name());
        bound.put("fname", third.name());
        bound.put(
                "colour2",
                draw.pick(World.COLOURS.stream()
                        .filter(c -> !c.equals(scene.colour()))
                        .toList()));
        List<String> out = new ArrayList<>();
        for (int i = 0; i < moves.size(); i++) {
            boolean heroSpeaks = i % 2 == 0;
            bound.put("you", heroSpeaks ? scene.friend().name() : scene.hero().name());
            String speaker = heroSpeaks ? scene.hero().name() : scene.friend().name();
            out.add(speaker + ": " + GRAMMAR.say("talk." + moves.get(i), bound, draw));
        }
        return out;
    }
}
