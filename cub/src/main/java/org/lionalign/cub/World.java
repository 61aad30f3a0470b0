package org.lionalign.cub;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** The words and the facts of cub's world. What is not here does not exist there. */
final class World {
    /** An animal: its name, plural, sound, size level (only different levels are ever compared), home, diet, legs. */
    record Animal(String name, String plural, String sound, int level, String home, String diet, int legs) {}

    /** A place with its prepositions: {@code the park, in the park, to the park}. */
    record Place(String the, String at, String to) {}

    /** Who acts: a name, a kind ({@code boy}, {@code fox}), and whether the pronoun is she. */
    record Person(String name, String kind, boolean she) {
        boolean child() {
            return kind.equals("boy") || kind.equals("girl");
        }
    }

    static final List<String> GIRLS = words(
            "Mia Anna Ella Lucy Rosa Nora Lily Emma Zoe Ruby Sara Kate Ivy Maya Jane Clara Daisy Hana Tina Vera Luna Nina Olga"
                    + " Pia");
    static final List<String> BOYS = words(
            "Tom Ben Max Sam Leo Jack Tim Finn Oscar Hugo Bob Dan Paul Omar Noah Luke Adam Carl Eric Felix Ian Kurt Milo"
                    + " Peter");

    static final List<Animal> ANIMALS = parse("""
            ant|ants||1|in the ground|crumbs|6
            bee|bees|buzz|1|in a hive|honey|6
            fly|flies|buzz|1|in the air|crumbs|6
            mouse|mice|squeak|2|in a hole|cheese|4
            frog|frogs|croak|2|by the pond|flies|4
            bird|birds|tweet|2|in a nest|seeds|2
            hen|hens|cluck|3|on a farm|corn|2
            duck|ducks|quack|3|by the pond|bread|2
            rabbit|rabbits||3|in a hole|carrots|4
            cat|cats|meow|3|in a house|fish|4
            owl|owls|hoot|3|in a tree|mice|2
            dog|dogs|woof|4|in a house|meat|4
            fox|foxes|yip|4|in the forest|eggs|4
            goat|goats|bleat|4|on a farm|grass|4
            sheep|sheep|baa|4|on a farm|grass|4
            pig|pigs|oink|4|on a farm|corn|4
            wolf|wolves|howl|4|in the forest|meat|4
            cow|cows|moo|5|on a farm|grass|4
            horse|horses|neigh|5|on a farm|hay|4
            bear|bears|growl|5|in a cave|honey|4
            lion|lions|roar|5|in the grass|meat|4
            elephant|elephants|trumpet|6|in the grass|leaves|4
            whale|whales|sing|7|in the sea|fish|0
            """);

    /** Who can be the hero of a story; those that walk and talk in books. */
    static final List<String> HEROES =
            words("mouse frog bird hen duck rabbit cat owl dog fox goat sheep pig wolf cow horse bear lion");

    static final List<String> COLOURS = words("red blue green yellow black white brown pink orange purple gray gold");
    static final List<String> SIZES = words("big small tiny huge long short");
    static final List<String> OBJECTS = words(
            "ball kite book hat cup boat drum doll bell box lamp bag coat key rope basket umbrella scarf wagon train puzzle"
                    + " blanket pillow mirror ring flute brush bucket clock flag whistle jar spoon mask shell bottle shoe plate");
    static final List<String> MATERIALS = words("wood paper metal glass stone wool gold");
    static final List<String> WEATHER = words("sunny rainy windy cold warm cloudy snowy hot");
    static final List<String> JOBS = words("teacher baker farmer doctor painter miller sailor tailor");
    static final List<String> FOODS =
            words("bread cheese honey milk soup rice apples pears plums nuts berries carrots beans corn cake cookies");

    static final List<Place> PLACES = List.of(
            place("in", "park"),
            place("in", "forest"),
            place("in", "garden"),
            place("in", "village"),
            place("in", "school"),
            place("in", "library"),
            place("in", "barn"),
            place("in", "castle"),
            place("in", "meadow"),
            place("in", "kitchen"),
            place("at", "market"),
            place("at", "beach"),
            place("at", "farm"),
            place("at", "zoo"),
            place("at", "station"),
            place("by", "river"),
            place("by", "lake"),
            place("by", "sea"),
            place("by", "pond"),
            place("on", "hill"),
            place("on", "bridge"),
            place("on", "island"));

    /** Closed categories: a list of one of them may hold these words and no others. Names are plurals. */
    static final Map<String, List<String>> CATEGORIES = categories();

    /** Words and their opposites, both ways round. */
    static final Map<String, String> OPPOSITES = opposites(
            "big small,hot cold,happy sad,day night,up down,fast slow,old new,long short,good bad,open closed,wet dry,light"
                    + " dark,high low,full empty,loud quiet,strong weak,hard soft,clean dirty,near far,early late,first last,left"
                    + " right,in out,yes no,rich poor,thick thin,sweet sour,summer winter,awake asleep,begin end,give"
                    + " take,love hate,laugh cry,push pull,buy sell,always never,all none,win lose,remember forget,brave"
                    + " afraid,smooth rough,deep shallow,wide narrow,front back,black white,go come,start stop,over under");

    /** Plain facts as a question's end, its answer and the sentence: {@code what color is the sky}. */
    static final List<String[]> FACTS = facts("""
            What color is the sky?|blue|The sky is blue.
            What color is grass?|green|Grass is green.
            What color is snow?|white|Snow is white.
            What color is the sun?|yellow|The sun is yellow.
            What color is the night?|black|The night is black.
            What color is a carrot?|orange|A carrot is orange.
            What color is a banana?|yellow|A banana is yellow.
            What color is a cherry?|red|A cherry is red.
            What color is a plum?|purple|A plum is purple.
            What color is milk?|white|Milk is white.
            What color is wood?|brown|Wood is brown.
            What color is a rain cloud?|gray|A rain cloud is gray.
            What color is a crow?|black|A crow is black.
            What color is a leaf in summer?|green|A leaf in summer is green.
            How many days are in a week?|7|There are 7 days in a week.
            How many months are in a year?|12|There are 12 months in a year.
            How many hands do you have?|2|You have 2 hands.
            How many eyes do you have?|2|You have 2 eyes.
            How many fingers are on one hand?|5|There are 5 fingers on one hand.
            How many wheels does a car have?|4|A car has 4 wheels.
            How many wheels does a bike have?|2|A bike has 2 wheels.
            How many seasons are in a year?|4|There are 4 seasons in a year.
            What do you use to open a door?|key|You use a key to open a door.
            What do you use to see at night?|lamp|You use a lamp to see at night.
            What do you use to eat soup?|spoon|You use a spoon to eat soup.
            What do you use to paint a wall?|brush|You use a brush to paint a wall.
            What do you use to stay dry in the rain?|umbrella|You use an umbrella to stay dry in the rain.
            What do you use to carry water?|bucket|You use a bucket to carry water.
            What do you use to know the time?|clock|You use a clock to know the time.
            What do you wear on your head?|hat|You wear a hat on your head.
            What do you wear on your foot?|shoe|You wear a shoe on your foot.
            Who bakes bread?|baker|A baker bakes bread.
            Who helps sick people?|doctor|A doctor helps sick people.
            Who works on a farm?|farmer|A farmer works on a farm.
            Who works on a boat?|sailor|A sailor works on a boat.
            Who works in a school?|teacher|A teacher works in a school.
            Who makes coats?|tailor|A tailor makes coats.
            Who paints pictures?|painter|A painter paints pictures.
            What falls from the sky when it is cold?|snow|Snow falls from the sky when it is cold.
            What comes after summer?|fall|Fall comes after summer.
            What comes after winter?|spring|Spring comes after winter.
            What comes after spring?|summer|Summer comes after spring.
            What day comes after Monday?|Tuesday|Tuesday comes after Monday.
            What day comes after Tuesday?|Wednesday|Wednesday comes after Tuesday.
            What day comes after Wednesday?|Thursday|Thursday comes after Wednesday.
            What day comes after Thursday?|Friday|Friday comes after Thursday.
            What day comes after Friday?|Saturday|Saturday comes after Friday.
            What day comes after Saturday?|Sunday|Sunday comes after Saturday.
            What day comes after Sunday?|Monday|Monday comes after Sunday.
            """);

    private World() {}

    /** The facts that follow from the table of animals, and the plain ones. */
    static List<String[]> allFacts() {
        List<String[]> out = new ArrayList<>(FACTS);
        for (Animal a : ANIMALS) {
            String one = English.article(a.name());
            if (!a.sound().isEmpty()) {
                out.add(new String[] {
                    "What does " + one + " say?", a.sound(), English.capital(one) + " says " + a.sound() + "."
                });
            }
            out.add(new String[] {
                "Where does " + one + " live?", a.home(), English.capital(one) + " lives " + a.home() + "."
            });
            out.add(new String[] {
                "What does " + one + " like to eat?", a.diet(), English.capital(one) + " likes to eat " + a.diet() + "."
            });
            if (a.legs() > 0) {
                out.add(new String[] {
                    "How many legs does " + one + " have?",
                    String.valueOf(a.legs()),
                    English.capital(one) + " has " + a.legs() + " legs."
                });
            }
        }
        return out;
    }

    static Animal animal(String name) {
        return ANIMALS.stream().filter(a -> a.name().equals(name)).findFirst().orElseThrow();
    }

    /** The members of a category. */
    static List<String> category(String name) {
        List<String> found = CATEGORIES.get(name);
        if (found == null) {
            throw new IllegalArgumentException("no category " + name);
        }
        return found;
    }

    /** {@code n} animals of different size levels, from small to big. */
    static List<String> bySize(Draw draw, int n) {
        List<Integer> levels =
                draw.some(ANIMALS.stream().map(Animal::level).distinct().toList(), n);
        return levels.stream()
                .sorted(Comparator.naturalOrder())
                .map(level -> draw.pick(
                                ANIMALS.stream().filter(a -> a.level() == level).toList())
                        .name())
                .toList();
    }

    /** A child or an animal with a name. */
    static Person person(Draw draw, double child) {
        boolean she = draw.chance(0.5);
        String name = draw.pick(she ? GIRLS : BOYS);
        return new Person(name, draw.chance(child) ? she ? "girl" : "boy" : draw.pick(HEROES), she);
    }

    /** Someone else: another name, and for animals another kind. */
    static Person another(Draw draw, Person than, double child) {
        Person other;
        do {
            other = person(draw, child);
        } while (other.name().equals(than.name()) || other.kind().equals(than.kind()) && !than.child());
        return other;
    }

    /** Every word of the world's tables, in lower case. */
    static Set<String> vocabulary() {
        Set<String> out = new TreeSet<>();
        List.of(GIRLS, BOYS, COLOURS, SIZES, OBJECTS, MATERIALS, WEATHER, JOBS, FOODS)
                .forEach(list -> list.forEach(w -> out.add(English.lower(w))));
        CATEGORIES.forEach((name, list) -> {
            out.addAll(English.words(name));
            list.forEach(w -> out.addAll(English.words(w)));
        });
        OPPOSITES.keySet().forEach(out::add);
        allFacts().forEach(f -> {
            out.addAll(English.words(f[0]));
            out.addAll(English.words(f[2]));
        });
        ANIMALS.forEach(a -> out.add(a.plural()));
        PLACES.forEach(p -> {
            out.addAll(English.words(p.at()));
            out.addAll(English.words(p.to()));
        });
        for (int i = 0; i <= 10; i++) {
            out.add(English.number(i));
        }
        return out;
    }

    static List<String> words(String text) {
        return List.of(text.split(" "));
    }

    private static Place place(String preposition, String noun) {
        return new Place("the " + noun, preposition + " the " + noun, "to the " + noun);
    }

    private static List<Animal> parse(String table) {
        return table.lines()
                .map(line -> line.split("\\|"))
                .map(c -> new Animal(c[0], c[1], c[2], Integer.parseInt(c[3]), c[4], c[5], Integer.parseInt(c[6])))
                .toList();
    }

    private static List<String[]> facts(String table) {
        return table.lines().map(line -> line.split("\\|")).toList();
    }

    private static Map<String, List<String>> categories() {
        Map<String, List<String>> out = new LinkedHashMap<>();
        out.put("animals", ANIMALS.stream().map(Animal::name).toList());
        out.put("colors", COLOURS);
        out.put("fruits", words("apple pear plum cherry banana grape lemon peach melon fig"));
        out.put("vegetables", words("carrot bean pea onion potato tomato cabbage pumpkin leek corn"));
        out.put("toys", words("ball kite doll drum train puzzle boat wagon"));
        out.put("clothes", words("hat coat scarf shoe sock shirt dress glove"));
        out.put("days", words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"));
        out.put("seasons", words("spring summer fall winter"));
        out.put("feelings", words("happy sad angry scared proud lonely tired glad"));
        out.put("jobs", JOBS);
        out.put("drinks", words("milk water tea juice"));
        out.put("tools", words("hammer saw brush rake shovel broom knife ladder"));
        out.put("body parts", words("hand foot nose ear eye mouth arm leg knee"));
        out.put("shapes", words("circle square star heart line"));
        return out;
    }

    private static Map<String, String> opposites(String pairs) {
        Map<String, String> out = new LinkedHashMap<>();
        Set<String> seen = new LinkedHashSet<>();
        for (String pair : pairs.split(",")) {
            String[] two = pair.split(" ");
            for (int i = 0; i < 2; i++) {
                if (!seen.add(two[i])) {
                    throw new IllegalStateException("two opposites of " + two[i]);
                }
                out.put(two[i], two[1 - i]);
            }
        }
        return out;
    }
}
