package org.lionalign.cli;

import org.lionalign.core.error.BadInput;
import org.lionalign.core.error.CheckFailed;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** The entry point of {@code ./lion}. */
@Command(
        name = "lion",
        description = "Aligns language models: SFT, DPO and online DPO, with evaluation at every stage.",
        mixinStandardHelpOptions = true,
        version = "lion 0.1.0",
        synopsisSubcommandLabel = "VERB",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:done",
            "1:a defect of Lion (please report it with the stack trace)",
            "2:wrong use of the command line",
            "3:bad input: the message names file, line, key, what was expected and what was found",
            "4:a check or a limit of the run failed (verify, alarms, plan)",
            "130:interrupted; the same command again continues"
        },
        subcommands = {
            QuickstartVerb.class,
            RunVerb.Run.class,
            RunVerb.Explain.class,
            StudyVerb.class,
            InspectVerb.class,
            RenderVerb.class,
            TokenizeVerb.class,
            ScoreVerb.class,
            GenerateVerb.class,
            JudgeVerb.class,
            SampleVerb.class,
            PairsVerb.class,
            ChatVerb.class,
            ServeVerb.class,
            StageVerb.Pretrain.class,
            StageVerb.Sft.class,
            StageVerb.Dpo.class,
            StageVerb.Reward.class,
            ReferenceVerb.class,
            DataVerb.class,
            WhyVerb.class,
            PlanVerb.class,
            VerifyVerb.class,
            ReportVerb.class,
            SchemaVerb.class,
            EvalVerb.class,
            CubVerb.class,
            CommandLine.HelpCommand.class
        })
public final class Lion {
    /** Exit code for bad input. */
    public static final int BAD_INPUT = 3;

    /** Exit code for a run that a check or a limit of its own stopped. */
    public static final int CHECK_FAILED = 4;

    private Lion() {}

    public static void main(String[] args) {
        System.exit(run(args));
    }

    /** Runs one command and returns its exit code; never calls {@code System.exit}. */
    public static int run(String... args) {
        String[] local;
        try {
            local = HubArguments.local(args);
        } catch (BadInput e) {
            System.err.println("lion: " + e.getMessage());
            return BAD_INPUT;
        }
        return commandLine().execute(local);
    }

    /** The command line with its rules for errors. */
    static CommandLine commandLine() {
        CommandLine line = new CommandLine(new Lion());
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setExecutionExceptionHandler((e, command, parsed) -> {
            if (e instanceof BadInput) {
                command.getErr().println("lion: " + e.getMessage());
                return BAD_INPUT;
            }
            if (e instanceof CheckFailed) {
                command.getErr().println("lion: " + e.getMessage());
                return CHECK_FAILED;
            }
            e.printStackTrace(command.getErr());
            return 1;
        });
        return line;
    }
}
