package org.lionalign.align.stage;

import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import org.lionalign.align.objective.PreferenceLoss;
import org.lionalign.core.recipe.StageRecipe;

/** The recipe's loss as the function it names. */
final class Losses {
    private Losses() {}

    /** The recipe's, or plain DPO. */
    static PreferenceLoss of(StageRecipe recipe) {
        return of(Objects.requireNonNullElse(recipe.loss(), StageRecipe.Loss.DEFAULT));
    }

    /** Every loss by name at one beta: what each would have said about the same pairs. */
    static Map<String, PreferenceLoss> all(double beta, boolean reference) {
        Map<String, PreferenceLoss> losses = new TreeMap<>();
        for (String type : StageRecipe.Loss.TYPES) {
            PreferenceLoss loss = of(new StageRecipe.Loss(type, beta, null, null, 0.0));
            if (reference || !loss.usesReference()) {
                losses.put(type, loss);
            }
        }
        return losses;
    }

    static PreferenceLoss of(StageRecipe.Loss loss) {
        double beta = value(loss.beta(), 0.1);
        double smoothing = value(loss.labelSmoothing(), 0);
        PreferenceLoss chosen =
                switch (String.valueOf(loss.type())) {
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
                    case "sigmoid_norm" -> new PreferenceLoss.SigmoidNorm(beta);
                    case "kto_pair" -> new PreferenceLoss.KtoPair(beta);
                    case "simpo" -> new PreferenceLoss.SimPo(beta, value(loss.gamma(), 0.5));
                    case "cpo" -> new PreferenceLoss.Cpo(beta, 1);
                    default -> new PreferenceLoss.Sigmoid(beta, smoothing);
                };
        double nll = value(loss.chosenNllWeight(), 0);
        return nll == 0
                ? chosen
                : new PreferenceLoss.Mixture(List.of(chosen, new PreferenceLoss.ChosenNll()), List.of(1.0, nll));
    }

    private static double value(@org.jspecify.annotations.Nullable Double given, double otherwise) {
        return given == null ? otherwise : given;
    }
}
