package org.lionalign.cub;

import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import java.util.List;

/** One thing that an answer must satisfy, as it stands in a row's {@code check} list; {@link Checker} decides it. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "type")
@JsonSubTypes({
    @JsonSubTypes.Type(value = Constraint.Contains.class, name = "contains"),
    @JsonSubTypes.Type(value = Constraint.Sentences.class, name = "sentences"),
    @JsonSubTypes.Type(value = Constraint.Begins.class, name = "begins"),
    @JsonSubTypes.Type(value = Constraint.Ends.class, name = "ends"),
    @JsonSubTypes.Type(value = Constraint.Items.class, name = "items"),
    @JsonSubTypes.Type(value = Constraint.Sequence.class, name = "sequence"),
    @JsonSubTypes.Type(value = Constraint.Total.class, name = "number"),
    @JsonSubTypes.Type(value = Constraint.Speakers.class, name = "speakers"),
    @JsonSubTypes.Type(value = Constraint.Lines.class, name = "lines"),
    @JsonSubTypes.Type(value = Constraint.Repeat.class, name = "repeat"),
    @JsonSubTypes.Type(value = Constraint.MaxWords.class, name = "max_words"),
    @JsonSubTypes.Type(value = Constraint.Avoids.class, name = "avoids"),
    @JsonSubTypes.Type(value = Constraint.Clean.class, name = "clean")
})
public sealed interface Constraint {
    /** The phrase occurs as whole words, whatever the capitals. */
    record Contains(String phrase) implements Constraint {}

    /** Exactly so many sentences; a quotation inside a sentence does not count. */
    record Sentences(int count) implements Constraint {}

    /** The first word. */
    record Begins(String word) implements Constraint {}

    /** The last word. */
    record Ends(String word) implements Constraint {}

    /** A list of exactly so many different members of a category of the world, separated by commas, lines or "and". */
    record Items(String category, int count) implements Constraint {}

    /** A list of exactly these items in this order. */
    record Sequence(List<String> items) implements Constraint {
        public Sequence {
            items = List.copyOf(items);
        }
    }

    /** The last number of the answer, in digits or as a word up to ten. */
    record Total(int value) implements Constraint {}

    /** A talk of lines {@code Name: words}, in which exactly these speak, in turns. */
    record Speakers(List<String> names) implements Constraint {
        public Speakers {
            names = List.copyOf(names);
        }
    }

    /** Exactly so many lines that are not blank. */
    record Lines(int count) implements Constraint {}

    /** Nothing but one word, exactly so many times. */
    record Repeat(String word, int count) implements Constraint {}

    /** At most so many words: no answer by listing everything. */
    record MaxWords(int count) implements Constraint {}

    /** The word does not occur. */
    record Avoids(String word) implements Constraint {}

    /**
     * Only words of the world, no word twice in a row, no sentence twice, no chat markup; where {@code prose}, also an end
     * where a sentence ends.
     */
    record Clean(boolean prose) implements Constraint {}
}
