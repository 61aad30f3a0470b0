package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.lionalign.align.stage.Stage;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.ResolvedRecipe;
import org.lionalign.core.recipe.StageRecipe;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code lion pretrain}, {@code lion sft}, {@code lion dpo} and {@code lion reward}. */
abstract class StageVerb implements Callable<Integer> {
    @Parameters(paramLabel = "RECIPE.yaml", description = "what to train, on what, how")
    private Path recipe = Path.of("recipe.yaml");

    @Option(names = "--set", paramLabel = "KEY=VALUE", description = "overrides a value of the recipe; may be repeated")
    private List<String> set = new ArrayList<>();

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR",
            description = "the run's folder; the same command again continues")
    private Path out = Path.of("runs");

    private static final int INTERRUPTED = 130;

    /** The stage this verb runs. */
    abstract Stage stage(StageRecipe read, Path run);

    /** Next-token training. */
    @Command(
            name = "pretrain",
            mixinStandardHelpOptions = true,
            description = {
                "Next-token training on plain text: continued pre-training, or from random weights where the",
                "model folder holds a config and a tokenizer alone."
            },
            footer = {
                "",
                "Rows: JSONL (.gz), JSON array or Parquet with a column of text; .txt (.gz) parted at a separator.",
                "",
                "Example recipe:",
                "  model: {path: models/base}",
                "  data: {train: [books.txt], text: {separator: '<|endoftext|>'}, packing: wrap, isolation: false}",
                "  train: {tokens_per_step: 65536, learning_rate: 1e-3, weight_decay: 0.1, adam_beta2: 0.95}",
                "Example:",
                "  ./lion pretrain pretrain.yaml --out runs/pretrain"
            })
    static final class Pretrain extends StageVerb {
        @Override
        Stage stage(StageRecipe read, Path run) {
            return Stage.pretrain(read, run);
        }
    }

    /** Supervised fine-tuning. */
    @Command(
            name = "sft",
            mixinStandardHelpOptions = true,
            description = "Supervised fine-tuning on conversations.",
            footer = {
                "",
                "Rows: messages, ShareGPT conversations, Alpaca instruction/output, prompt/completion, question/answer.",
                "",
                "Example recipe:",
                "  model: {path: models/base, template: chatml}",
                "  data: {train: [train.jsonl], eval: [held.jsonl], max_length_tokens: 2048, overlong: set_aside}",
                "  train: {epochs: 1, tokens_per_step: 16384, learning_rate: 2e-5}",
                "Example:",
                "  ./lion sft sft.yaml --out runs/sft --set train.epochs=2"
            })
    static final class Sft extends StageVerb {
        @Override
        Stage stage(StageRecipe read, Path run) {
            return Stage.sft(read, run);
        }
    }

    /** Preference learning. */
    @Command(
            name = "dpo",
            mixinStandardHelpOptions = true,
            description = "Preference learning on pairs, against the start model as reference.",
            footer = {
                "",
                "Rows: prompt/chosen/rejected (texts or messages), or chosen/rejected as whole conversations.",
                "",
                "Example recipe:",
                "  model: {path: runs/sft/model}",
                "  data: {train: [pairs.jsonl], eval: [held-pairs.jsonl], overlong: set_aside}",
                "  train: {epochs: 1, examples_per_step: 32, learning_rate: 5e-7}",
                "  loss: {type: sigmoid, beta: 0.1}",
                "Example:",
                "  ./lion dpo dpo.yaml --out runs/dpo --set loss.beta=0.05"
            })
    static final class Dpo extends StageVerb {
        @Override
        Stage stage(StageRecipe read, Path run) {
            return Stage.dpo(read, run);
        }
    }

    /** Reward models. */
    @Command(
            name = "reward",
            mixinStandardHelpOptions = true,
            description = "A reward model on pairs (Bradley-Terry), as a sequence classifier that transformers loads.",
            footer = {
                "",
                "Example recipe:",
                "  model: {path: runs/sft/model}",
                "  data: {train: [pairs.jsonl], eval: [held-pairs.jsonl], overlong: set_aside}",
                "  train: {examples_per_step: 32, learning_rate: 1e-5}",
                "  reward: {centring: 0.01}",
                "Example:",
                "  ./lion reward reward.yaml --out runs/reward"
            })
    static final class Reward extends StageVerb {
        @Override
        Stage stage(StageRecipe read, Path run) {
            return Stage.reward(read, run);
        }
    }

    private static String text(Path recipe) {
        try {
            return Files.readString(recipe);
        } catch (IOException e) {
            throw new BadInput(recipe + ": cannot be read: " + e.getMessage(), e);
        }
    }

    @Override
    public Integer call() {
        StageRecipe read = RecipeReader.read(recipe, set, StageRecipe.class);
        try {
            return run(read);
        } catch (BadInput e) {
            throw ResolvedRecipe.placed(e, recipe, set);
        }
    }

    private Integer run(StageRecipe read) {
        PrintStream err = System.err;
        try (Interruption interruption = new Interruption();
                StageProgress progress = new StageProgress(name(), err, Terminal.errors())) {
            ObjectNode summary = stage(read, out)
                    .resolved(ResolvedRecipe.write(read, recipe.toString(), text(recipe), set))
                    .run(progress, interruption);
            progress.close();
            if (summary == null) {
                System.err.println("lion: interrupted; "
                        + (Files.isDirectory(out.resolve("checkpoints"))
                                ? "a checkpoint is in " + out.resolve("checkpoints")
                                : "no step was done yet")
                        + ", and the same command continues");
                return INTERRUPTED;
            }
            System.out.println(summary.toPrettyString());
            System.err.println(
                    "lion: the model is in " + out.resolve("model") + ", the report in " + out.resolve("report.html"));
            return 0;
        }
    }

    private String name() {
        return getClass().getSimpleName().toLowerCase(Locale.ROOT);
    }
}
