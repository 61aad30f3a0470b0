package org.lionalign.align.online;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DriftTest {
    /** Two coins, of which the KL is known. */
    @Test
    void bothEstimatesFindTheKl() {
        double p = 0.7;
        double q = 0.4;
        double kl = p * Math.log(p / q) + (1 - p) * Math.log((1 - p) / (1 - q));
        SplittableRandom random = new SplittableRandom(3);
        List<float[]> policy = new ArrayList<>();
        List<float[]> reference = new ArrayList<>();
        for (int a = 0; a < 2000; a++) {
            float[] own = new float[1 + random.nextInt(20)];
            float[] other = new float[own.length];
            for (int t = 0; t < own.length; t++) {
                boolean heads = random.nextDouble() < p;
                own[t] = (float) Math.log(heads ? p : 1 - p);
                other[t] = (float) Math.log(heads ? q : 1 - q);
            }
            policy.add(own);
            reference.add(other);
        }
        Drift.Kl found = Drift.klPerToken(policy, reference);
        assertThat(found.kl()).isCloseTo(kl, within(4 * found.standardError()));
        assertThat(found.lowVariance()).isCloseTo(kl, within(4 * found.standardError()));
        // √(Var(log p/q) / tokens): each token is its own.
        double deviation = Math.abs(Math.log(p / q) - Math.log((1 - p) / (1 - q))) * Math.sqrt(p * (1 - p));
        assertThat(found.standardError()).isCloseTo(deviation / Math.sqrt(found.tokens()), within(4e-4));
        assertThat(Drift.klPerToken(policy, policy).kl()).isZero();
        assertThatThrownBy(() -> Drift.klPerToken(policy, reference.subList(1, 2000)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void lengths() {
        assertThat(Drift.lengthRatio(List.of(10, 30), List.of(5, 15))).isEqualTo(2);
        assertThatThrownBy(() -> Drift.lengthRatio(List.of(), List.of(1))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void evidenceIsTheIntegral() {
        WinTest test = new WinTest(0.05);
        for (int i = 0; i < 3; i++) {
            test.add(1);
        }
        // 2·∫ from ½ to 1 of p³ dp / ½³
        assertThat(Math.exp(test.logEvidence())).isCloseTo(2 * (1 - 1 / 16.0) / 4 * 8, within(1e-12));
        test.add(-1);
        test.add(0);
        // 2·∫ p³(1−p) dp / ½⁴ = 32·[p⁴/4 − p⁵/5]
        double integral = 1 / 4.0 - 1 / 5.0 - (1 / 64.0 - 1 / 160.0);
        assertThat(Math.exp(test.logEvidence())).isCloseTo(32 * integral, within(1e-12));
        assertThat(test.ties()).isEqualTo(1);
    }

    /** Looked at after every comparison, an equal policy is called better in at most α of all runs, for ever; the interval errs as rarely. */
    @Test
    void looksCostNothing() {
        double alpha = 0.1;
        int runs = 1000;
        int better = 0;
        int outside = 0;
        SplittableRandom random = new SplittableRandom(11);
        for (int run = 0; run < runs; run++) {
            WinTest test = new WinTest(alpha);
            boolean out = false;
            for (int i = 0; i < 200; i++) {
                test.add(random.nextBoolean() ? 1 : -1);
                if (i % 5 == 0) {
                    double[] interval = test.interval();
                    out |= interval[0] > 0.5 || interval[1] < 0.5;
                }
            }
            better += test.verdict() == WinTest.Verdict.BETTER ? 1 : 0;
            outside += out ? 1 : 0;
        }
        double most = alpha + 4 * Math.sqrt(alpha * (1 - alpha) / runs);
        assertThat((double) better / runs).isPositive().isLessThan(most);
        assertThat((double) outside / runs).isPositive().isLessThan(most);
    }

    @Test
    void aBetterPolicyIsFoundAndAWorseOneToo() {
        SplittableRandom random = new SplittableRandom(5);
        int found = 0;
        for (int run = 0; run < 100; run++) {
            WinTest better = new WinTest(0.05);
            WinTest worse = new WinTest(0.05);
            for (int i = 0; i < 300; i++) {
                better.add(random.nextDouble() < 0.65 ? 1 : -1);
                worse.add(random.nextDouble() < 0.35 ? 1 : -1);
            }
            found += better.verdict() == WinTest.Verdict.BETTER ? 1 : 0;
            found += worse.verdict() == WinTest.Verdict.WORSE ? 1 : 0;
            double[] interval = better.interval();
            assertThat(interval[0]).isLessThan(0.65).isGreaterThan(0.4);
            assertThat(interval[1]).isLessThan(0.9);
        }
        assertThat(found).isGreaterThan(180);
        assertThatThrownBy(() -> new WinTest(0.05).add(Double.NaN)).isInstanceOf(IllegalArgumentException.class);
    }
}
