package org.lionalign.align.eval.ifeval;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.lionalign.core.error.BadInput;

/**
 * What {@link PunktSentences} knows about a language.
 *
 * <p>NLTK's English model ({@code punkt_tab/english}) was learned from the Wall Street Journal and comes without a licence, so Lion does not
 * carry it. {@link #read} takes it from the user's folder and then every sentence is NLTK's; {@link #builtIn} is a hand-made list that agrees
 * with it on all but rare abbreviations ({@code docs/evaluation-written.md} has the figures).
 *
 * @param abbreviations in small letters, without the last period
 * @param collocations pairs {@code first TAB second} that belong together over a period
 * @param starters words that often begin a sentence
 * @param orthography how a word, in small letters, is written where: bits of {@link #MIDDLE_UPPER} …
 * @param guesses whether the vocabulary is too small to know ordinary words: a capital after an ellipsis, and after a letter that numbers
 *     a list, then counts as a beginning
 */
record PunktParameters(
        Set<String> abbreviations,
        Set<String> collocations,
        Set<String> starters,
        Map<String, Integer> orthography,
        boolean guesses) {
    /** Seen with a capital at a sentence's beginning, inside, anywhere; and the same without a capital. */
    static final int BEGIN_UPPER = 2;

    static final int MIDDLE_UPPER = 4;
    static final int UNKNOWN_UPPER = 8;
    static final int BEGIN_LOWER = 16;
    static final int MIDDLE_LOWER = 32;
    static final int UNKNOWN_LOWER = 64;
    static final int UPPER = BEGIN_UPPER | MIDDLE_UPPER | UNKNOWN_UPPER;
    static final int LOWER = BEGIN_LOWER | MIDDLE_LOWER | UNKNOWN_LOWER;

    private static final String ABBREVIATIONS =
            "mr mrs ms dr prof st jr sr gen col capt lt maj sgt cmdr adm gov sen rep reps rev hon messrs inc ltd co corp cos bros "
                    + "jan feb aug sept oct nov dec a.m p.m u.s u.s.a u.n u.k d.c ph.d j.k w.c s.a vs va pa wis calif colo conn fla mich "
                    + "minn mass ill ala ariz ore tenn vt wash del ga ky n.j n.y n.c n.d n.h n.m s.c s.d w.va r.i ave "
                    + "c d e f g h k l m n p r s t v w"; // initials of names; the other letters number lists more often

    private static final String STARTERS =
            "he she it they we this that these those there here but however so yet since both most some many if when while "
                    + "in despite although though nevertheless nonetheless indeed instead thus similarly moreover meanwhile "
                    + "separately according under among even the";

    /** Function words: everywhere in small letters, with a capital at the beginning of sentences alone. */
    private static final String FUNCTION_WORDS =
            "he she it they we you his her its their these those here but however so yet since because "
                    + "both most some many if while although though nevertheless nonetheless indeed instead thus "
                    + "moreover meanwhile therefore where why how which please thank then also perhaps maybe";

    /** Words that titles write with a capital too, so that a capital says nothing. */
    private static final String TITLE_WORDS =
            "the a an in to at for of on and or as by from with first second final this that there our your my what who when can is are do any often quickly";

    /** Words that names are made of; a newspaper has them with a capital in the middle of sentences. */
    private static final String NAME_WORDS =
            "street avenue park garden gardens house hall north south east west new city county state states united national american "
                    + "english president king queen lord lady sir uncle aunt god black white green brown gray red blue gold "
                    + "silver golden company bank group fund trust union board court school college university church "
                    + "hospital hotel club center museum library theater square road lake forest mountain valley island "
                    + "beach bay fort stone engine coffee music paper letter answer quiet general captain judge mayor minister "
                    + "prime secretary chief director chairman department office bureau agency commission committee council congress "
                    + "senate press times post journal news magazine world life people today business money market exchange stock air "
                    + "water fire earth sun star day night evening spring summer fall winter christmas easter big great grand little "
                    + "old young good best last one two three";

    /** The same, but rare in a newspaper without the capital. */
    private static final String PROPER_WORDS = "orange yellow purple lantern river bridge";

    static PunktParameters builtIn() {
        Map<String, Integer> orthography = new HashMap<>();
        for (String word : FUNCTION_WORDS.split(" ")) {
            orthography.put(word, BEGIN_UPPER | MIDDLE_LOWER);
        }
        for (String word : (TITLE_WORDS + " " + NAME_WORDS).split(" ")) {
            orthography.put(word, BEGIN_UPPER | MIDDLE_UPPER | MIDDLE_LOWER);
        }
        for (String word : PROPER_WORDS.split(" ")) {
            orthography.put(word, BEGIN_UPPER | MIDDLE_UPPER);
        }
        return new PunktParameters(
                Set.of(ABBREVIATIONS.split(" ")), Set.of(), Set.of(STARTERS.split(" ")), orthography, true);
    }

    /** The four files of a {@code punkt_tab} language folder. */
    static PunktParameters read(Path folder) {
        Map<String, Integer> orthography = new HashMap<>();
        for (String line : lines(folder.resolve("ortho_context.tab"))) {
            int tab = line.indexOf('\t');
            if (tab < 0 || !line.substring(tab + 1).matches("\\d{1,3}")) {
                throw new BadInput(
                        folder.resolve("ortho_context.tab") + ": expected word, tab and number, found " + line);
            }
            orthography.put(line.substring(0, tab), Integer.valueOf(line.substring(tab + 1)));
        }
        return new PunktParameters(
                new HashSet<>(lines(folder.resolve("abbrev_types.txt"))),
                new HashSet<>(lines(folder.resolve("collocations.tab"))),
                new HashSet<>(lines(folder.resolve("sent_starters.txt"))),
                orthography,
                false);
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream()
                    .filter(line -> !line.isEmpty())
                    .toList();
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }
}
