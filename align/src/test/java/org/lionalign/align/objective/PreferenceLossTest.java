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
                step.add(new PairLogps(
                        -wide * random.nextDouble(),
                        -wide * random.nextDouble(),
                        -wide * random.nextDouble(),
                        -wide * random.nextDouble(),
                        random.nextInt(9),
                        random.nextInt(9)));
            }
            for (PreferenceLoss loss : ALL) {
                if (loss instanceof PreferenceLoss.KtoPair || loss instanceof PreferenceLoss.DiscoPop) {
                    continue; // KTO's KL terms carry no gradient by definition; DiscoPOP overflows at −900 by
                    // definition
                }
                List<PairValue> values = loss.evaluate(step);
                for (int i = 0; i < step.size(); i++) {
                    double h = 1e-4;
                    double up = total(loss, step, i, h, 0) - total(loss, step, i, -h, 0);
                    double side = total(loss, step, i, 0, h) - total(loss, step, i, 0, -h);
                    double scale = 1e-5 * Math.max(1, Math.abs(values.get(i).dChosen()));
                    assertThat(values.get(i).dChosen()).as(loss.toString()).isCloseTo(up / (2 * h), within(scale));
                    assertThat(values.get(i).dRejected()).as(loss.toString()).isCloseTo(side / (2 * h), within(scale));
                }
            }
        });
    }

    private static double total(PreferenceLoss loss, List<PairLogps> step, int i, double dChosen, double dRejected) {
        List<PairLogps> moved = new ArrayList<>(step);
        PairLogps p = step.get(i);
        moved.set(
                i,
                new PairLogps(
                        p.chosen() + dChosen,
                        p.rejected() + dRejected,
                        p.referenceChosen(),
                        p.referenceRejected(),
                        p.chosenTokens(),
                        p.rejectedTokens()));
        return loss.evaluate(moved).stream().mapToDouble(PairValue::loss).sum();
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
