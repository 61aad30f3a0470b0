package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.remote.CachingEndpoint;
import org.lionalign.align.remote.ChatEndpoint;
import org.lionalign.align.remote.OpenAiEndpoint;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.ChatTemplate;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.JudgeRecipe;
import org.lionalign.core.recipe.ServerRecipe;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;

/** Opens judges from their recipes. */
public final class Judges {
    private Judges() {}

    /**
     * What judges need besides their recipe.
     *
     * @param endpoints opens a server; {@link #cached} for the usual
     * @param compute dtype of models
     * @param device of models
     * @param template chat template of models that have none of their own; null for none
     * @param tokensPerPass of a model's forward pass; a prompt with a single answer may be longer
     */
    public record Context(
            Function<ServerRecipe, ChatEndpoint> endpoints,
            Dtype compute,
            Device device,
            @Nullable String template,
            int tokensPerPass) {
        /** fp32 on the CPU, replies kept in {@code cache}. */
        public static Context of(Path cache) {
            return new Context(cached(cache), Dtype.F32, Device.CPU, null, 8192);
        }
    }

    /** Servers whose every reply is kept in a file, so that it is paid for once. */
    public static Function<ServerRecipe, ChatEndpoint> cached(Path file) {
        return server -> new CachingEndpoint(OpenAiEndpoint.open(server), file);
    }

    /** The judge, or the ensemble of several by their weights. */
    public static Judge open(List<JudgeRecipe> recipes, Context context) {
        if (recipes.isEmpty()) {
            throw new BadInput("judges: expected at least one, found none");
        }
        if (recipes.size() == 1) {
            return open(recipes.get(0), context);
        }
        List<Judge> judges = new ArrayList<>();
        List<String> names = new ArrayList<>();
        double[] weights = new double[recipes.size()];
        double sum = 0;
        for (int j = 0; j < weights.length; j++) {
            weights[j] = recipes.get(j).weight();
            sum += weights[j];
            if (!(weights[j] >= 0) || !Double.isFinite(sum)) {
                throw new BadInput("judge.weight: expected 0 or above, found " + weights[j]);
            }
        }
        if (sum == 0) {
            throw new BadInput("judge.weight: expected at least one above 0, found none");
        }
        try {
            for (int j = 0; j < weights.length; j++) {
                judges.add(open(recipes.get(j), context));
                names.add((j + 1) + " " + recipes.get(j).type());
            }
        } catch (RuntimeException e) {
            judges.forEach(Judge::close);
            throw e;
        }
        return new EnsembleJudge(judges, names, weights);
    }

    /** One judge. */
    public static Judge open(JudgeRecipe recipe, Context context) {
        return switch (recipe.type()) {
            case "pairrm" ->
                new PairRmJudge(path(recipe.path()), Boolean.TRUE.equals(recipe.faithful()), PairRmJudge.LION_BATCH);
            case "reward" -> {
                TextModel text = text(path(recipe.path()), context);
                CausalLm model = load(path(recipe.path()), context);
                yield closing(
                        List.of(model),
                        () -> new RewardJudge(
                                model, text, "template".equals(recipe.ending()), context.tokensPerPass()));
            }
            case "implicit" -> {
                TextModel text = text(path(recipe.path()), context);
                TextModel referenceText = text(path(recipe.reference()), context);
                CausalLm policy = load(path(recipe.path()), context);
                CausalLm reference = closing(List.of(policy), () -> load(path(recipe.reference()), context));
                yield closing(
                        List.of(policy, reference),
                        () -> new ImplicitRewardJudge(
                                policy,
                                text,
                                reference,
                                referenceText,
                                Objects.requireNonNull(recipe.beta()),
                                context.tokensPerPass()));
            }
            case "llm" -> {
                ServerRecipe server = Objects.requireNonNull(recipe.server());
                String mode = Objects.requireNonNull(recipe.mode());
                JudgePrompt prompt =
                        recipe.prompt() == null ? JudgePrompt.shipped(mode) : JudgePrompt.read(path(recipe.prompt()));
                if (!prompt.mode().equals(mode)) {
                    throw new BadInput("judge.prompt: " + recipe.prompt() + ": expected mode " + mode
                            + " as in judge.mode, found " + prompt.mode());
                }
                yield new LlmJudge(context.endpoints().apply(server), server.model(), prompt);
            }
            case "rule" -> new RuleJudge(Objects.requireNonNull(recipe.rule()));
            case "class" -> {
                ObjectNode options = Json.object();
                if (recipe.options() != null) {
                    recipe.options().forEach(options::put);
                }
                yield ClassJudge.open(Objects.requireNonNull(recipe.className()), options);
            }
            case "replay" -> new ReplayJudge(path(recipe.path()));
            default -> throw new IllegalStateException("no judge of type " + recipe.type());
        };
    }

    private static Path path(@Nullable String path) {
        return Path.of(Objects.requireNonNull(path));
    }

    private static TextModel text(Path folder, Context context) {
        return TextModel.open(folder, ChatTemplate.has(folder) ? null : context.template());
    }

    private static CausalLm load(Path folder, Context context) {
        return CausalLm.load(folder, new LoadOptions(context.compute(), context.device(), false, false));
    }

    /** Nothing native stays behind when a judge cannot be made of its models. */
    private static <T> T closing(List<CausalLm> models, java.util.function.Supplier<T> opening) {
        try {
            return opening.get();
        } catch (RuntimeException e) {
            models.forEach(CausalLm::close);
            throw e;
        }
    }
}
