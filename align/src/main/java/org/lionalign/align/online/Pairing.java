package org.lionalign.align.online;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.judge.Judgement;
import org.lionalign.align.online.PairOutcome.Pair;
import org.lionalign.align.online.PairOutcome.Paired;
import org.lionalign.align.sample.Drawn;
import org.lionalign.core.chat.Message;
import org.lionalign.core.data.ChatRows;
import org.lionalign.core.data.PairRows;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.recipe.PairsRecipe;

/**
 * A file of judged answers to a file of pairs in the preference schema of LION.md 2.2, which {@code lion dpo} trains on like any other and the
 * ordinary mixer mixes. Reads the file twice: the shares of originals are of all prompts that have a pair.
 */
public final class Pairing {
    private final PairsRecipe recipe;
    private final long seed;
    private final PairMaker maker;

    public Pairing(PairsRecipe recipe, long seed) {
        this.recipe = recipe;
        this.seed = seed;
        this.maker = new PairMaker(recipe, seed);
    }

    /**
     * Writes the pairs.
     *
     * @throws BadInput when no prompt gives a pair: a judge that always fails or ties ends the stage
     */
    public PairLedger write(Path judged, Path pairs) {
        PairLedger ledger = new PairLedger();
        List<String> eligible = new ArrayList<>();
        Set<String> once = new HashSet<>();
        Set<String> twice = new HashSet<>();
        boolean mixes = recipe.originalPairs() + recipe.originalChosen() > 0;
        read(judged, prompt -> {
            PairOutcome outcome = maker.make(prompt);
            ledger.count(prompt, outcome);
            if (!once.add(prompt.promptId())) {
                twice.add(prompt.promptId());
            }
            if (mixes && outcome instanceof Paired paired && original(prompt, worst(prompt, paired)) != null) {
                eligible.add(prompt.promptId());
            }
        });
        ledger.check();
        if (ledger.pairs() == 0) {
            throw new BadInput(judged + ": expected at least one pair, found none: "
                    + ledger.toJson().path("unpaired") + ", judge failures "
                    + ledger.toJson().path("judge").path("failures"));
        }
        eligible.removeAll(twice); // whose original would it be?
        Map<String, Originals.Use> uses = Originals.draw(eligible, recipe, seed);
        AtomicFiles.writeLines(
                pairs,
                out -> read(judged, prompt -> {
                    if (maker.make(prompt) instanceof Paired paired) {
                        Originals.Use use = uses.getOrDefault(prompt.promptId(), Originals.Use.ONLINE);
                        for (ObjectNode row : rows(prompt, paired, use)) {
                            ledger.countOrigin(
                                    row.path("other_info").path("origin").asText());
                            out.accept(Json.write(row));
                        }
                    }
                }));
        return ledger;
    }

    private static void read(Path judged, Consumer<JudgedPrompt> sink) {
        try (JsonLines lines = JsonLines.open(judged)) {
            for (JsonLines.Row line : lines) {
                sink.accept(JudgedPrompt.of(line.value(), judged, line.line()));
            }
        }
    }

    /** The pair whose rejected answer has the lowest score: what an original chosen answer is set against. */
    private static Pair worst(JudgedPrompt prompt, Paired paired) {
        double[] scores = scores(prompt);
        Pair worst = paired.pairs().get(0);
        for (Pair pair : paired.pairs()) {
            worst = scores[pair.rejected()] < scores[worst.rejected()] ? pair : worst;
        }
        return worst;
    }

    private static double[] scores(JudgedPrompt prompt) {
        Judgement judgement = prompt.judgement();
        if (judgement == null) {
            throw new IllegalStateException(prompt.id() + " has pairs but no judgement");
        }
        return judgement.scores();
    }

    /** The row's own pair, or null when it has none that can be used beside this online pair. */
    private static PairRows.@Nullable Pair original(JudgedPrompt prompt, Pair online) {
        if (PairRows.layout(prompt.row()) == null) {
            return null;
        }
        try {
            PairRows.Pair own = PairRows.pair(prompt.row(), prompt.id());
            String rejected = prompt.answers().get(online.rejected()).text();
            return own.prompt().messages().equals(prompt.prompt().messages())
                            && !Texts.normal(own.chosen()).equals(Texts.normal(own.rejected()))
                            && !Texts.normal(own.chosen()).equals(Texts.normal(rejected))
                    ? own
                    : null;
        } catch (ChatRows.Unusable e) {
            return null; // a tie or equal answers: no pair to be mixed in
        }
    }

    private List<ObjectNode> rows(JudgedPrompt prompt, Paired paired, Originals.Use use) {
        List<ObjectNode> rows = new ArrayList<>();
        if (use == Originals.Use.ONLINE) {
            double[] scores = scores(prompt);
            for (Pair pair : paired.pairs()) {
                Drawn chosen = prompt.answers().get(pair.chosen());
                Drawn rejected = prompt.answers().get(pair.rejected());
                ObjectNode row = row(prompt, chosen.text(), rejected.text());
                row.put("score_chosen", scores[pair.chosen()]).put("score_rejected", scores[pair.rejected()]);
                ids(row, prompt, chosen, rejected);
                rows.add(provenance(row, prompt, "online", pair));
            }
            return rows;
        }
        Pair worst = worst(prompt, paired);
        PairRows.Pair own = original(prompt, worst);
        if (own == null) {
            throw new IllegalStateException(prompt.id() + " was drawn to give its original, but has none");
        }
        if (use == Originals.Use.ORIGINAL_PAIR) {
            ObjectNode row = row(prompt, own.chosen(), own.rejected());
            if (own.chosenScore() != null && own.rejectedScore() != null) {
                row.put("score_chosen", own.chosenScore()).put("score_rejected", own.rejectedScore());
            }
            rows.add(provenance(row, prompt, "original_pair", null));
        } else {
            // No scores: the original's and the judge's are not on one scale.
            Drawn rejected = prompt.answers().get(worst.rejected());
            ObjectNode row = row(prompt, own.chosen(), rejected.text());
            ids(row, prompt, null, rejected);
            rows.add(provenance(row, prompt, "original_chosen", worst));
        }
        return rows;
    }

    private static ObjectNode row(JudgedPrompt prompt, String chosen, String rejected) {
        List<Message> turns = prompt.prompt().messages();
        ObjectNode row = Json.object();
        row.put("prompt", turns.get(turns.size() - 1).content());
        row.put("prompt_id", prompt.promptId());
        row.set("chosen", conversation(turns, chosen));
        row.set("rejected", conversation(turns, rejected));
        row.set("messages", row.get("chosen"));
        return row;
    }

    private static ArrayNode conversation(List<Message> prompt, String answer) {
        ArrayNode list = Json.MAPPER.createArrayNode();
        prompt.forEach(message -> list.add(message.toJson()));
        list.addObject().put("role", "assistant").put("content", answer);
        return list;
    }

    private static void ids(ObjectNode row, JudgedPrompt prompt, @Nullable Drawn chosen, Drawn rejected) {
        if (prompt.promptIds() != null) {
            row.set("prompt_ids", Json.MAPPER.valueToTree(prompt.promptIds()));
            if (chosen != null && chosen.ids() != null) {
                row.set("chosen_ids", Json.MAPPER.valueToTree(chosen.ids()));
            }
            if (rejected.ids() != null) {
                row.set("rejected_ids", Json.MAPPER.valueToTree(rejected.ids()));
            }
        }
    }

    private static ObjectNode provenance(ObjectNode row, JudgedPrompt prompt, String origin, @Nullable Pair pair) {
        ObjectNode info = row.putObject("other_info");
        info.put("origin", origin).put("id", prompt.id()).put("source", prompt.source());
        info.set("sampled_by", prompt.sampledBy());
        info.put("judge", prompt.judge());
        double[] scores = scores(prompt);
        ArrayNode values = info.putArray("scores");
        ArrayNode ranks = info.putArray("ranks");
        for (double score : scores) {
            if (Double.isNaN(score)) {
                values.addNull();
                ranks.addNull();
                continue;
            }
            values.add(score);
            int rank = 1; // equal scores share the better rank
            for (double other : scores) {
                rank += other > score ? 1 : 0;
            }
            ranks.add(rank);
        }
        if (pair != null) {
            if (origin.equals("online")) {
                info.put("chosen_index", pair.chosen());
            }
            info.put("rejected_index", pair.rejected());
        }
        return row;
    }
}
