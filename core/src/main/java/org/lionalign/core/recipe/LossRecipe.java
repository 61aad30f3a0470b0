package org.lionalign.core.recipe;

import static org.lionalign.core.recipe.Checks.readBy;
import static org.lionalign.core.recipe.Checks.require;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The preference loss of {@code lion dpo}.
 *
 * @param type one of {@link #TYPES}; default sigmoid; absent with {@code mix}
 * @param beta 0.1; for orpo the weight of the odds ratio
 * @param betaSchedule {@code constant} (default), {@code linear} or {@code cosine} from beta at the first step to beta_end at the last
 * @param betaEnd with a schedule that is not constant
 * @param labelSmoothing 0 (robust and exo_pair 0.1); only sigmoid, robust, exo_pair, aot and aot_unpaired read it
 * @param gamma SimPO's margin, 0.5; only simpo reads it
 * @param ldAlpha LD-DPO: what a token beyond the shorter answer's length counts, 0 to 1; default 1
 * @param weighting of each pair: {@code none} (default), {@code wpo} or {@code importance}
 * @param weightGamma γ of weighting importance, 0.01
 * @param chosenNllWeight weight of the chosen answer's own loss per token (RPO), 0
 * @param mix a weighted sum of losses instead of one
 */
public record LossRecipe(
        @Type @Nullable String type,
        Double beta,
        @OneOf({"constant", "linear", "cosine"}) String betaSchedule,
        @Nullable Double betaEnd,
        @Nullable Double labelSmoothing,
        @Nullable Double gamma,
        @Nullable Double ldAlpha,
        @OneOf({"none", "wpo", "importance"}) String weighting,
        @Nullable Double weightGamma,
        Double chosenNllWeight,
        @Nullable List<Part> mix) {
    /** One of the losses, by name. */
    @OneOf({
        "sigmoid",
        "robust",
        "hinge",
        "ipo",
        "sppo_hard",
        "nca_pair",
        "apo_zero",
        "apo_down",
        "exo_pair",
        "discopop",
        "aot",
        "aot_unpaired",
        "sigmoid_norm",
        "kto_pair",
        "bco_pair",
        "simpo",
        "cpo",
        "orpo",
        "sft"
    })
    @Retention(RetentionPolicy.RUNTIME)
    @Target({ElementType.RECORD_COMPONENT, ElementType.FIELD})
    private @interface Type {}

    /** The names of all losses. */
    public static final List<String> TYPES = List.of(
            Objects.requireNonNull(Type.class.getAnnotation(OneOf.class)).value());

    private static final List<String> SMOOTHED = List.of("sigmoid", "robust", "exo_pair", "aot", "aot_unpaired");

    /** Losses that hold a likelihood of their own, in which every token counts the same, or that sort the pairs of a step. */
    private static final List<String> WHOLE_LENGTH = List.of("cpo", "orpo", "sft");

    /** Plain DPO. */
    public static final LossRecipe DEFAULT = of("sigmoid", 0.1);

    public LossRecipe {
        mix = mix == null ? null : List.copyOf(mix);
        require(mix == null || !mix.isEmpty(), "loss.mix", "at least one loss", "none");
        require(
                mix == null || (type == null && labelSmoothing == null && gamma == null),
                "loss.type, label_smoothing, gamma",
                "nothing beside mix (its parts have their own)",
                type);
        type = type == null && mix == null ? "sigmoid" : type;
        if (type != null) {
            labelSmoothing = new Part(type, 1.0, null, labelSmoothing, gamma).labelSmoothing();
        }
        beta = beta == null ? 0.1 : beta;
        require(beta > 0, "loss.beta", "above 0", beta);
        betaSchedule = betaSchedule == null ? "constant" : betaSchedule;
        require(
                List.of("constant", "linear", "cosine").contains(betaSchedule),
                "loss.beta_schedule",
                "constant, linear or cosine",
                betaSchedule);
        require(
                betaSchedule.equals("constant") == (betaEnd == null),
                "loss.beta_end",
                betaSchedule.equals("constant")
                        ? "nothing with beta_schedule constant"
                        : "a number with " + betaSchedule,
                betaEnd);
        require(betaEnd == null || betaEnd > 0, "loss.beta_end", "above 0", betaEnd);
        require(ldAlpha == null || (ldAlpha >= 0 && ldAlpha <= 1), "loss.ld_alpha", "0 to 1", ldAlpha);
        require(
                ldAlpha == null || type == null || !WHOLE_LENGTH.contains(type),
                "loss.ld_alpha",
                "absent, for " + type + " counts whole answers",
                ldAlpha);
        weighting = weighting == null ? "none" : weighting;
        require(
                List.of("none", "wpo", "importance").contains(weighting),
                "loss.weighting",
                "none, wpo or importance",
                weighting);
        require(
                weightGamma == null || weighting.equals("importance"),
                "loss.weight_gamma",
                "weighting importance with it",
                weighting);
        weightGamma = weightGamma == null && weighting.equals("importance") ? Double.valueOf(0.01) : weightGamma;
        chosenNllWeight = chosenNllWeight == null ? 0.0 : chosenNllWeight;
        require(chosenNllWeight >= 0, "loss.chosen_nll_weight", "0 or above", chosenNllWeight);
        if (!weighting.equals("none")) {
            for (String sorted : List.of("aot", "aot_unpaired")) {
                require(
                        !sorted.equals(type) && (mix == null || mix.stream().noneMatch(p -> sorted.equals(p.type()))),
                        "loss.weighting",
                        "none with " + sorted + " (it sorts the step, a value belongs to no pair)",
                        weighting);
            }
        }
    }

    /**
     * A part of a mixture.
     *
     * @param type of the loss
     * @param weight its factor, 1
     * @param beta its own; default the loss's; a schedule scales it along
     * @param labelSmoothing as for a loss alone, which is checked as a part
     * @param gamma as for a loss alone, which is checked as a part
     */
    public record Part(
            @Type String type,
            Double weight,
            @Nullable Double beta,
            @Nullable Double labelSmoothing,
            @Nullable Double gamma) {
        public Part {
            require(type != null && TYPES.contains(type), "loss.type", "one of " + TYPES, type);
            weight = weight == null ? 1.0 : weight;
            require(weight > 0, "loss.weight", "above 0", weight);
            require(beta == null || beta > 0, "loss.beta", "above 0", beta);
            readBy(SMOOTHED.contains(type), "loss.label_smoothing", type, labelSmoothing);
            require(
                    labelSmoothing == null || (labelSmoothing >= 0 && labelSmoothing < 0.5),
                    "loss.label_smoothing",
                    "0 to 0.5",
                    labelSmoothing);
            boolean smoothed = type.equals("exo_pair") || type.equals("robust");
            labelSmoothing = labelSmoothing == null && smoothed ? Double.valueOf(0.1) : labelSmoothing;
            readBy(type.equals("simpo"), "loss.gamma", type, gamma);
        }

        /** Whether a token beyond the shorter answer's length may count less (LD-DPO). */
        public boolean desensitisable() {
            return !WHOLE_LENGTH.contains(type);
        }
    }

    /** A loss with every other value at its default. */
    @SuppressWarnings("NullAway") // null asks for the default
    public static LossRecipe of(String type, double beta) {
        return new LossRecipe(type, beta, null, null, null, null, null, null, null, null, null);
    }

    /** The losses that are summed: one, or those of the mixture. */
    public List<Part> parts() {
        return mix != null ? mix : List.of(new Part(String.valueOf(type), 1.0, null, labelSmoothing, gamma));
    }

    /** Whether it is DPO's own loss, ln 2 where policy and reference are the same. */
    public boolean plain() {
        return "sigmoid".equals(type) && chosenNllWeight == 0 && weighting.equals("none");
    }
}
