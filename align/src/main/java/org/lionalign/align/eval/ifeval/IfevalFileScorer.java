package org.lionalign.align.eval.ifeval;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.align.eval.FileScorer;
import org.lionalign.align.eval.ScoreOptions;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.completion.ResponseRows;
import org.lionalign.core.error.BadInput;

/**
 * Google's {@code input_response_data_*.jsonl} ({@code prompt, response}) with {@code input_data.jsonl} beside it, rows that carry their
 * instructions themselves, or the harness's {@code samples_ifeval_*.jsonl}.
 */
public final class IfevalFileScorer implements FileScorer {
    @Override
    public String suite() {
        return IfevalSuite.NAME;
    }

    @Override
    public String reads() {
        return "JSONL of prompt and response, beside input_data.jsonl; or rows with instruction_id_list and kwargs too; or"
                + " lm-evaluation-harness's samples_ifeval_*.jsonl";
    }

    @Override
    public SuiteResult score(Path from, ScoreOptions options) {
        Path folder = Files.isDirectory(from) ? from : from.toAbsolutePath().getParent();
        if (folder == null) {
            throw new BadInput(from + ": no such file or folder");
        }
        Instructions known = new Instructions(IfevalFiles.punkt(folder));
        List<ResponseRows.Response> responses = ResponseRows.read(from, IfevalFiles.QUESTIONS);
        IfevalScores scores = new IfevalScores();
        if (responses.stream().allMatch(r -> r.question().has("instruction_id_list"))) {
            for (ResponseRows.Response response : responses) {
                scores.add(IfevalQuestion.of(response.question(), known, response.where()), response.text(), false, 0);
            }
            return scores.result(suite());
        }
        if (!IfevalFiles.hasQuestions(folder)) {
            throw new BadInput(folder + ": expected " + IfevalFiles.QUESTIONS
                    + " here, for the rows name no instructions; found none");
        }
        List<IfevalQuestion> questions = IfevalFiles.questions(folder, known);
        Map<String, String> byPrompt = byPrompt(responses);
        for (IfevalQuestion question : questions) {
            scores.add(question, byPrompt.remove(question.prompt()), false, 0);
        }
        if (!byPrompt.isEmpty()) {
            throw new BadInput(from + ": prompt: expected prompts of " + IfevalFiles.QUESTIONS + ", found "
                    + byPrompt.size() + " others, the first: "
                    + byPrompt.keySet().iterator().next());
        }
        return scores.result(suite());
    }

    private static Map<String, String> byPrompt(List<ResponseRows.Response> responses) {
        Map<String, String> byPrompt = new LinkedHashMap<>();
        for (ResponseRows.Response response : responses) {
            JsonNode prompt = response.question().path("prompt");
            if (!prompt.isTextual()) {
                throw new BadInput(response.where() + ": prompt: expected a text, found " + prompt);
            }
            if (byPrompt.put(prompt.textValue(), response.text()) != null) {
                throw new BadInput(response.where() + ": prompt: expected each prompt once, found it again");
            }
        }
        return byPrompt;
    }
}
