package org.lionalign.align.eval.arena;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.JudgeCalls;
import org.lionalign.align.eval.PromptFormat;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;

/**
 * Arena-Hard's judge, by the official {@code judge_config.yaml}: system prompt, template, budget, and how often it is asked to come to a
 * verdict.
 */
final class ArenaJudge {
    private static final String CONTINUE = "continue your judgment and finish by outputting a final verdict label";

    private final Path file;
    private final String systemPrompt;
    private final String template;
    private final double temperature;
    private final int maxTokens;
    private final int attempts;
    private final String baseline;
    private final String judgeModel;

    private ArenaJudge(Path file, JsonNode config, String judgeModel) {
        this.file = file;
        this.judgeModel = judgeModel;
        systemPrompt = text(config, "system_prompt", config.path("system_prompt"));
        JsonNode templates = config.path("prompt_template");
        template = text(config, "prompt_template", templates.isArray() ? templates.path(0) : templates);
        temperature = config.path("temperature").asDouble(0);
        maxTokens = config.path("max_tokens").asInt(4096);
        attempts = config.path("number_of_judgment_attempts").asInt(2);
        baseline = config.path("baseline_model").asText(Leaderboard.ANCHOR);
    }

    static ArenaJudge read(Path file, String judgeModel) {
        try {
            return new ArenaJudge(file, new YAMLMapper().readTree(EvalFiles.text(file)), judgeModel);
        } catch (JsonProcessingException e) {
            long line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
            throw new BadInput(file + ":" + line + ": expected YAML, found: " + e.getOriginalMessage(), e);
        }
    }

    private String text(JsonNode config, String key, JsonNode value) {
        if (!value.isTextual()) {
            throw BadInput.of(file, key, "a text", EvalFiles.found(config.path(key)));
        }
        return value.textValue();
    }

    String baseline() {
        return baseline;
    }

    /** What a game became. */
    record Played(Judgment.Game game, String failure) {}

    /** A game to play: A is shown first. */
    record Match(String question, String answerA, String answerB) {}

    /** Plays all games: one request each, and another where a reply came to no verdict. */
    List<Played> play(List<Match> matches, JudgeCalls calls, Runnable progress) {
        List<List<Message>> conversations = new ArrayList<>();
        List<StringBuilder> texts = new ArrayList<>();
        Verdict[] verdicts = new Verdict[matches.size()];
        String[] failures = new String[matches.size()];
        List<Integer> open = new ArrayList<>();
        for (int i = 0; i < matches.size(); i++) {
            Match match = matches.get(i);
            String prompt = PromptFormat.python(
                    template,
                    Map.of("question_1", match.question, "answer_1", match.answerA, "answer_2", match.answerB),
                    file + ": prompt_template");
            conversations.add(
                    new ArrayList<>(List.of(new Message("system", systemPrompt), new Message("user", prompt))));
            texts.add(new StringBuilder());
            verdicts[i] = new Verdict(null, true);
            failures[i] = "";
            open.add(i);
        }
        for (int attempt = 0; attempt < attempts && !open.isEmpty(); attempt++) {
            List<JudgeCalls.Reply> replies = calls.ask(
                    open.stream().map(i -> request(conversations.get(i))).toList(), attempt == 0 ? progress : () -> {});
            List<Integer> again = new ArrayList<>();
            for (int k = 0; k < open.size(); k++) {
                int i = open.get(k);
                JudgeCalls.Reply reply = replies.get(k);
                if (reply.failure() != null) {
                    failures[i] = reply.failure();
                    continue;
                }
                texts.get(i).append('\n').append(reply.text());
                verdicts[i] = Verdict.of(texts.get(i).toString());
                conversations.get(i).add(new Message("assistant", reply.text()));
                conversations.get(i).add(new Message("user", CONTINUE));
                if (verdicts[i].askAgain()) {
                    again.add(i);
                }
            }
            open = again;
        }
        List<Played> played = new ArrayList<>();
        for (int i = 0; i < matches.size(); i++) {
            String prompt = conversations.get(i).get(1).content();
            played.add(
                    new Played(new Judgment.Game(prompt, texts.get(i).toString(), verdicts[i].label()), failures[i]));
        }
        return played;
    }

    private ChatRequest request(List<Message> conversation) {
        return new ChatRequest(judgeModel, conversation, 1, temperature, 1, maxTokens, List.of(), null, 0);
    }
}
