package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.PrintStream;
import java.time.Duration;
import java.util.Locale;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.train.Trainer;
import org.lionalign.torch.tensor.Engine;

/**
 * A stage's steps as they are done: a bar with what is left where standard error is a terminal, else a line a step. Both say loss, supervised
 * tokens per second, the share of the measured matrix-product rate, and memory.
 */
final class StageProgress implements Trainer.Listener, AutoCloseable {
    /** Weight of the newest step in what is shown as rate: a bar that jumps cannot be read. */
    private static final double NEWEST = 0.2;

    private final String name;
    private final PrintStream out;
    private final boolean live;
    private @Nullable ProgressBar bar;
    private double rate;
    private double share;

    StageProgress(String name, PrintStream out, boolean live) {
        this.name = name;
        this.out = out;
        this.live = live;
    }

    @Override
    public void onStep(long step, long total, ObjectNode metrics) {
        double seconds = metrics.path("seconds").asDouble();
        double newest = metrics.path("supervised").asDouble() / seconds;
        rate = rate == 0 ? newest : rate + NEWEST * (newest - rate);
        double newestShare = metrics.path("product_share").asDouble();
        share = share == 0 ? newestShare : share + NEWEST * (newestShare - share);
        if (live) {
            ProgressBar shown = bar;
            if (shown == null) {
                shown = start(step - 1, total);
                bar = shown;
            }
            shown.stepTo(step);
            shown.setExtraMessage(" " + brief(metrics));
        } else {
            out.printf(Locale.ROOT, "step %d/%d  %s%n", step, total, whole(metrics));
        }
    }

    private ProgressBar start(long done, long total) {
        return new ProgressBarBuilder()
                .setTaskName(name)
                .setInitialMax(total)
                .startsFrom(done, Duration.ZERO)
                .setUpdateIntervalMillis(100)
                .setStyle(ProgressBarStyle.UNICODE_BLOCK)
                .setConsumer(Terminal.bars())
                .build();
    }

    /** In few words: a bar shares its line with how far it is and what is left. */
    private String brief(JsonNode metrics) {
        return String.format(Locale.ROOT, "loss %.4f  ", metrics.path("loss").asDouble())
                + (metrics.has("rewards/accuracies")
                        ? String.format(
                                Locale.ROOT,
                                "accuracy %.2f  ",
                                metrics.path("rewards/accuracies").asDouble())
                        : "")
                + String.format(Locale.ROOT, "%,.0f supervised tok/s  ", rate)
                + (share > 0 ? String.format(Locale.ROOT, "%.0f %% of peak  ", 100 * share) : "")
                + memory();
    }

    private String whole(JsonNode metrics) {
        return String.format(
                        Locale.ROOT,
                        "loss %.4f  norm %.2f  lr %.2e  %,.0f supervised tokens/s  ",
                        metrics.path("loss").asDouble(),
                        metrics.path("grad_norm").asDouble(),
                        metrics.path("lr").asDouble(),
                        rate)
                + (share > 0 ? String.format(Locale.ROOT, "%.0f %% of the product rate  ", 100 * share) : "")
                + memory();
    }

    private static String memory() {
        return String.format(Locale.ROOT, "%.1f GB", Engine.residentBytes() / 1e9);
    }

    @Override
    public void close() {
        ProgressBar shown = bar;
        if (shown != null) {
            shown.close();
        }
    }
}
