package org.lionalign.align.eval.arena;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.lionalign.align.eval.Failures;
import org.lionalign.align.eval.Item;
import org.lionalign.align.eval.Metric;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.core.json.Json;
import org.lionalign.core.stats.Summary;

/** A leaderboard as a suite's result: best model first; with one model its numbers have no prefix. */
final class ArenaReport {
    private ArenaReport() {}

    /** Numbers of a table of battles, whose games are not known. */
    static SuiteResult ofBattles(List<Battle> battles, String baseline, boolean styleControl, Failures failures) {
        Map<String, List<Battle>> questions = new LinkedHashMap<>();
        boolean single = models(battles, baseline).size() == 1;
        for (Battle battle : battles) {
            String id = (single ? "" : battle.model() + "/") + battle.question();
            questions.computeIfAbsent(id, k -> new ArrayList<>()).add(battle);
        }
        List<Item> items = new ArrayList<>();
        questions.forEach((id, list) ->
                items.add(new Item(id, "", score(list), detail(list.get(0).model(), baseline))));
        return new SuiteResult(
                ArenaHard.NAME,
                metrics(battles, baseline, styleControl, Map.of()),
                List.of(),
                items,
                failures.counts());
    }

    /**
     * Numbers of judgements.
     *
     * @param battles of all judgements, with styles where they are known
     */
    static SuiteResult ofJudgments(
            List<Judgment> judgments, List<Battle> battles, String baseline, boolean styleControl, Failures failures) {
        boolean single = models(battles, baseline).size() <= 1;
        List<Item> items = new ArrayList<>();
        Map<String, List<Double>> consistent = new LinkedHashMap<>();
        for (Judgment judgment : judgments) {
            ObjectNode detail = detail(judgment.model(), baseline);
            detail.set("judgment", judgment.json());
            // A question with one verdict is scored from one side only: it counts among the failed, though its battle
            // counts.
            double score = judgment.isWhole() ? score(judgment.battles(baseline)) : Double.NaN;
            items.add(new Item(
                    (single ? "" : judgment.model() + "/") + judgment.question(), judgment.category(), score, detail));
            if (judgment.isWhole()) {
                consistent
                        .computeIfAbsent(judgment.model(), k -> new ArrayList<>())
                        .add(judgment.isConsistent() ? 100.0 : 0.0);
            }
        }
        List<Metric> metrics = battles.isEmpty() ? List.of() : metrics(battles, baseline, styleControl, consistent);
        return new SuiteResult(ArenaHard.NAME, metrics, categories(items, single), items, failures.counts());
    }

    /** Counts the games that came to no verdict, or to one that is none of the five. */
    static void countUnscored(Judgment.Game game, Failures failures) {
        if (game.label() == null) {
            failures.add("no_verdict");
        } else if (!Battle.isKnown(game.label())) {
            failures.add("unknown_label");
        }
    }

    private static ObjectNode detail(String model, String baseline) {
        return Json.object().put("model", model).put("baseline", baseline);
    }

    /** Share of the battles that the model won, ties half. */
    private static double score(List<Battle> battles) {
        return Summary.of(battles.stream().mapToDouble(Battle::modelScore).toArray())
                .mean();
    }

    private static List<String> models(List<Battle> battles, String baseline) {
        return battles.stream()
                .map(Battle::model)
                .filter(model -> !model.equals(baseline))
                .distinct()
                .toList();
    }

    private static List<Metric> metrics(
            List<Battle> battles, String baseline, boolean styleControl, Map<String, List<Double>> consistent) {
        Leaderboard board =
                styleControl ? Leaderboard.styleControlled(battles, baseline) : Leaderboard.of(battles, baseline);
        List<String> models = new ArrayList<>(models(battles, baseline));
        models.sort(Comparator.comparingDouble(model -> -board.winRate(model)));
        Map<String, List<Battle>> byModel = battles.stream().collect(Collectors.groupingBy(Battle::model));
        List<Metric> metrics = new ArrayList<>();
        for (String model : models) {
            String prefix = models.size() == 1 ? "" : model + ": ";
            List<Battle> own = byModel.getOrDefault(model, List.of());
            long count = own.size();
            metrics.add(new Metric(
                    prefix + (styleControl ? "win_rate_style_controlled" : "win_rate"),
                    board.winRate(model),
                    board.standardError(model),
                    count));
            metrics.add(new Metric(prefix + "interval_low", board.low(model), Double.NaN, count));
            metrics.add(new Metric(prefix + "interval_high", board.high(model), Double.NaN, count));
            List<Double> games = consistent.getOrDefault(model, List.of());
            if (!games.isEmpty()) {
                Summary summary = Summary.of(
                        games.stream().mapToDouble(Double::doubleValue).toArray());
                metrics.add(new Metric(
                        prefix + "order_consistency", summary.mean(), summary.standardError(), summary.count()));
            }
            longer(own)
                    .ifPresent(m -> metrics.add(
                            new Metric(prefix + "longer_preferred", m.mean(), m.standardError(), m.count())));
        }
        double[] style = board.styleCoefficients();
        for (int f = 0; style != null && f < style.length; f++) {
            String name = List.of("style_tokens", "style_headers", "style_lists", "style_bolds")
                    .get(f);
            metrics.add(new Metric(name, style[f], Double.NaN, battles.size()));
        }
        return metrics;
    }

    /** Per cent of decided battles that the longer answer won. */
    private static java.util.Optional<Summary> longer(List<Battle> battles) {
        double[] agree = new double[battles.size()];
        for (int i = 0; i < agree.length; i++) {
            Battle battle = battles.get(i);
            Style mine = battle.modelStyle();
            Style other = battle.baselineStyle();
            double side = mine == null || other == null
                    ? 0
                    : Math.signum(battle.modelScore() - 0.5) * Long.signum(mine.tokens() - other.tokens());
            agree[i] = side == 0 ? Double.NaN : side > 0 ? 100 : 0;
        }
        Summary summary = Summary.of(agree);
        return summary.count() == 0 ? java.util.Optional.empty() : java.util.Optional.of(summary);
    }

    private static List<Metric> categories(List<Item> items, boolean single) {
        Map<String, List<Item>> byCategory = new LinkedHashMap<>();
        for (Item item : items) {
            if (single && !item.category().isEmpty()) {
                byCategory
                        .computeIfAbsent(item.category(), k -> new ArrayList<>())
                        .add(item);
            }
        }
        List<Metric> metrics = new ArrayList<>();
        byCategory.forEach((category, list) -> {
            Summary summary = Summary.of(
                    list.stream().mapToDouble(item -> 100 * item.score()).toArray());
            metrics.add(new Metric(category, summary.mean(), summary.standardError(), summary.count()));
        });
        return byCategory.size() > 1 ? metrics : List.of();
    }
}
