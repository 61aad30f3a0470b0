package org.lionalign.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.lionalign.align.stage.RowStory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code lion why}. */
@Command(
        name = "why",
        mixinStandardHelpOptions = true,
        description = "A row's whole life in a run: its JSON, text, tokens with masks, and the loss at every visit.",
        footer = {"", "Example:", "  ./lion why runs/sft train.jsonl:17"})
final class WhyVerb implements Callable<Integer> {
    @Parameters(index = "0", paramLabel = "RUN", description = "the run's folder")
    private Path run = Path.of("runs");

    @Parameters(index = "1", paramLabel = "FILE:NUMBER", description = "the row, as ledgers and errors write it")
    private String row = "";

    @Override
    public Integer call() {
        System.out.println(RowStory.of(run, row).toPrettyString());
        return 0;
    }
}
