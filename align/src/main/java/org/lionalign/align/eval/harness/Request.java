package org.lionalign.align.eval.harness;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.python.PyText;
import org.lionalign.align.text.TextModel;

/**
 * What is scored for one question: continuation k after context k.
 *
 * @param contexts one for each choice, mostly the same text
 * @param continuations the choices with the blank before them
 */
record Request(List<String> contexts, List<String> continuations) {
    Request {
        contexts = List.copyOf(contexts);
        continuations = List.copyOf(continuations);
    }

    static Request of(Prompting prompting, TextModel text, Task task, List<Question.Shot> shots, Question question) {
        return new Request(
                prompting.contexts(text, task.description(), shots, question),
                question.outputs().stream()
                        .map(output -> prompting.delimiter() + output)
                        .toList());
    }

    /**
     * A context and its continuation as ids.
     *
     * @param ids what the model reads, and the last token that it only predicts
     * @param from index of the continuation's first token
     * @param cut tokens that were cut off at the left to fit the model
     */
    record Sequence(int[] ids, int from, int cut) {}

    /**
     * One sequence for each choice, as the harness's {@code _encode_pair} and {@code _loglikelihood_tokens} make them (lm_eval/api/model.py,
     * lm_eval/models/huggingface.py): white space at the context's end goes to the continuation; the two are encoded together and parted at the
     * length of the context's own encoding; the left is cut so that the model reads {@code longest} tokens at most.
     *
     * @return null for a choice that has no tokens of its own or more than the model can read
     */
    List<@Nullable Sequence> encode(TextModel text, int longest) {
        List<@Nullable Sequence> sequences = new ArrayList<>();
        String encoded = "";
        int[] ids = new int[0];
        for (int i = 0; i < continuations.size(); i++) {
            String context = PyText.rstrip(contexts.get(i));
            String continuation = contexts.get(i).substring(context.length()) + continuations.get(i);
            if (i == 0 || !context.equals(encoded)) {
                encoded = context;
                ids = text.promptIds(context);
            }
            int[] whole = text.promptIds(context + continuation);
            int own = whole.length - ids.length;
            if (own <= 0 || own > longest || ids.length == 0) {
                sequences.add(null);
                continue;
            }
            int[] all = Arrays.copyOf(ids, ids.length + own);
            System.arraycopy(whole, ids.length, all, ids.length, own);
            int cut = Math.max(0, all.length - (longest + 1));
            sequences.add(new Sequence(Arrays.copyOfRange(all, cut, all.length), ids.length - cut, cut));
        }
        return sequences;
    }
}
