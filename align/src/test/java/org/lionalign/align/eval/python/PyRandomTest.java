package org.lionalign.align.eval.python;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class PyRandomTest {
    /** CPython 3.11: {@code random.Random(1234)} and {@code random.Random(2**40 + 7)}. */
    @Test
    void pythonsNumbers() {
        PyRandom random = new PyRandom(1234);
        assertThat(random.sample(7473, 6)).containsExactly(6374, 3610, 957, 61, 742, 7462);
        assertThat(random.sample(20, 6)).containsExactly(18, 1, 2, 3, 11, 16);
        assertThat(random.random()).isEqualTo(0.017428048184618405);
        assertThat(random.gauss()).isCloseTo(0.17807739879139933, within(1e-14));
        assertThat(random.gauss()).isCloseTo(-0.014929269025317621, within(1e-14));
        assertThat(random.below(1000)).isEqualTo(663);
        assertThat(new PyRandom((1L << 40) + 7).random()).isEqualTo(0.6137037779936511);
    }
}
