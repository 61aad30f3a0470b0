package org.lionalign.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.lionalign.align.report.RunReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lion report}. */
@Command(
        name = "report",
        mixinStandardHelpOptions = true,
        description = "One HTML page about several runs: curves, sample answers and ledgers side by side.",
        footer = {"", "Example:", "  ./lion report runs/sft runs/dpo --out compared.html"})
final class ReportVerb implements Callable<Integer> {
    @Parameters(arity = "1..*", paramLabel = "RUN", description = "runs' folders, in the order to show them")
    private List<Path> runs = new ArrayList<>();

    @Option(names = "--out", required = true, paramLabel = "FILE", description = "the page")
    private Path out = Path.of("report.html");

    @Override
    public Integer call() {
        RunReport.write(runs, out);
        System.err.println("lion: the report is in " + out);
        return 0;
    }
}
