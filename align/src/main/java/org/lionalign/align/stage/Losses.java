package org.lionalign.align.stage;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.objective.BetaSchedule;
import org.lionalign.align.objective.LengthDesensitised;
import org.lionalign.align.objective.Orpo;
import org.lionalign.align.objective.PreferenceLoss;
import org.lionalign.align.objective.RunningBco;
import org.lionalign.align.objective.Weighted;
import org.lionalign.core.recipe.LossRecipe;
import org.lionalign.core.recipe.StageRecipe;

/** The recipe's loss as the function it names. */
final class Losses {
    private Losses() {}

    /** The recipe's, or plain DPO. */
    static LossRecipe recipe(StageRecipe recipe) {
        return Objects.requireNonNullElse(recipe.loss(), LossRecipe.DEFAULT);
    }

    /** β over the run. */
    static BetaSchedule beta(StageRecipe recipe) {
        LossRecipe loss = recipe(recipe);
        Double end = loss.betaEnd();
        return end == null
                ? BetaSchedule.constant(loss.beta())
                : new BetaSchedule(
                        BetaSchedule.Kind.valueOf(loss.betaSchedule().toUpperCase(Locale.ROOT)), loss.beta(), end);
    }

    /** Every loss by name at one beta: what each would have said about the same pairs. */
    static Map<String, PreferenceLoss> all(double beta, boolean reference) {
        Map<String, PreferenceLoss> losses = new TreeMap<>();
        for (String type : LossRecipe.TYPES) {
            PreferenceLoss loss = of(LossRecipe.of(type, beta), beta);
            if (reference || !loss.usesReference()) {
                losses.put(type, loss);
            }
        }
        return losses;
    }

    /** @param beta at this step of the run; parts with a β of their own are scaled along */
    static PreferenceLoss of(LossRecipe recipe, double beta) {
        List<PreferenceLoss> losses = new ArrayList<>();
        List<Double> weights = new ArrayList<>();
        for (LossRecipe.Part part : recipe.parts()) {
            PreferenceLoss one = one(part, value(part.beta(), recipe.beta()) * (beta / recipe.beta()));
            Double alpha = recipe.ldAlpha();
            losses.add(alpha == null || !part.desensitisable() ? one : new LengthDesensitised(alpha, one));
            weights.add(part.weight());
        }
        if (recipe.chosenNllWeight() > 0) {
            losses.add(new PreferenceLoss.ChosenNll());
            weights.add(recipe.chosenNllWeight());
        }
        PreferenceLoss all =
                losses.size() == 1 && weights.get(0) == 1 ? losses.get(0) : new PreferenceLoss.Mixture(losses, weights);
        return switch (recipe.weighting()) {
            case "wpo" -> new Weighted(new Weighted.OnPolicy(), all);
            case "importance" -> new Weighted(new Weighted.Importance(value(recipe.weightGamma(), 0.01)), all);
            default -> all;
        };
    }

    private static PreferenceLoss one(LossRecipe.Part part, double beta) {
        double smoothing = value(part.labelSmoothing(), 0);
        return switch (part.type()) {
            case "robust" -> new PreferenceLoss.Robust(beta, smoothing);
            case "hinge" -> new PreferenceLoss.Hinge(beta);
            case "ipo" -> new PreferenceLoss.Ipo(beta, true);
            case "sppo_hard" -> new PreferenceLoss.SppoHard(beta);
            case "nca_pair" -> new PreferenceLoss.NcaPair(beta);
            case "apo_zero" -> new PreferenceLoss.ApoZero(beta);
            case "apo_down" -> new PreferenceLoss.ApoDown(beta);
            case "exo_pair" -> new PreferenceLoss.ExoPair(beta, smoothing);
            case "discopop" -> new PreferenceLoss.DiscoPop(beta, 0.05);
            case "aot" -> new PreferenceLoss.Aot(beta, smoothing);
            case "aot_unpaired" -> new PreferenceLoss.AotUnpaired(beta, smoothing);
            case "sigmoid_norm" -> new PreferenceLoss.SigmoidNorm(beta);
            case "kto_pair" -> new PreferenceLoss.KtoPair(beta);
            case "bco_pair" -> new RunningBco(beta);
            case "simpo" -> new PreferenceLoss.SimPo(beta, value(part.gamma(), 0.5));
            case "cpo" -> new PreferenceLoss.Cpo(beta, 1);
            case "orpo" -> new Orpo(beta);
            case "sft" -> new PreferenceLoss.ChosenNll();
            default -> new PreferenceLoss.Sigmoid(beta, smoothing);
        };
    }

    private static double value(@Nullable Double given, double otherwise) {
        return given == null ? otherwise : given;
    }
}
