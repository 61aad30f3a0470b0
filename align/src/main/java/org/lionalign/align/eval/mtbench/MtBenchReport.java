package org.lionalign.align.eval.mtbench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.function.Predicate;
import org.lionalign.align.eval.Failures;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.json.Json;
import org.lionalign.core.stats.Summary;

/**
 * FastChat's table ({@code show_result.py}, single mode) with errors: the average over all ratings, each turn, and the mean of the
 * categories' means, which is the average where nothing failed.
 */
final class MtBenchReport {
    private static final List<String> CATEGORIES =
            List.of("writing", "roleplay", "reasoning", "math", "coding", "extraction", "stem", "humanities");
    private static final int FIRST_ID = 81;

    private MtBenchReport() {}

    /** The category of an official question id, 81 to 160; empty for others. */
    static String category(String question) {
        if (!question.matches("\\d{1,6}")) {
            return "";
        }
        int at = Integer.parseInt(question) - FIRST_ID;
        return at >= 0 && at / 10 < CATEGORIES.size() ? CATEGORIES.get(at / 10) : "";
    }

    static SuiteResult of(List<Grade> grades, Function<String, String> categoryOf, Failures failures) {
        Set<String> models = new LinkedHashSet<>();
        grades.forEach(grade -> models.add(grade.model()));
        List<String> ranked = new ArrayList<>(models);
        ranked.sort(Comparator.comparingDouble(model -> {
            double mean = mean(grades, grade -> grade.model().equals(model)).mean();
            return Double.isNaN(mean) ? Double.POSITIVE_INFINITY : -mean;
        }));
        List<Metric> metrics = new ArrayList<>();
        for (String model : ranked) {
            String prefix = ranked.size() == 1 ? "" : model + ": ";
            List<Grade> own =
                    grades.stream().filter(grade -> grade.model().equals(model)).toList();
            metrics.add(metric(prefix + "average", own, grade -> true));
            metrics.add(metric(prefix + "turn_1", own, grade -> grade.turn() == 1));
            metrics.add(metric(prefix + "turn_2", own, grade -> grade.turn() == 2));
            List<Metric> categories = categories(own, categoryOf);
            if (categories.size() > 1) {
                metrics.add(meanOf(prefix + "mean_of_categories", categories));
            }
        }
        List<Metric> categories = ranked.size() == 1 ? categories(grades, categoryOf) : List.of();
        return new SuiteResult(
                MtBench.NAME, metrics, categories, items(grades, categoryOf, ranked.size() == 1), failures.counts());
    }

    private static Summary mean(List<Grade> grades, Predicate<Grade> which) {
        return Summary.of(
                grades.stream().filter(which).mapToDouble(Grade::score).toArray());
    }

    /** The turns of a question depend on each other, so the error is clustered by question. */
    private static Metric metric(String name, List<Grade> grades, Predicate<Grade> which) {
        List<Grade> those = grades.stream().filter(which).toList();
        double[] scores = those.stream().mapToDouble(Grade::score).toArray();
        String[] questions = those.stream().map(Grade::question).toArray(String[]::new);
        Summary summary = Summary.of(scores);
        return new Metric(name, summary.mean(), Summary.clusteredStandardError(scores, questions), summary.count());
    }

    private static List<Metric> categories(List<Grade> grades, Function<String, String> categoryOf) {
        Map<String, List<Grade>> byCategory = new LinkedHashMap<>();
        for (Grade grade : grades) {
            String category = categoryOf.apply(grade.question());
            if (!category.isEmpty()) {
                byCategory.computeIfAbsent(category, k -> new ArrayList<>()).add(grade);
            }
        }
        List<Metric> metrics = new ArrayList<>();
        byCategory.forEach((category, list) -> metrics.add(metric(category, list, grade -> true)));
        return metrics;
    }

    private static Metric meanOf(String name, List<Metric> parts) {
        double squares = 0;
        long count = 0;
        for (Metric part : parts) {
            squares += part.standardError() * part.standardError();
            count += part.count();
        }
        double mean =
                Summary.of(parts.stream().mapToDouble(Metric::value).toArray()).mean();
        return new Metric(name, mean, Math.sqrt(squares) / parts.size(), count);
    }

    private static List<Item> items(List<Grade> grades, Function<String, String> categoryOf, boolean single) {
        List<Item> items = new ArrayList<>();
        for (Grade grade : grades) {
            ObjectNode detail = Json.object();
            detail.put("model", grade.model());
            detail.put("judge", grade.judge());
            detail.put("judge_prompt", grade.prompt());
            detail.put("judgment", grade.text());
            String id = grade.question() + "/" + grade.turn();
            items.add(new Item(
                    single ? id : grade.model() + "/" + id, categoryOf.apply(grade.question()), grade.score(), detail));
        }
        return items;
    }

    /** Rows that repeat a question, turn and model: FastChat counts each of them, and so does the average. */
    static long repeated(List<Grade> grades) {
        Set<List<Object>> seen = new HashSet<>();
        return grades.stream()
                .filter(grade -> !seen.add(List.of(grade.question(), grade.turn(), grade.model())))
                .count();
    }
}
