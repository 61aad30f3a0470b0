package org.lionalign.cli;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.lionalign.align.stage.SelfCheck;
import org.lionalign.core.recipe.StageRecipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code lion verify}. */
@Command(
        name = "verify",
        mixinStandardHelpOptions = true,
        description = "Checks on your model, your data and this machine that training computes what it should.",
        exitCodeOnExecutionException = 1,
        footer = {"", "Example:", "  ./lion verify sft.yaml", "Exit code 4 when a check fails."})
final class VerifyVerb implements Callable<Integer> {
    @Mixin
    private RecipeArguments arguments = new RecipeArguments();

    @Override
    public Integer call() {
        StageRecipe recipe = arguments.read();
        List<SelfCheck.Line> lines =
                arguments.temporarily(folder -> new SelfCheck(recipe, arguments.kind(recipe), folder).run(name -> {
                    if (Terminal.errors()) {
                        System.err.print("\r\u001b[Kchecking: " + name);
                    }
                }));
        if (Terminal.errors()) {
            System.err.print("\r\u001b[K");
        }
        System.out.printf("%-56s %12s %10s%n", "check", "largest error", "allowed");
        boolean all = true;
        for (SelfCheck.Line line : lines) {
            System.out.printf(
                    Locale.ROOT,
                    "%-56s %12.2e %10.0e  %s%n",
                    line.name(),
                    line.error(),
                    line.bound(),
                    line.holds() ? "ok" : "FAILS");
            all &= line.holds();
        }
        return all ? 0 : 4;
    }
}
