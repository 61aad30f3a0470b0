package org.lionalign.align.eval.alpaca;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.lionalign.align.eval.PromptFormat;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.stats.MersenneTwister;

/**
 * AlpacaEval 2's judge, {@code weighted_alpaca_eval_gpt4_turbo}: shows both answers under the names m and M, in an order drawn from the
 * instruction, has one token written, and weighs the two names' probabilities.
 */
final class WeightedAnnotator {
    /** The configuration's name, as {@code annotations.json} has it. */
    static final String NAME = "weighted_alpaca_eval_gpt4_turbo";

    private static final String FIRST = "m";
    private static final String SECOND = "M";
    private static final int TOP = 5;

    private final List<Message> template;
    private final String judgeModel;
    private final long seed;

    /**
     * @param prompt {@code alpaca_eval_clf.txt}: turns between ChatML marks
     * @param seed 0 for the order of the official annotations
     */
    WeightedAnnotator(String prompt, String origin, String judgeModel, long seed) {
        this.template = turns(prompt, origin);
        this.judgeModel = judgeModel;
        this.seed = seed;
    }

    private static List<Message> turns(String prompt, String origin) {
        List<Message> turns = new ArrayList<>();
        String[] parts = prompt.strip().split("<\\|im_start\\|>", -1);
        for (int i = 1; i < parts.length; i++) {
            int line = parts[i].indexOf('\n');
            int end = parts[i].indexOf("<|im_end|>");
            if (line < 0 || end < line) {
                throw new BadInput(origin + ": turn " + i + ": expected a role, a line break, a text and <|im_end|>");
            }
            turns.add(new Message(
                    parts[i].substring(0, line).strip(),
                    parts[i].substring(line, end).strip()));
        }
        String all = prompt;
        if (turns.isEmpty()
                || !List.of("{instruction}", "{output_1}", "{output_2}").stream()
                        .allMatch(all::contains)) {
            throw new BadInput(origin
                    + ": expected AlpacaEval's judge prompt (ChatML with {instruction}, {output_1} and {output_2})");
        }
        return turns;
    }

    /** Whether the model's answer is shown first: {@code RandomSwitchTwoColumnsProcessor} of alpaca_eval, number for number. */
    boolean isSwitched(String instruction) {
        return MersenneTwister.python("is_switched_outputs" + instruction + seed)
                        .nextDouble()
                >= 0.5;
    }

    ChatRequest request(String instruction, String baseline, String model) {
        boolean switched = isSwitched(instruction);
        Map<String, String> fields = Map.of(
                "instruction", instruction,
                "output_1", switched ? model : baseline,
                "output_2", switched ? baseline : model);
        List<Message> messages = template.stream()
                .map(turn -> new Message(turn.role(), PromptFormat.named(turn.content(), fields)))
                .toList();
        return new ChatRequest(judgeModel, messages, 1, 1, 1, 1, List.of(), null, TOP);
    }

    /** The preference for the model, 1 to 2; NaN where neither name is among the alternatives. */
    double preference(String instruction, Map<String, Double> top) {
        double shown = shownPreference(top);
        return isSwitched(instruction) ? 3 - shown : shown;
    }

    /** The preference for what is shown second, 1 to 2. A name that is missing has probability 0. */
    static double shownPreference(Map<String, Double> top) {
        Double first = top.get(FIRST);
        Double second = top.get(SECOND);
        if (first == null && second == null) {
            return Double.NaN;
        }
        if (first == null || second == null) {
            return first == null ? 2 : 1;
        }
        return 2 - 1 / (1 + Math.exp(second - first));
    }
}
