package org.lionalign.align.eval.ifeval;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.DataPlaces;
import org.lionalign.align.eval.Suite;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.data.RowReader;
import org.lionalign.core.error.BadInput;

/** Where IFEval's questions lie, and NLTK's English sentence model if the user has it. */
final class IfevalFiles {
    static final String QUESTIONS = "input_data.jsonl";
    private static final String ON_HUB = "ifeval_input_data.jsonl";
    private static final List<String> PUNKT =
            List.of("nltk_data/tokenizers/punkt_tab/english", "tokenizers/punkt_tab/english", "punkt_tab/english");

    private static final List<String> PLACES = List.of(
            "ifeval/" + QUESTIONS,
            QUESTIONS,
            "IFEval:train",
            "IFEval/" + ON_HUB,
            "google/IFEval/" + ON_HUB,
            "google/IFEval:train");

    private IfevalFiles() {}

    static List<Suite.Data> needs() {
        return List.of(
                Suite.Data.required(
                        "github.com/google-research/google-research/tree/master/instruction_following_eval/data or"
                                + " huggingface.co/datasets/google/IFEval",
                        PLACES.toArray(String[]::new)),
                new Suite.Data(
                        PUNKT.stream().map(folder -> folder + "/").toList(),
                        "nltk.download('punkt_tab')",
                        "Lion's own rules part sentences, 98.9 % of texts alike"));
    }

    /** The folder of {@code punkt_tab/english}; null where there is none. */
    static @Nullable Path punkt(Path data) {
        return PUNKT.stream()
                .map(data::resolve)
                .filter(folder -> Files.exists(folder.resolve("ortho_context.tab")))
                .findFirst()
                .orElse(null);
    }

    static boolean hasQuestions(Path data) {
        return !DataPlaces.first(data, PLACES).isEmpty();
    }

    /** The questions of Google's file, or of the hub's data set. */
    static List<IfevalQuestion> questions(Path data, Instructions known) {
        List<Path> files = DataPlaces.first(data, PLACES);
        if (files.isEmpty()) {
            throw new BadInput(data + ": ifeval needs " + String.join(" or ", PLACES) + " in this folder, found none");
        }
        Path file = files.get(0);
        List<IfevalQuestion> questions = new ArrayList<>();
        try (RowReader reader = RowFiles.open(file)) {
            for (RowReader.Row row = reader.next(); row != null; row = reader.next()) {
                String where = file + ":" + row.number();
                if (row.value() == null) {
                    throw new BadInput(where + ": " + row.error());
                }
                questions.add(IfevalQuestion.of(row.value(), known, where));
            }
        }
        return questions;
    }
}
