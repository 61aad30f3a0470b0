/**
 * Measurements of Lion against the machine's own matrix-product rate and against its peers; every figure is a ratio of one run.
 *
 * <p>the peers' scripts are under {@code bench/peers/}.
 */
@NullMarked
package org.lionalign.bench;

import org.jspecify.annotations.NullMarked;
