package org.lionalign.align.objective;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.Seeds;

class PreferenceLossTest {
    private static final List<PreferenceLoss> ALL = List.of(
            new PreferenceLoss.Sigmoid(0.1, 0),
            new PreferenceLoss.Sigmoid(0.3, 0.1),
            new PreferenceLoss.Robust(0.1, 0.2),
            new PreferenceLoss.Hinge(0.1),
            new PreferenceLoss.Ipo(0.1, true),
            new PreferenceLoss.Ipo(0.1, false),
            new PreferenceLoss.SppoHard(0.1),
            new PreferenceLoss.NcaPair(0.1),
            new PreferenceLoss.ApoZero(0.1),
            new PreferenceLoss.ApoDown(0.1),
            new PreferenceLoss.ExoPair(0.1, 0.05),
            new PreferenceLoss.DiscoPop(0.1, 0.05),
            new PreferenceLoss.SigmoidNorm(2),
            new PreferenceLoss.SimPo(2, 0.5),
            new PreferenceLoss.Cpo(0.1, 1),
            new PreferenceLoss.BcoPair(0.1, 0.2),
            new PreferenceLoss.ChosenNll(),
            new PreferenceLoss.KtoPair(0.1),
            new PreferenceLoss.Aot(0.1, 0.1),
            new PreferenceLoss.AotUnpaired(0.1, 0.1),
            new RunningBco(0.1),
            new Orpo(0.1),
            new LengthDesensitised(0.3, new PreferenceLoss.Sigmoid(0.1, 0)),
            new LengthDesensitised(0, new PreferenceLoss.NcaPair(0.1)),
            new LengthDesensitised(0.5, new PreferenceLoss.Aot(0.1, 0)),
            new Weighted(new Weighted.OnPolicy(), new PreferenceLoss.Sigmoid(0.1, 0)),
            new Weighted(new Weighted.Importance(0.05), new PreferenceLoss.Ipo(0.1, true)),
            new PreferenceLoss.Mixture(
                    List.of(new PreferenceLoss.Sigmoid(0.1, 0), new PreferenceLoss.ChosenNll()), List.of(1.0, 0.5)));

    private static double value(PreferenceLoss loss, PairLogps pair) {
        return loss.evaluate(List.of(pair)).get(0).loss();
    }

    /** LION.md 2.9, for c=−10, r=−12, c₀=−11, r₀=−11.5. */
    @Test
    void theGoldenValues() {
        PairLogps p = new PairLogps(-10, -12, -11, -11.5, 7, 9);
        assertThat(value(new PreferenceLoss.Sigmoid(0.1, 0), p)).isCloseTo(0.6209570, within(1e-6));
        assertThat(value(new PreferenceLoss.Sigmoid(0.1, 0.1), p)).isCloseTo(0.6359570, within(1e-6));
        assertThat(value(new PreferenceLoss.Sigmoid(0.05, 0), p)).isCloseTo(0.6563501, within(1e-6));
        assertThat(value(new PreferenceLoss.Sigmoid(0.01, 0), p)).isCloseTo(0.6856753, within(1e-6));
        assertThat(value(new PreferenceLoss.Hinge(0.1), p)).isCloseTo(0.85, within(1e-6));
        assertThat(value(new PreferenceLoss.Ipo(0.1, false), p)).isCloseTo(12.25, within(1e-6));
        assertThat(value(new PreferenceLoss.SppoHard(0.1), p)).isCloseTo(36.25, within(1e-6));
        assertThat(value(new PreferenceLoss.NcaPair(0.1), p)).isCloseTo(1.3508248, within(1e-6));
        assertThat(value(new PreferenceLoss.KtoPair(0.1), p)).isCloseTo((0.4750208 + 0.4625702) / 2, within(1e-6));
        assertThat(value(new PreferenceLoss.BcoPair(0.1, 0.025), p)).isCloseTo(1.3127003, within(1e-6));
        assertThat(value(new RunningBco(0.1), p)).isCloseTo(1.3127003, within(1e-6));
        PairLogps tie = new PairLogps(-5, -7, -5, -7, 3, 3);
        assertThat(value(new PreferenceLoss.Sigmoid(0.37, 0), tie)).isCloseTo(Math.log(2), within(1e-12));
    }

    /** TRL's values and autograd gradients in fp64 (tools/oracle/losses.py). */
    @Test
    void theValuesAndSlopesAreTrls() {
        JsonNode golden = Json.read(
                Path.of(System.getProperty("lion.root", ".."), "align/src/test/resources/golden/losses/trl.json"));
        int compared = 0;
        for (JsonNode c : golden.get("single")) {
            if (!c.get("divergence").asText().equals("reverse_kl")) {
                continue;
            }
            double beta = c.get("beta").asDouble();
            double smoothing = c.path("label_smoothing").asDouble(0);
            PreferenceLoss loss =
                    switch (c.get("loss").asText()) {
                        case "sigmoid" -> new PreferenceLoss.Sigmoid(beta, 0);
                        case "hinge" -> new PreferenceLoss.Hinge(beta);
                        case "ipo" -> new PreferenceLoss.Ipo(beta, true);
                        case "exo_pair" -> new PreferenceLoss.ExoPair(beta, smoothing);
                        case "nca_pair" -> new PreferenceLoss.NcaPair(beta);
                        case "robust" -> new PreferenceLoss.Robust(beta, smoothing);
                        case "bco_pair" -> new PreferenceLoss.BcoPair(beta, 0);
                        case "sppo_hard" -> new PreferenceLoss.SppoHard(beta);
                        case "apo_zero" -> new PreferenceLoss.ApoZero(beta);
                        case "apo_down" -> new PreferenceLoss.ApoDown(beta);
                        case "discopop" ->
                            new PreferenceLoss.DiscoPop(
                                    beta, c.get("discopop_tau").asDouble());
                        case "sigmoid_norm" -> new PreferenceLoss.SigmoidNorm(beta);
                        default -> null;
                    };
            if (loss == null) {
                continue;
            }
            for (int i = 0; i < c.get("pairs").size(); i++) {
                JsonNode g = golden.get("grid").get(c.get("pairs").get(i).asInt());
                PairLogps pair = new PairLogps(
                        g.get(0).asDouble(),
                        g.get(1).asDouble(),
                        g.get(2).asDouble(),
                        g.get(3).asDouble(),
                        g.get(4).asInt(),
                        g.get(5).asInt());
                PairValue ours = loss.evaluate(List.of(pair)).get(0);
                // exo_pair's constants are fp32 in TRL.
                double tolerance = c.get("loss").asText().equals("exo_pair") ? 1e-6 : 1e-9;
                close(ours.loss(), c.get("values").get(i), tolerance, c);
                close(ours.dChosen(), c.get("chosen").get(i), tolerance, c);
                close(ours.dRejected(), c.get("rejected").get(i), tolerance, c);
                compared++;
            }
        }
        assertThat(compared).isGreaterThan(1000);
    }

    private static void close(double ours, JsonNode theirs, double tolerance, JsonNode c) {
        assertThat(ours)
                .as(c.get("loss").asText() + " beta " + c.get("beta"))
                .isCloseTo(theirs.asDouble(), within(tolerance * Math.max(1, Math.abs(theirs.asDouble()))));
    }

    /** Central differences in fp64, with all pairs of a step together. */
    @Test
    void slopesAreFiniteDifferences() {
        Seeds.forAll(30, random -> {
            List<PairLogps> step = new ArrayList<>();
            for (int i = 0; i < 5; i++) {
                double wide = i == 0 ? 900 : 20;
                boolean longer = random.nextBoolean();
                step.add(new PairLogps(
                        -wide * random.nextDouble(),
                        -wide * random.nextDouble(),
                        -wide * random.nextDouble(),
                        -wide * random.nextDouble(),
                        random.nextInt(9),
                        random.nextInt(9),
                        new PairLogps.Tails(
                                longer ? -9 * random.nextDouble() : 0,
                                longer ? 0 : -9 * random.nextDouble(),
                                longer ? -9 * random.nextDouble() : 0,
                                longer ? 0 : -9 * random.nextDouble()),
                        random.nextDouble()));
            }
            for (PreferenceLoss loss : ALL) {
                // DiscoPOP overflows at −900 by definition; it has its place below.
                if (!(loss instanceof PreferenceLoss.DiscoPop)) {
                    compareWithDifferences(loss, step, 1e-5);
                }
            }
        });
    }

    /** PITFALLS 3.2: margins of ±80, ties and empty answers, with and without smoothing. */
    @Test
    void slopesAreFiniteDifferencesInSaturationAtTiesAndOfEmptyAnswers() {
        double[][] cases = {{0, -80, 0, 0}, {-80, 0, 0, 0}, {-90, -10, -10, -90}, {-5, -7, -5, -7}, {-6, -6, -6, -6}};
        int compared = 0;
        for (double[] c : cases) {
            for (int[] tokens : new int[][] {{4, 4}, {1, 7}, {0, 3}, {3, 0}}) {
                PairLogps pair = new PairLogps(c[0], c[1], c[2], c[3], tokens[0], tokens[1]);
                for (PreferenceLoss loss : ALL) {
                    compared++;
                    if (loss instanceof Orpo && (c[0] == 0 || c[1] == 0)) {
                        PairValue v =
                                loss.evaluate(List.of(pair)).get(0); // the odds of certainty are cut off: no slope
                        assertThat(Double.isFinite(v.loss() + v.dChosen() + v.dRejected()))
                                .isTrue();
                    } else {
                        compareWithDifferences(loss, List.of(pair), 1e-5);
                    }
                }
                for (PreferenceLoss steep : List.of(
                        new PreferenceLoss.Sigmoid(1, 0),
                        new PreferenceLoss.Sigmoid(1, 0.1),
                        new PreferenceLoss.Robust(1, 0.1),
                        new PreferenceLoss.ExoPair(1, 0.1),
                        new PreferenceLoss.DiscoPop(1, 0.05),
                        new PreferenceLoss.NcaPair(1),
                        new PreferenceLoss.BcoPair(1, 0.5))) {
                    compareWithDifferences(steep, List.of(pair), 1e-5);
                }
            }
        }
        assertThat(compared).isEqualTo(20 * ALL.size());
        // What differences cannot see: the exact ends of the logistic function.
        PairValue won = new PreferenceLoss.Sigmoid(1, 0).of(new PairLogps(0, -80, 0, 0, 1, 1));
        assertThat(won.loss() / Math.exp(-80)).isCloseTo(1, within(1e-12));
        assertThat(won.dChosen() / -Math.exp(-80)).isCloseTo(1, within(1e-12));
        PairValue lost = new PreferenceLoss.Sigmoid(1, 0).of(new PairLogps(-80, 0, 0, 0, 1, 1));
        assertThat(lost.loss()).isCloseTo(80, within(1e-12));
        assertThat(lost.dChosen()).isEqualTo(-1.0);
    }

    private static void compareWithDifferences(PreferenceLoss loss, List<PairLogps> step, double tolerance) {
        List<PairValue> values = loss.evaluate(step);
        for (int i = 0; i < step.size(); i++) {
            double h = 1e-4;
            PreferenceLoss frozen = frozen(loss, step);
            double[][] moves = {{h, 0, 0, 0}, {0, h, 0, 0}, {h, 0, h, 0}, {0, h, 0, h}};
            PairValue v = values.get(i);
            double[] slopes = {
                v.dChosen(), v.dRejected(), v.dChosen() + v.dChosenTail(), v.dRejected() + v.dRejectedTail()
            };
            for (int m = 0; m < moves.length; m++) {
                double slope = (total(frozen, step, i, moves[m], 1) - total(frozen, step, i, moves[m], -1)) / (2 * h);
                if (loss instanceof Weighted weighted) {
                    slope *= weighted.weight().of(step.get(i));
                }
                assertThat(slopes[m])
                        .as(loss + " move " + m + " of " + step.get(i))
                        .isCloseTo(slope, within(tolerance * Math.max(1, Math.abs(slope))));
            }
        }
    }

    /** The loss without what by definition carries no gradient. */
    private static PreferenceLoss frozen(PreferenceLoss loss, List<PairLogps> step) {
        if (loss instanceof Weighted weighted) {
            return weighted.loss();
        }
        if (loss instanceof RunningBco bco) {
            return new PreferenceLoss.BcoPair(bco.beta(), bco.after(step).mean());
        }
        if (loss instanceof PreferenceLoss.KtoPair kto) {
            return new FrozenKto(kto.beta(), kl(step, PairLogps::chosenRatio), kl(step, PairLogps::rejectedRatio));
        }
        return loss;
    }

    private static double kl(List<PairLogps> step, java.util.function.ToDoubleFunction<PairLogps> ratio) {
        return Math.max(0, step.stream().mapToDouble(ratio).sum() / step.size());
    }

    private record FrozenKto(double beta, double chosenKl, double rejectedKl) implements PreferenceLoss.Single {
        @Override
        public PairValue of(PairLogps p) {
            double x = 1 / (1 + Math.exp(-beta * (p.chosenRatio() - rejectedKl)));
            double y = 1 / (1 + Math.exp(-beta * (chosenKl - p.rejectedRatio())));
            return new PairValue((1 - x + 1 - y) / 2, 0, 0);
        }
    }

    private static double total(PreferenceLoss loss, List<PairLogps> step, int i, double[] move, int sign) {
        List<PairLogps> moved = new ArrayList<>(step);
        PairLogps p = step.get(i);
        moved.set(
                i,
                new PairLogps(
                        p.chosen() + sign * move[0],
                        p.rejected() + sign * move[1],
                        p.referenceChosen(),
                        p.referenceRejected(),
                        p.chosenTokens(),
                        p.rejectedTokens(),
                        new PairLogps.Tails(
                                p.tails().chosen() + sign * move[2],
                                p.tails().rejected() + sign * move[3],
                                p.tails().referenceChosen(),
                                p.tails().referenceRejected()),
                        p.onPolicy()));
        return loss.evaluate(moved).stream().mapToDouble(PairValue::loss).sum();
    }

    @Test
    void sortedLossesAndOddsAreTrls() {
        JsonNode golden = Json.read(
                Path.of(System.getProperty("lion.root", ".."), "align/src/test/resources/golden/losses/trl.json"));
        int compared = 0;
        for (JsonNode c : golden.get("batch")) {
            double beta = c.get("beta").asDouble();
            double smoothing = c.path("label_smoothing").asDouble(0);
            PreferenceLoss loss =
                    switch (c.get("loss").asText()) {
                        case "aot" -> new PreferenceLoss.Aot(beta, smoothing);
                        case "aot_unpaired" -> new PreferenceLoss.AotUnpaired(beta, smoothing);
                        default -> null;
                    };
            if (loss != null) {
                List<PairLogps> step = new ArrayList<>();
                c.get("pairs").forEach(i -> step.add(pair(golden.get("grid").get(i.asInt()))));
                List<PairValue> ours = loss.evaluate(step);
                close(ours.stream().mapToDouble(PairValue::loss).average().orElseThrow(), c.get("value"), 1e-9, c);
                for (int i = 0; i < step.size(); i++) {
                    close(ours.get(i).dChosen() / step.size(), c.get("chosen").get(i), 1e-9, c);
                    close(
                            ours.get(i).dRejected() / step.size(),
                            c.get("rejected").get(i),
                            1e-9,
                            c);
                }
                compared++;
            }
        }
        for (JsonNode c : golden.get("reference_free")) {
            if (c.get("loss").asText().equals("orpo")) {
                for (int i = 0; i < c.get("pairs").size(); i++) {
                    PairLogps p =
                            pair(golden.get("grid").get(c.get("pairs").get(i).asInt()));
                    PairValue ours = new Orpo(c.get("beta").asDouble()).of(p);
                    // TRL's odds are fp32, and it adds the likelihood elsewhere.
                    close(
                            ours.loss() + p.chosen() / p.chosenTokens(),
                            c.get("values").get(i),
                            1e-4,
                            c);
                    close(ours.dChosen() * p.chosenTokens() + 1, c.get("chosen").get(i), 1e-4, c);
                    close(
                            ours.dRejected() * p.rejectedTokens(),
                            c.get("rejected").get(i),
                            1e-4,
                            c);
                    compared++;
                }
            }
        }
        assertThat(compared).isGreaterThan(40);
    }

    private static PairLogps pair(JsonNode g) {
        return new PairLogps(
                g.get(0).asDouble(),
                g.get(1).asDouble(),
                g.get(2).asDouble(),
                g.get(3).asDouble(),
                g.get(4).asInt(),
                g.get(5).asInt());
    }

    @Test
    void theRunningShiftIsTheMeanOfAllRewardsSoFarAndSurvivesItsState() {
        Seeds.forAll(5, random -> {
            PreferenceLoss loss = new PreferenceLoss.Mixture(
                    List.of(new PreferenceLoss.Sigmoid(0.1, 0), new RunningBco(0.2)), List.of(1.0, 0.5));
            double sum = 0;
            int count = 0;
            for (int s = 0; s < 6; s++) {
                List<PairLogps> step = new ArrayList<>();
                for (int i = 0; i <= random.nextInt(5); i++) {
                    PairLogps p = new PairLogps(-9 * random.nextDouble(), -9 * random.nextDouble(), -4, -5, 3, 4);
                    step.add(p);
                    sum += 0.2 * p.chosenRatio() + 0.2 * p.rejectedRatio();
                    count += 2;
                }
                PreferenceLoss restored = new PreferenceLoss.Mixture(
                                List.of(new PreferenceLoss.Sigmoid(0.1, 0), new RunningBco(0.2)), List.of(1.0, 0.5))
                        .withState(loss.state());
                List<PairValue> expected = new PreferenceLoss.Mixture(
                                List.of(
                                        new PreferenceLoss.Sigmoid(0.1, 0),
                                        new PreferenceLoss.BcoPair(0.2, sum / count)),
                                List.of(1.0, 0.5))
                        .evaluate(step);
                for (int i = 0; i < step.size(); i++) {
                    assertThat(restored.evaluate(step).get(i))
                            .isEqualTo(loss.evaluate(step).get(i));
                    assertThat(loss.evaluate(step).get(i).loss())
                            .isCloseTo(expected.get(i).loss(), within(1e-12));
                }
                loss = loss.after(step);
            }
        });
    }

    @Test
    void weightsAreWhatTheirPapersSay() {
        PairLogps p = new PairLogps(-10, -12, -11, -11.5, 7, 9, PairLogps.Tails.NONE, 0.25);
        double plain = value(new PreferenceLoss.Sigmoid(0.1, 0), p);
        assertThat(value(new Weighted(new Weighted.OnPolicy(), new PreferenceLoss.Sigmoid(0.1, 0)), p))
                .isEqualTo(0.25 * plain);
        // Σ(log π − log μ) = 1 − 0.5.
        assertThat(value(new Weighted(new Weighted.Importance(0.01), new PreferenceLoss.Sigmoid(0.1, 0)), p))
                .isCloseTo(plain / (1 + Math.exp(-0.005)), within(1e-12));
    }

    @Test
    void betaIsAFunctionOfTheStep() {
        BetaSchedule linear = new BetaSchedule(BetaSchedule.Kind.LINEAR, 0.1, 0.02);
        assertThat(linear.at(1, 5)).isEqualTo(0.1);
        assertThat(linear.at(3, 5)).isCloseTo(0.06, within(1e-15));
        assertThat(linear.at(5, 5)).isCloseTo(0.02, within(1e-15));
        BetaSchedule cosine = new BetaSchedule(BetaSchedule.Kind.COSINE, 0.1, 0.02);
        assertThat(cosine.at(1, 5)).isCloseTo(0.1, within(1e-15));
        assertThat(cosine.at(2, 5)).isCloseTo(0.02 + 0.04 * (1 + Math.sqrt(0.5)), within(1e-12));
        assertThat(cosine.at(5, 5)).isCloseTo(0.02, within(1e-15));
        assertThat(linear.at(1, 1)).isEqualTo(0.1);
        assertThat(BetaSchedule.constant(0.3).at(7, 9)).isEqualTo(0.3);
    }

    @Test
    void saturationStaysFinite() {
        for (PreferenceLoss loss : ALL) {
            if (loss instanceof PreferenceLoss.DiscoPop) {
                continue; // exp(−βh) is its definition
            }
            for (double far : new double[] {8000, -8000}) {
                PairValue v = loss.evaluate(
                                List.of(new PairLogps(far < 0 ? far : 0, far < 0 ? 0 : -far, -1, -1, 10, 0)))
                        .get(0);
                assertThat(Double.isFinite(v.loss()) && Double.isFinite(v.dChosen()) && Double.isFinite(v.dRejected()))
                        .as(loss + " " + v)
                        .isTrue();
            }
        }
    }

    @Test
    void metamorphicRelations() {
        PairLogps p = new PairLogps(-10, -12, -11, -11.5, 7, 9);
        PairLogps swapped = new PairLogps(-12, -10, -11.5, -11, 9, 7);
        assertThat(swapped.margin()).isEqualTo(-p.margin());
        // β → 0: the direction is −β/2 on the chosen and +β/2 on the rejected answer.
        PairValue small = new PreferenceLoss.Sigmoid(1e-9, 0).of(p);
        assertThat(small.dChosen() / 1e-9).isCloseTo(-0.5, within(1e-6));
        assertThat(small.dRejected()).isEqualTo(-small.dChosen());
        // A pair twice weighs twice.
        for (PreferenceLoss loss : ALL) {
            if (!loss.needsWholeStep()) {
                List<PairValue> twice = loss.evaluate(List.of(p, p));
                assertThat(twice.get(0)).isEqualTo(twice.get(1));
                assertThat(twice.get(0)).isEqualTo(loss.evaluate(List.of(p)).get(0));
            }
        }
    }
}
