package org.lionalign.core.stats;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StudentTTest {
    /** The table of every textbook. */
    @ParameterizedTest
    @CsvSource({"1,12.7062", "2,4.3027", "3,3.1824", "4,2.7764", "5,2.5706", "10,2.2281", "29,2.0452", "30,2.0423"})
    void quantiles(int degrees, double expected) {
        assertThat(StudentT.quantile975(degrees)).isCloseTo(expected, within(1e-4));
    }

    @Test
    void halfLiesAboveZero() {
        for (int degrees = 1; degrees < 12; degrees++) {
            assertThat(StudentT.above(0, degrees)).isCloseTo(0.5, within(1e-15));
        }
    }
}
