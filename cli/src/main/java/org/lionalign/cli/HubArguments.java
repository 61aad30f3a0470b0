package org.lionalign.cli;

import java.util.List;
import java.util.stream.Stream;
import org.lionalign.core.hub.HubPaths;
import picocli.CommandLine;

/** {@code hub:org/name} in the arguments of any verb: the files are fetched, and their folder stands there instead. */
final class HubArguments {
    /** They read a tokenizer or a template alone. */
    private static final List<String> WITHOUT_WEIGHTS = List.of("tokenize", "render");

    private HubArguments() {}

    static String[] local(String[] args) {
        if (Stream.of(args).noneMatch(arg -> arg.contains("hub:")) || !wouldRun(args)) {
            return args;
        }
        boolean weights = !WITHOUT_WEIGHTS.contains(args[0]);
        String[] local = args.clone();
        String option = "";
        for (int a = 1; a < args.length; a++) {
            boolean isOption = args[a].startsWith("--");
            int equals = args[a].indexOf('=');
            if (isOption) {
                option = equals < 0 ? args[a] : args[a].substring(0, equals);
            }
            if (option.equals("--set")) {
                continue; // a part of a recipe, which is resolved as one
            }
            local[a] = HubPaths.resolve(args[a], option, weights);
            if (!isOption || equals >= 0) {
                option = "";
            }
        }
        return local;
    }

    /** Nothing is fetched for a command that is only asked for help, or is wrong. */
    private static boolean wouldRun(String[] args) {
        try {
            return Lion.commandLine().parseArgs(args).asCommandLineList().stream()
                    .noneMatch(line -> line.isUsageHelpRequested() || line.isVersionHelpRequested());
        } catch (CommandLine.ParameterException e) {
            return false;
        }
    }
}
