package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.online.PairLedger;
import org.lionalign.align.online.Pairing;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.recipe.PairsRecipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lion pairs}. */
@Command(
        name = "pairs",
        mixinStandardHelpOptions = true,
        description = "Preference pairs from judged answers, for lion dpo; every prompt is accounted for.",
        footer = {
            "",
            "Ties, equal texts, failed judgements and answers without a text never become preferences.",
            "",
            "Example:",
            "  ./lion pairs --answers judged.jsonl --out pairs.jsonl --margin 0.5 --original-pairs 0.15 --original-chosen 0.35"
        })
final class PairsVerb implements Runnable {
    @Option(
            names = "--answers",
            required = true,
            paramLabel = "FILE.jsonl",
            description = "rows of lion judge: answers with a judgement")
    private Path answers = Path.of("judged.jsonl");

    @Option(names = "--out", required = true, paramLabel = "FILE.jsonl", description = "pairs")
    private Path out = Path.of("pairs.jsonl");

    @Option(
            names = "--ledger",
            paramLabel = "FILE.json",
            description = "what became of every prompt (default: beside the pairs)")
    private @Nullable Path ledger;

    @Option(names = "--rule", description = "best_vs_worst (default), best_vs_random, all_above_margin")
    private @Nullable String rule;

    @Option(names = "--margin", description = "smallest difference of scores (default: 0)")
    private @Nullable Double margin;

    @Option(names = "--unfinished", description = "cut answers: leave_out (default), reject_only, allow")
    private @Nullable String unfinished;

    @Option(
            names = "--original-pairs",
            paramLabel = "SHARE",
            description = "prompts that get their row's own pair (default: 0)")
    private @Nullable Double originalPairs;

    @Option(
            names = "--original-chosen",
            paramLabel = "SHARE",
            description = "prompts whose chosen answer is their row's own (default: 0)")
    private @Nullable Double originalChosen;

    @Option(names = "--faithful-mixing", description = "the original's arithmetic of these shares")
    private @Nullable Boolean faithfulMixing;

    @Option(names = "--seed", defaultValue = "42", description = "default: ${DEFAULT-VALUE}")
    private long seed;

    @Override
    @SuppressWarnings("NullAway") // null asks for the default
    public void run() {
        PairsRecipe recipe = new PairsRecipe(rule, margin, unfinished, originalPairs, originalChosen, faithfulMixing);
        PairLedger made = new Pairing(recipe, seed).write(answers, out);
        Path target = ledger != null
                ? ledger
                : out.resolveSibling(out.getFileName().toString().replaceFirst("\\.jsonl$", "") + ".ledger.json");
        AtomicFiles.write(target, made.toJson().toPrettyString() + "\n");
        ObjectNode shown = made.toJson();
        shown.remove("unpaired_prompts"); // they are named in the ledger
        System.out.println(shown.toPrettyString());
        System.err.println("lion: " + made.pairs() + " pairs are in " + out + ", the ledger in " + target);
    }
}
