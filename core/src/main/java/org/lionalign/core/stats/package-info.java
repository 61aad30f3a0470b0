/**
 * The statistics of evaluation: means with standard errors, paired tests and their verdict, logistic regression with either penalty,
 * Bradley-Terry, percentiles; and the random numbers of NumPy and Python where an official tool's digits depend on them.
 *
 * <p>Plain functions on arrays; knows no model, no suite and no file. Start with {@link org.lionalign.core.stats.PairedComparison}.
 */
@NullMarked
package org.lionalign.core.stats;

import org.jspecify.annotations.NullMarked;
