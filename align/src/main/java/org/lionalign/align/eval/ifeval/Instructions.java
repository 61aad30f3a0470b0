package org.lionalign.align.eval.ifeval;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;

/**
 * The 25 instructions by their ids ({@code instructions_registry.py}), each made from its arguments.
 *
 * <p>Two choices where Google's code draws at random: a {@code letter} outside a to z (the questions have {@code !} and {@code #}) is
 * counted as it stands, and an argument that is missing is an error.
 */
final class Instructions {
    private final Map<String, Function<Arguments, Checker>> byId = new TreeMap<>();

    /** @param punkt folder of NLTK's English {@code punkt_tab}; null for the built-in approximation */
    Instructions(@Nullable Path punkt) {
        PunktSentences sentences =
                new PunktSentences(punkt == null ? PunktParameters.builtIn() : PunktParameters.read(punkt));
        WordChecks words = new WordChecks(new TreebankWords(sentences));
        byId.put("keywords:existence", words::existence);
        byId.put("keywords:frequency", words::frequency);
        byId.put("keywords:forbidden_words", words::forbidden);
        byId.put("keywords:letter_frequency", words::letters);
        byId.put("language:response_language", words::language);
        byId.put("change_case:capital_word_frequency", words::capitalWords);
        byId.put("change_case:english_capital", words::englishCapital);
        byId.put("change_case:english_lowercase", words::englishLowercase);
        byId.put("punctuation:no_comma", words::noComma);
        LengthChecks lengths = new LengthChecks(sentences);
        byId.put("length_constraints:number_sentences", lengths::sentences);
        byId.put("length_constraints:number_paragraphs", lengths::paragraphs);
        byId.put("length_constraints:number_words", lengths::words);
        byId.put("length_constraints:nth_paragraph_first_word", lengths::firstWord);
        FormatChecks formats = new FormatChecks();
        byId.put("detectable_content:number_placeholders", formats::placeholders);
        byId.put("detectable_content:postscript", formats::postscript);
        byId.put("detectable_format:number_bullet_lists", formats::bullets);
        byId.put("detectable_format:constrained_response", formats::constrained);
        byId.put("detectable_format:number_highlighted_sections", formats::highlights);
        byId.put("detectable_format:multiple_sections", formats::sections);
        byId.put("detectable_format:json_format", formats::json);
        byId.put("detectable_format:title", formats::title);
        byId.put("combination:two_responses", formats::twoResponses);
        byId.put("combination:repeat_prompt", formats::repeatPrompt);
        byId.put("startend:end_checker", formats::end);
        byId.put("startend:quotation", formats::quotation);
    }

    /** The checker of an instruction; {@code where} names the place in errors. */
    Checker checker(String id, JsonNode kwargs, String where) {
        Function<Arguments, Checker> maker = byId.get(id);
        if (maker == null) {
            throw new BadInput(where + ": instruction_id_list: expected one of " + byId.keySet() + ", found " + id);
        }
        Arguments arguments = new Arguments(kwargs, where + ": " + id);
        Checker checker = maker.apply(arguments);
        arguments.end();
        return checker;
    }
}
