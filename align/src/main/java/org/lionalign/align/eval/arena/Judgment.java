package org.lionalign.align.eval.arena;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;

/**
 * A row of {@code model_judgment/JUDGE/MODEL.jsonl}: the two games of one question. Game 1 shows the baseline as A, game 2 the model.
 *
 * @param baseline null where the file does not say, as v0.1's do not
 * @param games in order
 */
record Judgment(
        String question,
        String category,
        String model,
        String judge,
        @Nullable String baseline,
        List<Game> games) {
    /**
     * One game.
     *
     * @param prompt that the judge was shown, empty where a file does not say
     * @param text of the judge
     * @param label null where there is none
     */
    record Game(String prompt, String text, @Nullable String label) {}

    /** Both verdicts are there and known. */
    boolean isWhole() {
        return games.size() == 2 && games.stream().allMatch(game -> Battle.isKnown(game.label()));
    }

    /** Battles of both games. */
    List<Battle> battles(String against) {
        List<Battle> battles = new ArrayList<>();
        for (int g = 0; g < games.size(); g++) {
            battles.addAll(Battle.of(question, against, model, games.get(g).label(), g == 1));
        }
        return battles;
    }

    /** Whether both games name the same winner, or a tie; only of whole ones. */
    boolean isConsistent() {
        List<Battle> first = Battle.of(question, "", model, games.get(0).label(), false);
        List<Battle> second = Battle.of(question, "", model, games.get(1).label(), true);
        return first.get(0).modelScore() == second.get(0).modelScore();
    }

    static List<Judgment> read(Path file, List<JsonLines.Row> rows) {
        List<Judgment> judgments = new ArrayList<>();
        for (JsonLines.Row row : rows) {
            JsonNode games = row.value().path("games");
            if (!games.isArray() || games.isEmpty() || games.size() > 2) {
                throw BadInput.of(file, row.line(), "games", "a list of two games", EvalFiles.found(games));
            }
            List<Game> list = new ArrayList<>();
            for (JsonNode game : games) {
                JsonNode score = game.path("score");
                if (!score.isTextual() && !score.isNull() && !score.isMissingNode()) {
                    throw BadInput.of(file, row.line(), "games.score", "a label or null", EvalFiles.found(score));
                }
                JsonNode text = game.path("judgment");
                list.add(new Game(
                        game.path("user_prompt").asText(""),
                        text.isObject() ? text.path("answer").asText("") : text.asText(""),
                        score.isTextual() ? score.textValue() : null));
            }
            JsonNode baseline = row.value().path("baseline");
            judgments.add(new Judgment(
                    EvalFiles.id(file, row, "question_id", "uid"),
                    row.value().path("category").asText(""),
                    EvalFiles.text(file, row, "model"),
                    row.value().path("judge").asText(""),
                    baseline.isTextual() ? baseline.textValue() : null,
                    list));
        }
        return judgments;
    }

    ObjectNode json() {
        ObjectNode node = Json.object();
        node.put("question_id", question);
        node.put("model", model);
        node.put("judge", judge);
        ArrayNode list = node.putArray("games");
        for (Game game : games) {
            list.addObject()
                    .put("user_prompt", game.prompt)
                    .put("judgment", game.text)
                    .put("score", game.label);
        }
        return node;
    }
}
