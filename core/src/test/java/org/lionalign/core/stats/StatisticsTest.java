package org.lionalign.core.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lionalign.core.stats.PairedComparison.Verdict;
import org.lionalign.core.testing.Seeds;

/** Textbook values, and values of NumPy 2.4, SciPy and pandas where a comment says so. */
class StatisticsTest {
    private static final double[] PI = {3, 1, 4, 1, 5, 9, 2, 6};

    @Test
    void summariesAndPercentilesArePandasAndNumPys() {
        Summary pi = Summary.of(PI); // pd.Series(...).mean(), .std(), .sem()
        assertThat(pi.mean()).isEqualTo(3.875);
        assertThat(pi.standardDeviation()).isCloseTo(2.748376143938713, within(1e-14));
        assertThat(pi.standardError()).isCloseTo(0.9716977043151993, within(1e-14));
        assertThat(Percentiles.of(PI, 2.5)).isEqualTo(1);
        assertThat(Percentiles.of(PI, 50)).isEqualTo(3.5);
        assertThat(Percentiles.of(PI, 97.5)).isEqualTo(8.475000000000001);
        assertThat(Percentiles.of(PI, 30)).isCloseTo(2.1, within(1e-15));
    }

    @Test
    void missingValuesAreLeftOutAndSmallSamplesHaveNoError() {
        Summary some = Summary.of(1, Double.NaN, 3);
        assertThat(some.count()).isEqualTo(2);
        assertThat(some.mean()).isEqualTo(2);
        assertThat(Summary.of().mean()).isNaN();
        assertThat(Summary.of(5).standardError()).isNaN();
        assertThat(Summary.of(1e9 + 1, 1e9 + 2, 1e9 + 3).standardDeviation()).isEqualTo(1);
    }

    @Test
    void clusteredErrorIsThePlainOneForGroupsOfOneAndThatOfTheGroupsMeansForEqualGroups() {
        String[] own = {"a", "b", "c", "d", "e", "f", "g", "h"};
        assertThat(Summary.clusteredStandardError(PI, own))
                .isCloseTo(Summary.of(PI).standardError(), within(1e-14));
        String[] pairs = {"a", "a", "b", "b", "c", "c", "d", "d"};
        assertThat(Summary.clusteredStandardError(PI, pairs))
                .isCloseTo(Summary.of(2, 2.5, 7, 4).standardError(), within(1e-14));
        assertThat(Summary.clusteredStandardError(PI, new String[] {"a", "a", "a", "a", "a", "a", "a", "a"}))
                .isNaN();
    }

    @Test
    void wilsonsInterval() {
        assertThat(Wilson.interval(0, 10).low()).isZero();
        assertThat(Wilson.interval(0, 10).high()).isCloseTo(0.27753, within(1e-5));
        assertThat(Wilson.interval(5, 10).low()).isCloseTo(0.23659, within(1e-5));
        assertThat(Wilson.interval(5, 10).high()).isCloseTo(0.76341, within(1e-5));
        assertThatThrownBy(() -> Wilson.interval(3, 2)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void mcNemarIsTheBinomialTest() {
        // scipy.stats.binomtest(k, n).pvalue
        assertThat(McNemar.test(6, 14).pValue()).isCloseTo(0.11531829833984375, within(1e-14));
        assertThat(McNemar.test(40, 110).pValue()).isCloseTo(9.56282907771787e-09, within(1e-20));
        assertThat(McNemar.test(1900, 2100).pValue()).isCloseTo(0.0016492663751357264, within(1e-14));
        assertThat(McNemar.test(0, 5).pValue()).isEqualTo(0.0625);
        assertThat(McNemar.test(7, 7).pValue()).isEqualTo(1);
        assertThat(McNemar.test(0, 0).pValue()).isEqualTo(1);
        assertThat(McNemar.test(0, 20_000).pValue()).isZero();
    }

    @Test
    void randomNumbersAreNumPysAndPythons() {
        MersenneTwister zero = MersenneTwister.seeded(0); // np.random.RandomState(0)
        int[] drawn = new int[5];
        Arrays.setAll(drawn, i -> zero.nextInt(10));
        assertThat(drawn).containsExactly(5, 0, 3, 3, 7);
        assertThat(zero.nextDouble()).isEqualTo(0.4236547993389047);
        assertThat(zero.nextDouble()).isEqualTo(0.6458941130666561);
        assertThat(zero.nextDouble()).isEqualTo(0.4375872112626925);
        assertThat(zero.nextInt(Integer.MAX_VALUE)).isEqualTo(1682652230);
        assertThat(Arrays.copyOf(MersenneTwister.seeded(42).resample(1000), 6))
                .containsExactly(102, 435, 860, 270, 106, 71);
        assertThat(MersenneTwister.python("Übung").nextDouble())
                .isEqualTo(0.9837195988695597); // random.Random("Übung")
        assertThat(MersenneTwister.python("a").nextDouble()).isEqualTo(0.2720295377534757);
        assertThat(MersenneTwister.python("").nextDouble()).isEqualTo(0.9602256525641875);
    }

    @Test
    void theBootstrapsErrorIsTheFormulasAndItsIntervalHoldsItsPromise() {
        Seeds.forAll(5, random -> {
            double[] differences = random.doubles(400, -1, 1.2).toArray();
            PairedBootstrap bootstrap = PairedBootstrap.of(differences, 7);
            Summary summary = Summary.of(differences);
            assertThat(bootstrap.standardError())
                    .isCloseTo(summary.standardError(), within(0.05 * summary.standardError()));
            assertThat(bootstrap.low()).isCloseTo(summary.mean() - Wilson.Z95 * summary.standardError(), within(0.01));
            assertThat(bootstrap.high()).isCloseTo(summary.mean() + Wilson.Z95 * summary.standardError(), within(0.01));
            assertThat(PairedBootstrap.of(differences, 7)).isEqualTo(bootstrap);
        });
    }

    @Test
    void noiseIsSeldomCalledADifference() {
        int[] called = new int[1];
        Seeds.forAll(200, random -> {
            double[] first = random.doubles(60).toArray();
            double[] second = random.doubles(60).toArray();
            double[] differences = new double[60];
            Arrays.setAll(differences, i -> second[i] - first[i]);
            called[0] += PairedBootstrap.of(differences, random.nextLong(), 400).pValue() < 0.05 ? 1 : 0;
        });
        assertThat(called[0]).isBetween(2, 22); // 10 expected
    }

    @Test
    void verdicts() {
        double[] low = new double[100];
        double[] high = new double[100];
        Arrays.setAll(low, i -> i % 10);
        Arrays.setAll(high, i -> i % 10 + 0.5 + i % 3 * 0.1);
        assertThat(PairedComparison.of(low, high, 1).verdict()).isEqualTo(Verdict.BETTER);
        assertThat(PairedComparison.of(high, low, 1).verdict()).isEqualTo(Verdict.WORSE);
        assertThat(PairedComparison.of(low, low, 1).verdict()).isEqualTo(Verdict.NO_EVIDENCE);
        assertThat(PairedComparison.of(low, high, 1).verdict()).hasToString("better");
        assertThat(PairedComparison.of(low, low, 1).verdict()).hasToString("no evidence");
    }

    @Test
    void accuraciesAreComparedByMcNemarAndFailedQuestionsAreNamed() {
        double[] first = {1, 1, 0, 0, 0, 0, 0, 0, 0, Double.NaN};
        double[] second = {1, 1, 1, 1, 1, 1, 1, 1, 0, 1};
        PairedComparison six = PairedComparison.of(first, second, 3);
        assertThat(six.test()).startsWith("McNemar");
        assertThat(six.pairs()).isEqualTo(9);
        assertThat(six.unpaired()).isEqualTo(1);
        assertThat(six.difference()).isCloseTo(6 / 9.0, within(1e-15));
        assertThat(six.pValue()).isCloseTo(0.03125, within(1e-15));
        assertThat(six.verdict()).isEqualTo(Verdict.BETTER);
        second[2] = 0;
        assertThat(PairedComparison.of(first, second, 3).verdict()).isEqualTo(Verdict.NO_EVIDENCE);
    }

    /** The plain mean of parts weighs a part of 40 questions as one of 400; each part is resampled within itself. */
    @Test
    void partsAreAveragedPlainlyAndTheErrorIsTheirs() {
        Seeds.forAll(5, random -> {
            double[] small = random.doubles(40).map(x -> x + 0.5).toArray();
            double[] large = random.doubles(400).map(x -> x - 0.6).toArray();
            PairedComparison both =
                    PairedComparison.ofParts(List.of(new double[40], new double[400]), List.of(small, large), 1);
            Summary a = Summary.of(small);
            Summary b = Summary.of(large);
            double error = Math.hypot(a.standardError(), b.standardError()) / 2;
            assertThat(both.difference()).isCloseTo((a.mean() + b.mean()) / 2, within(1e-12));
            assertThat(both.standardError()).isCloseTo(error, within(1e-12));
            assertThat((both.high() - both.low()) / 2).isCloseTo(Wilson.Z95 * error, within(0.1 * error));
            assertThat(both.verdict()).isEqualTo(Verdict.BETTER);
            assertThat(both.pairs()).isEqualTo(440);
        });
        PairedComparison failed = PairedComparison.ofParts(
                List.of(new double[] {Double.NaN, 0, 0}, new double[] {Double.NaN}),
                List.of(new double[] {1, 1, 1}, new double[] {1}),
                1);
        assertThat(failed.pairs()).isEqualTo(2);
        assertThat(failed.unpaired()).isEqualTo(2);
        assertThat(failed.difference()).isEqualTo(1);
        assertThat(PairedComparison.ofParts(List.of(new double[] {0}), List.of(new double[] {1}), 1)
                        .verdict())
                .isEqualTo(Verdict.NO_EVIDENCE);
        assertThat(PairedComparison.ofParts(List.of(), List.of(), 1).difference())
                .isNaN();
    }

    @Test
    void nothingOrOneQuestionIsNoEvidence() {
        assertThat(PairedComparison.of(new double[0], new double[0], 1).verdict())
                .isEqualTo(Verdict.NO_EVIDENCE);
        assertThat(PairedComparison.of(new double[] {1}, new double[] {9}, 1).verdict())
                .isEqualTo(Verdict.NO_EVIDENCE);
        assertThat(PairedComparison.of(new double[] {Double.NaN, 1}, new double[] {9, Double.NaN}, 1)
                        .pairs())
                .isZero();
    }
}
