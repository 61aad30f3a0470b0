package org.lionalign.cub;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.lionalign.core.json.Json;

/**
 * Instructions with machine-readable checks, as rows for supervised fine-tuning, preference learning, sampling and testing.
 *
 * <p>Splits are disjoint by construction: an instruction belongs to the split that the hash of its content (what is asked,
 * without the wording) points to, whatever the seed.
 */
public final class InstructionGenerator {
    /** Where an instruction is used; the share is of all contents. */
    public enum Split {
        SFT(45),
        PAIRS(25),
        PROMPTS(15),
        HELDOUT(15);

        private final int share;

        Split(int share) {
            this.share = share;
        }

        /** The split of a content. */
        static Split of(String family, String content) {
            int at = Integer.parseInt(Draw.hash(family + "\n" + content).substring(0, 7), 16) % 100;
            for (Split split : values()) {
                at -= split.share;
                if (at < 0) {
                    return split;
                }
            }
            throw new IllegalStateException("shares do not add up");
        }
    }

    private static final int TRIES = 400;

    private final long seed;
    private final Split split;
    private final Set<String> seen = new HashSet<>();
    private long next;

    public InstructionGenerator(long seed, Split split) {
        this.seed = seed;
        this.split = split;
    }

    /** The next instruction, different from all before; a family whose contents are used up gives way to another. */
    Task next() {
        long index = next++;
        Draw draw = Draw.of(seed, "instruction/" + split, index);
        int[] weights =
                Families.ALL.stream().mapToInt(Families.Weighted::weight).toArray();
        while (true) {
            Families.Family family = Families.ALL.get(draw.weighted(weights)).family();
            for (int i = 0; i < TRIES; i++) {
                Task task = family.draw(draw);
                if (Split.of(task.family(), task.content()) == split && seen.add(task.prompt())) {
                    return task;
                }
            }
        }
    }

    /**
     * Rows {@code id, family, messages, check, flaw}.
     *
     * @param flawed the share of rows whose answer breaks at least one check, on purpose: what preference learning mends
     */
    public List<ObjectNode> sft(int rows, double flawed) {
        List<ObjectNode> out = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            Task task = next();
            Draw draw = Draw.of(seed, "answer/" + split, i);
            // Evenly spread, so that the share is exact.
            boolean spoilt = Math.floor((i + 1) * flawed) > Math.floor(i * flawed);
            Task.Answer answer = spoilt ? task.wrong(draw) : task.right(draw);
            ObjectNode row = head(task);
            row.putArray("messages").add(message("user", task.prompt())).add(message("assistant", answer.text()));
            row.set("check", Checker.json(task.checks()));
            out.add(row.put("flaw", answer.flaw()));
        }
        return out;
    }

    /** Rows {@code id, family, prompt, chosen, rejected, check, flaw}: chosen passes every check, rejected fails one or more. */
    public List<ObjectNode> pairs(int rows) {
        List<ObjectNode> out = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            Task task = next();
            Draw draw = Draw.of(seed, "answer/" + split, i);
            Task.Answer wrong = task.wrong(draw);
            ObjectNode row = head(task);
            row.putArray("prompt").add(message("user", task.prompt()));
            row.putArray("chosen").add(message("assistant", task.right(draw).text()));
            row.putArray("rejected").add(message("assistant", wrong.text()));
            row.set("check", Checker.json(task.checks()));
            out.add(row.put("flaw", wrong.flaw()));
        }
        return out;
    }

    /** Rows {@code id, family, prompt, check, reference}; the reference is a right answer. */
    public List<ObjectNode> prompts(int rows) {
        List<ObjectNode> out = new ArrayList<>();
        for (int i = 0; i < rows; i++) {
            Task task = next();
            ObjectNode row = head(task);
            row.putArray("prompt").add(message("user", task.prompt()));
            ArrayNode check = Checker.json(task.checks());
            row.set("check", check);
            row.put("reference", task.right(Draw.of(seed, "answer/" + split, i)).text());
            out.add(row);
        }
        return out;
    }

    private static ObjectNode head(Task task) {
        return Json.object()
                .put(
                        "id",
                        "cub-" + Draw.hash(task.family() + "\n" + task.prompt()).substring(0, 16))
                .put("family", task.family());
    }

    private static ObjectNode message(String role, String content) {
        return Json.object().put("role", role).put("content", content);
    }
}
