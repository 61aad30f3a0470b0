package org.lionalign.align.eval.mtbench;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.lionalign.align.eval.EvalFiles;
import org.lionalign.align.eval.PromptFormat;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.JsonLines;

/** The judge's prompts, from FastChat's {@code judge_prompts.jsonl}: one for each turn, and those that show the reference answer. */
final class MtBenchPrompts {
    private static final int MAX_TOKENS = 2048;

    private record Template(String name, String systemPrompt, String userPrompt) {}

    private final Path file;
    private final Map<String, Template> templates = new HashMap<>(); // looked up only
    private final String judgeModel;

    MtBenchPrompts(Path file, String judgeModel) {
        this.file = file;
        this.judgeModel = judgeModel;
        for (JsonLines.Row row : EvalFiles.rows(file)) {
            String name = EvalFiles.text(file, row, "name");
            templates.put(
                    name,
                    new Template(
                            name,
                            EvalFiles.text(file, row, "system_prompt"),
                            EvalFiles.text(file, row, "prompt_template")));
        }
    }

    /** Which prompt grades a turn. */
    static String name(boolean withReference, int turn) {
        return (withReference ? "single-math-v1" : "single-v1") + (turn == 2 ? "-multi-turn" : "");
    }

    /** The text of the judge's user turn. */
    String userPrompt(MtQuestion question, int turn, List<String> answers) {
        Map<String, String> fields = new HashMap<>();
        if (turn == 1) {
            fields.put("question", question.turns().get(0));
            fields.put("answer", answers.get(0));
        } else {
            fields.put("question_1", question.turns().get(0));
            fields.put("question_2", question.turns().get(1));
            fields.put("answer_1", answers.get(0));
            fields.put("answer_2", answers.get(1));
        }
        for (int i = 0; i < question.references().size(); i++) {
            fields.put("ref_answer_" + (i + 1), question.references().get(i));
        }
        Template template = template(question, turn);
        return PromptFormat.python(template.userPrompt, fields, file + ": " + template.name);
    }

    ChatRequest request(MtQuestion question, int turn, List<String> answers) {
        List<Message> messages = List.of(
                new Message("system", template(question, turn).systemPrompt),
                new Message("user", userPrompt(question, turn, answers)));
        return new ChatRequest(judgeModel, messages, 1, 0, 1, MAX_TOKENS, List.of(), null, 0);
    }

    private Template template(MtQuestion question, int turn) {
        String name = name(question.needsReference(), turn);
        Template template = templates.get(name);
        if (template == null) {
            throw new BadInput(file + ": name: expected a prompt named " + name + ", found none");
        }
        return template;
    }
}
