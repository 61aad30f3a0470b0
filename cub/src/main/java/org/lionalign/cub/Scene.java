package org.lionalign.cub;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.cub.World.Person;
import org.lionalign.cub.World.Place;

/** Who, what and where of one text; {@link #bound} turns it into the grammar's bound words. */
record Scene(
        Person hero,
        Person friend,
        String object,
        String colour,
        String size,
        Place place,
        Place other,
        String weather) {
    private static final List<String> HOMES =
            World.words("park forest village market farm river lake sea pond hill bridge castle meadow beach");

    /** A random scene; {@code child} is the share of heroes that are children rather than animals. */
    static Scene of(Draw draw) {
        Person hero = World.person(draw, 0.55);
        Person friend = World.another(draw, hero, 0.6);
        List<Place> places = draw.some(World.PLACES, 2);
        return new Scene(
                hero,
                friend,
                draw.pick(World.OBJECTS),
                draw.pick(World.COLOURS),
                draw.pick(World.SIZES),
                places.get(0),
                places.get(1),
                draw.pick(World.WEATHER));
    }

    Scene withHero(Person now) {
        return new Scene(now, friend, object, colour, size, place, other, weather);
    }

    Scene withFriend(Person now) {
        return new Scene(hero, now, object, colour, size, place, other, weather);
    }

    Scene withThing(String nowSize, String nowColour, String nowObject) {
        return new Scene(hero, friend, nowObject, nowColour, nowSize, place, other, weather);
    }

    Scene withPlace(Place now) {
        return new Scene(hero, friend, object, colour, size, now, other.equals(now) ? place : other, weather);
    }

    Map<String, String> bound(Draw draw) {
        Map<String, String> out = new LinkedHashMap<>();
        pronouns(out, "", hero);
        pronouns(out, "f", friend);
        out.put("H", hero.name());
        out.put("kind", hero.kind());
        out.put("F", friend.name());
        out.put("O", object);
        out.put("C", colour);
        out.put("S", size);
        out.put("place", place.the());
        out.put("Place", English.capital(place.the()));
        out.put("at", place.at());
        out.put("to", place.to());
        out.put("at2", other.at());
        out.put("to2", other.to());
        out.put("weather", weather);
        List<String> small = new ArrayList<>(World.words("cat bird mouse duck rabbit frog dog fox hen"));
        small.remove(hero.kind());
        small.remove(friend.kind());
        out.put("animal", draw.pick(small));
        out.put("food", draw.pick(World.FOODS));
        out.put("ingredient", draw.pick(World.words("rice apples pears plums nuts berries carrots beans corn")));
        out.put("homeplace", "the " + draw.pick(HOMES));
        out.put("job", draw.pick(World.JOBS));
        out.put("material", draw.pick(World.MATERIALS));
        return out;
    }

    private static void pronouns(Map<String, String> out, String prefix, Person person) {
        out.put(prefix + "he", person.she() ? "she" : "he");
        out.put(prefix + "him", person.she() ? "her" : "him");
        out.put(prefix + "his", person.she() ? "her" : "his");
        out.put(prefix + "himself", person.she() ? "herself" : "himself");
    }
}
