package org.lionalign.align.text;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.JsonLines;
import org.lionalign.torch.model.Answer;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.Generator;
import org.lionalign.torch.model.SamplingOptions;

/** Samples answers to rows {@code {"prompt"}}, {@code {"messages"}} or {@code {"ids"}} and puts them beside the rows' own fields. */
public final class AnswerWriter {
    private final CausalLm model;
    private final TextModel text;
    private final List<String> stopStrings;

    /** @param stopStrings texts at which an answer ends; they are not part of its text */
    public AnswerWriter(CausalLm model, TextModel text, List<String> stopStrings) {
        this.model = model;
        this.text = text;
        this.stopStrings = List.copyOf(stopStrings);
    }

    /** Ids of a row's prompt. */
    public int[] promptIds(JsonLines.Row row, String file) {
        JsonNode value = row.value();
        String where = file + ":" + row.line();
        int[] ids;
        if (value.has("ids")) {
            ids = Scorer.ids(value.get("ids"), where);
        } else if (value.has("messages")) {
            ids = text.promptIds(TextModel.conversation(value.get("messages"), value, where));
        } else if (value.path("prompt").isTextual()) {
            ids = text.promptIds(value.get("prompt").textValue());
        } else if (value.path("prompt").isArray()) {
            ids = text.promptIds(TextModel.conversation(value.get("prompt"), value, where));
        } else {
            throw new BadInput(where + ": expected prompt, messages or ids, found none of them");
        }
        if (ids.length == 0 || ids.length >= model.config().longestSequence()) {
            throw new BadInput(
                    where + ": prompt: expected 1 to " + (model.config().longestSequence() - 1)
                            + " tokens, which leaves room for an answer in the model's context, found " + ids.length);
        }
        return ids;
    }

    /** The rows with their {@code answers}, in order; {@code progress} hears of each finished row. */
    public List<ObjectNode> answer(List<JsonLines.Row> rows, String file, SamplingOptions options, Runnable progress) {
        List<int[]> prompts = new ArrayList<>();
        for (JsonLines.Row row : rows) {
            if (!row.value().isObject()) {
                throw new BadInput(file + ":" + row.line() + ": expected a JSON object, found "
                        + row.value().getNodeType());
            }
            prompts.add(promptIds(row, file));
        }
        ObjectNode[] results = new ObjectNode[rows.size()];
        StopTexts stops = new StopTexts(text.tokenizer(), stopStrings);
        new Generator(model, options).generate(prompts, stops, (prompt, answers) -> {
            ObjectNode result = (ObjectNode) rows.get(prompt).value().deepCopy();
            ArrayNode list = result.putArray("answers");
            for (Answer answer : answers) {
                list.add(json(answer, stops));
            }
            results[prompt] = result;
            progress.run();
        });
        return Arrays.asList(results);
    }

    private ObjectNode json(Answer answer, StopTexts stops) {
        ObjectNode node = org.lionalign.core.json.Json.object();
        node.put("text", stops.cut(text.tokenizer().decode(answer.ids(), true)));
        ArrayNode ids = node.putArray("ids");
        for (int id : answer.ids()) {
            ids.add(id);
        }
        ArrayNode logprobs = node.putArray("logprobs");
        for (float logprob : answer.logprobs()) {
            logprobs.add(logprob);
        }
        node.put("finish", answer.finish());
        return node;
    }
}
