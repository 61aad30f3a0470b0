package org.lionalign.align.eval.alpaca;

import org.lionalign.core.stats.Summary;

/**
 * AlpacaEval's plain win rates ({@code alpaca_eval.metrics.get_winrate}), in per cent.
 *
 * @param winRate mean of the preferences
 * @param standardError of it; NaN of one annotation
 * @param discreteWinRate wins and half the draws, each preference rounded to the nearer side
 * @param wins preferences above the middle
 * @param losses below it
 * @param draws exactly in it
 * @param total annotations that did not fail
 */
public record WinRate(
        double winRate, double standardError, double discreteWinRate, long wins, long losses, long draws, long total) {
    /** @param preferences 1 to 2, NaN for a failure, 0 or 1.5 for a draw */
    public static WinRate of(double[] preferences) {
        double[] shares = new double[preferences.length];
        long wins = 0;
        long losses = 0;
        long draws = 0;
        for (int i = 0; i < shares.length; i++) {
            shares[i] = preferences[i] == 0 ? 0.5 : preferences[i] - 1;
            wins += shares[i] > 0.5 ? 1 : 0;
            losses += shares[i] < 0.5 ? 1 : 0;
            draws += shares[i] == 0.5 ? 1 : 0;
        }
        Summary summary = Summary.of(shares);
        return new WinRate(
                100 * summary.mean(),
                100 * summary.standardError(),
                100 * (wins + draws / 2.0) / summary.count(),
                wins,
                losses,
                draws,
                summary.count());
    }
}
