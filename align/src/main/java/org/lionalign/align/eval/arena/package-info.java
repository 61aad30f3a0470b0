/**
 * Arena-Hard-Auto v0.1 (Li et al. 2024): verdicts of two games in either order, battles, Bradley-Terry ratings with bootstrap intervals,
 * style control, the official files.
 *
 * <p>Knows neither how answers are sampled nor what answers requests. Start with {@link org.lionalign.align.eval.arena.ArenaHard}; the
 * numbers are in {@link org.lionalign.align.eval.arena.Leaderboard}.
 */
@NullMarked
package org.lionalign.align.eval.arena;

import org.jspecify.annotations.NullMarked;
