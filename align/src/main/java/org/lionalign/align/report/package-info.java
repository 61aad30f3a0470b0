/**
 * What a run leaves for people to look at: {@code report.html} and TensorBoard events, made from the run's logs alone.
 *
 * <p>Knows no model and no training. Start with {@link org.lionalign.align.report.RunReport}.
 */
@NullMarked
package org.lionalign.align.report;

import org.jspecify.annotations.NullMarked;
