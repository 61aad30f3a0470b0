package org.lionalign.align.eval.harness.generative;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.formula.MathVerify;
import org.lionalign.align.eval.harness.generative.GenerativeTask.Mark;
import org.lionalign.align.eval.harness.generative.GenerativeTask.Question;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * The level 5 questions of MATH (Hendrycks et al. 2021) with Minerva's four examples, as {@code tasks/leaderboard/math} (version 3) asks and
 * scores them: {@code exact_match} by math-verify, {@code exact_match_original} by Minerva's text rules and SymPy.
 */
final class MathHard {
    static final String NAME = "leaderboard_math_hard";
    private static final String HUB = "DigitalLearningGmbH/MATH-lighteval";
    private static final String PLACE = "MATH/test/SUBJECT/*.json";
    private static final List<String> TABLES = List.of("MATH-lighteval:test", "math/test.jsonl", HUB + "/data:test");

    /** @param task as the harness calls it; {@code folder} of the original; {@code type} of the rows */
    private record Subject(String task, String folder, String type) {}

    private static final List<Subject> SUBJECTS = List.of(
            new Subject("algebra", "algebra", "Algebra"),
            new Subject("counting_and_prob", "counting_and_probability", "Counting & Probability"),
            new Subject("geometry", "geometry", "Geometry"),
            new Subject("intermediate_algebra", "intermediate_algebra", "Intermediate Algebra"),
            new Subject("num_theory", "number_theory", "Number Theory"),
            new Subject("prealgebra", "prealgebra", "Prealgebra"),
            new Subject("precalculus", "precalculus", "Precalculus"));

    private MathHard() {}

    /** Any subject will do; each of the others is one more. */
    static List<Suite.Data> needs() {
        String origin = "github.com/hendrycks/math or huggingface.co/datasets/" + HUB;
        List<Suite.Data> data = new ArrayList<>();
        data.add(new Suite.Data(
                SUBJECTS.stream()
                        .flatMap(subject -> places(subject).stream())
                        .distinct()
                        .toList(),
                origin,
                ""));
        SUBJECTS.forEach(subject -> data.add(new Suite.Data(places(subject), origin, "the subject is left out")));
        return data;
    }

    /** The original's folders of one file for each question, the hub's configurations, or one table for all. */
    private static List<String> places(Subject subject) {
        List<String> places = new ArrayList<>(List.of("MATH/test/" + subject.folder() + "/"));
        places.addAll(configurations(subject));
        places.addAll(TABLES);
        return places;
    }

    private static List<String> configurations(Subject subject) {
        return List.of("MATH-lighteval/" + subject.folder() + ":test", HUB + "/" + subject.folder() + ":test");
    }

    static List<GenerativeTask> read(Path data, int limit) {
        String examples = examples();
        List<GenerativeTask> tasks = new ArrayList<>();
        for (Subject subject : SUBJECTS) {
            List<TaskRows.Row> rows = rows(data, subject).stream()
                    .filter(row -> row.text("level").equals("Level 5"))
                    .toList();
            if (!rows.isEmpty()) {
                tasks.add(task(
                        subject.task(), limit > 0 && limit < rows.size() ? rows.subList(0, limit) : rows, examples));
            }
        }
        if (tasks.isEmpty()) {
            throw new BadInput(data + ": " + NAME + " needs " + PLACE
                    + ", or a folder MATH-lighteval in Hugging Face layout, found none with questions of level 5");
        }
        return tasks;
    }

    private static List<TaskRows.Row> rows(Path data, Subject subject) {
        Path original = data.resolve("MATH/test").resolve(subject.folder());
        if (Files.isDirectory(original)) {
            try (Stream<Path> files = Files.list(original)) {
                return files.filter(file -> file.toString().endsWith(".json"))
                        .sorted(Comparator.comparingInt(MathHard::number).thenComparing(Path::toString))
                        .flatMap(file -> TaskRows.rows(file).stream())
                        .toList();
            } catch (IOException e) {
                throw new BadInput(original + ": cannot be read: " + e.getMessage(), e);
            }
        }
        if (TaskRows.has(data, configurations(subject))) {
            return TaskRows.read(data, NAME, configurations(subject));
        }
        return TaskRows.has(data, TABLES)
                ? TaskRows.read(data, NAME, TABLES).stream()
                        .filter(row -> row.text("type").equals(subject.type()))
                        .toList()
                : List.of();
    }

    private static int number(Path file) {
        String name = file.getFileName().toString();
        String digits = name.substring(0, name.indexOf('.'));
        return digits.matches("\\d{1,9}") ? Integer.parseInt(digits) : Integer.MAX_VALUE;
    }

    static GenerativeTask task(String subject, List<TaskRows.Row> rows, String examples) {
        List<Question> questions = new ArrayList<>();
        for (TaskRows.Row row : rows) {
            questions.add(new Question(
                    subject + "/" + questions.size(),
                    row.value(),
                    examples + ask(row.text("problem")),
                    MinervaAnswer.boxed(row.text("solution"))));
        }
        return new GenerativeTask(
                "leaderboard_math_" + subject + "_hard", questions, List.of("Problem:"), 1024, MathHard::marks);
    }

    static List<Mark> marks(Question question, String answer) {
        MathVerify.Verdict verdict =
                MathVerify.judge(question.row().path("solution").asText(), answer);
        String extracted = verdict.extracted();
        String original = MinervaAnswer.extract(answer);
        return List.of(
                new Mark("exact_match", extracted == null ? Extraction.INVALID : extracted, verdict.equal() ? 1 : 0),
                new Mark("exact_match_original", original, MinervaAnswer.matches(question.target(), answer) ? 1 : 0));
    }

    private static String ask(String problem) {
        return "Problem:\n" + problem + "\n\nSolution:";
    }

    /** Minerva's examples (Lewkowycz et al. 2022), from the harness's task file. */
    static String examples() {
        StringBuilder text = new StringBuilder();
        try (InputStream in = MathHard.class.getResourceAsStream("math_fewshot.json")) {
            if (in == null) {
                throw new IllegalStateException("math_fewshot.json is missing from the class path");
            }
            JsonNode shots = Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), "math_fewshot.json");
            for (JsonNode shot : shots) {
                text.append(ask(shot.path("problem").asText()))
                        .append(' ')
                        .append(shot.path("solution").asText())
                        .append("\n\n");
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return text.toString();
    }
}
