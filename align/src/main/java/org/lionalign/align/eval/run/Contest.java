package org.lionalign.align.eval.run;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.DoubleStream;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.compare.ModelComparison;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.judge.Question;
import org.lionalign.align.online.JudgedPrompt;
import org.lionalign.align.sample.Drawn;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/**
 * Several models' answers to the same prompts, and what judges think of them: the body of {@code comparison.json}.
 *
 * <pre>{@code
 * Contest contest = Contest.of(names, answers, "prompts");
 * contest.judged("reward rm", judgementsOf(contest.questions()));
 * contest.toJson();
 * }</pre>
 */
public final class Contest {
    /** Prompts whose answers the report shows. */
    private static final int SHOWN = 40;

    private final List<String> models;
    private final List<Question> questions;
    private final ObjectNode comparison = Json.object();
    private final ArrayNode tables;
    private final ArrayNode samples;
    private boolean withheld;

    private Contest(List<String> models, List<Question> questions, int prompts, Map<String, Long> cut) {
        this.models = models;
        this.questions = questions;
        comparison.put("prompts", questions.size()).put("left_out", prompts - questions.size());
        models.forEach(comparison.putArray("models")::add);
        ObjectNode truncated = comparison.putObject("truncated");
        cut.forEach(truncated::put);
        tables = comparison.putArray("judges");
        samples = samples();
    }

    /**
     * A question for each prompt that every model answered; the others are counted.
     *
     * @param answers rows of {@code lion sample}, one list for each model; the first answer of each prompt counts
     * @param where the option or key that names the prompts, for errors
     */
    public static Contest of(List<String> models, List<List<JudgedPrompt>> answers, String where) {
        Map<String, List<String>> texts = new LinkedHashMap<>();
        Map<String, JudgedPrompt> prompts = new LinkedHashMap<>();
        Map<String, Long> cut = new LinkedHashMap<>();
        for (int m = 0; m < models.size(); m++) {
            long truncated = 0;
            for (JudgedPrompt prompt : answers.get(m)) {
                prompts.putIfAbsent(prompt.promptId(), prompt);
                if (!prompt.answers().isEmpty()) {
                    Drawn answer = prompt.answers().get(0);
                    texts.computeIfAbsent(prompt.promptId(), id -> new ArrayList<>())
                            .add(answer.text());
                    truncated += answer.finish().equals("length") ? 1 : 0;
                }
            }
            cut.put(models.get(m), truncated);
        }
        List<Question> questions = new ArrayList<>();
        for (JudgedPrompt prompt : prompts.values()) {
            List<String> all = texts.getOrDefault(prompt.promptId(), List.of());
            if (all.size() == models.size()) {
                questions.add(new Question(prompt.id(), prompt.prompt(), all, prompt.row()));
            }
        }
        if (questions.isEmpty()) {
            throw new BadInput(where + ": expected prompts that every model answers, found none");
        }
        return new Contest(List.copyOf(models), questions, prompts.size(), cut);
    }

    /** What judges are asked. */
    public List<Question> questions() {
        return List.copyOf(questions);
    }

    /**
     * Adds a judge's table.
     *
     * @param judge its name, for people
     * @param judgements of the questions, in order
     */
    public ModelComparison judged(String judge, List<Judgement> judgements) {
        ModelComparison made = ModelComparison.of(models, judge, questions, judgements);
        ObjectNode table = made.toJson();
        long failed = judgements.stream()
                .filter(judgement -> DoubleStream.of(judgement.scores()).anyMatch(Double::isNaN))
                .count();
        boolean hidden = failed > SuiteResult.LIMIT * questions.size();
        table.put("failed", failed).put("withheld", hidden);
        if (hidden) {
            withheld = true;
            withhold(table);
        }
        tables.add(table);
        for (int q = 0; q < samples.size(); q++) {
            ArrayNode scores =
                    ((ObjectNode) samples.get(q)).withObject("/scores").putArray(judge);
            for (double score : judgements.get(q).scores()) {
                if (Double.isNaN(score)) {
                    scores.addNull();
                } else {
                    scores.add(score);
                }
            }
        }
        return made;
    }

    /** Whether a judge had no score for more than {@link SuiteResult#LIMIT} of the prompts: its table then says nothing but that. */
    public boolean withheld() {
        return withheld;
    }

    private static void withhold(ObjectNode table) {
        for (JsonNode mean : table.path("means")) {
            nothing(mean, "mean", "standard_error");
        }
        for (JsonNode row : table.path("win_rates")) {
            row.forEach(win -> nothing(win, "rate", "low", "high", "length_controlled", "ties"));
        }
        for (JsonNode step : table.path("successive")) {
            nothing(step, "difference", "low", "high", "p");
            ((ObjectNode) step).put("verdict", Evaluation.WITHHELD);
        }
    }

    private static void nothing(JsonNode node, String... keys) {
        for (String key : keys) {
            ((ObjectNode) node).putNull(key);
        }
    }

    private ArrayNode samples() {
        ArrayNode list = Json.MAPPER.createArrayNode();
        for (Question question : questions.subList(0, Math.min(SHOWN, questions.size()))) {
            ObjectNode sample = list.addObject();
            sample.put(
                    "prompt",
                    question.prompt().messages().size() == 1
                            ? question.prompt().messages().get(0).content()
                            : String.join(
                                    "\n",
                                    question.prompt().messages().stream()
                                            .map(turn -> turn.role() + ": " + turn.content())
                                            .toList()));
            for (int m = 0; m < models.size(); m++) {
                sample.withObject("/answers")
                        .put(models.get(m), question.answers().get(m));
            }
        }
        return list;
    }

    /** As {@code comparison.json} has it. */
    public ObjectNode toJson() {
        comparison.set("samples", samples);
        return comparison;
    }
}
