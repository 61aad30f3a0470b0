package org.lionalign.cli;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** {@code lion eval}: benchmarks. */
@Command(
        name = "eval",
        mixinStandardHelpOptions = true,
        description = "Benchmarks: their numbers from official files.",
        subcommands = {EvalScoreVerb.class},
        footer = {
            "",
            "Example:",
            "  ./lion eval score --suite mt_bench --from data/mt_bench/model_judgment/gpt-4_single.jsonl"
        })
final class EvalVerb implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init")
    private CommandSpec spec;

    @Override
    public void run() {
        throw new CommandLine.ParameterException(spec.commandLine(), "expected a subcommand: score");
    }
}
