package org.lionalign.align.eval.ifeval;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.Suite;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.data.RowReader;
import org.lionalign.core.error.BadInput;

/** Where IFEval's questions lie, and NLTK's English sentence model if the user has it. */
final class IfevalFiles {
    static final String QUESTIONS = "input_data.jsonl";
    private static final List<String> PUNKT =
            List.of("nltk_data/tokenizers/punkt_tab/english", "tokenizers/punkt_tab/english", "punkt_tab/english");

    private IfevalFiles() {}

    static List<Suite.Data> needs() {
        return List.of(
                Suite.Data.required(
                        "github.com/google-research/google-research/tree/master/instruction_following_eval/data or"
                                + " huggingface.co/datasets/google/IFEval",
                        "IFEval:train",
                        "ifeval/" + QUESTIONS,
                        QUESTIONS),
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
        return EvalFiles.has(data, QUESTIONS)
                || EvalFiles.has(data, "ifeval/" + QUESTIONS)
                || Files.isDirectory(data.resolve("IFEval"));
    }

    /** The questions of Google's file, or of the hub's data set in a folder {@code IFEval}. */
    static List<IfevalQuestion> questions(Path data, Instructions known) {
        Path file = Files.isDirectory(data.resolve("IFEval"))
                ? RowFiles.files(data.resolve("IFEval"), "train").get(0)
                : EvalFiles.find(data, "ifeval/" + QUESTIONS, QUESTIONS);
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
