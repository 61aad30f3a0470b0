package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.PrintStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.lionalign.align.pipeline.Pipeline;

/** One live view of a whole run: its nodes with state, progress and what is left; plain lines where standard error is no terminal. */
final class RunView implements Pipeline.Listener {
    private static final int BAR = 24;
    private static final long REDRAW_NANOS = 100_000_000L;
    private static final long LINE_NANOS = 10_000_000_000L;

    /** A node as it is shown. */
    private static final class Line {
        final String name;
        final double cost;
        String mark;
        double seconds;
        long done;
        long total;
        String detail = "";

        Line(String name, double cost, boolean cached) {
            this.name = name;
            this.cost = cost;
            this.mark = cached ? "=" : "·";
        }
    }

    private final PrintStream out;
    private final boolean live;
    private final List<Line> lines = new ArrayList<>();
    private int drawn;
    private long last;
    private long start;
    private long nodeStart;
    private double spentSeconds;
    private double spentCost;

    RunView(PrintStream out, boolean live) {
        this.out = out;
        this.live = live;
    }

    @Override
    public void onStart(List<Pipeline.Explained> nodes, double[] costs) {
        start = System.nanoTime();
        for (int i = 0; i < nodes.size(); i++) {
            lines.add(new Line(nodes.get(i).node(), costs[i], nodes.get(i).state() == Pipeline.State.CACHED));
        }
        if (!live) {
            long cached = lines.stream().filter(line -> line.mark.equals("=")).count();
            out.printf("lion: %d of %d steps are there already%n", cached, lines.size());
        }
        draw(true);
    }

    @Override
    public void onNode(int node) {
        Line line = lines.get(node);
        line.mark = "▸";
        nodeStart = System.nanoTime();
        last = nodeStart;
        if (!live) {
            out.printf("lion: %s …%n", line.name);
        }
        draw(true);
    }

    @Override
    public void onProgress(int node, long done, long total, String detail) {
        Line line = lines.get(node);
        line.done = done;
        line.total = total;
        line.detail = detail;
        if (!live && System.nanoTime() - last > LINE_NANOS) {
            last = System.nanoTime();
            out.printf("lion: %s %d/%d %s%s%n", line.name, done, total, detail, left());
        }
        draw(false);
    }

    @Override
    public void onDone(int node, double seconds, JsonNode summary) {
        Line line = lines.get(node);
        line.mark = "✓";
        line.seconds = seconds;
        line.detail = said(summary);
        spentSeconds += (System.nanoTime() - nodeStart) / 1e9;
        spentCost += line.cost;
        if (!live) {
            out.printf(Locale.ROOT, "lion: %s done in %s  %s%n", line.name, time(seconds), line.detail);
        }
        draw(true);
    }

    /** A node's result in a few words. */
    private static String said(JsonNode summary) {
        JsonNode before = summary.path("held_out_before");
        JsonNode after = summary.path("held_out_after");
        if (after.has("rewards/accuracies")) {
            return String.format(
                    Locale.ROOT,
                    "held-out accuracy %.3f",
                    after.get("rewards/accuracies").asDouble());
        }
        if (after.has("loss")) {
            return String.format(
                    Locale.ROOT,
                    "held-out loss %.3f → %.3f",
                    before.path("loss").asDouble(),
                    after.get("loss").asDouble());
        }
        return summary.path("say").asText("");
    }

    /** From what the finished nodes of this run cost. */
    private String left() {
        double remaining = 0;
        double running = 0;
        for (Line line : lines) {
            if (line.mark.equals("·")) {
                remaining += line.cost;
            } else if (line.mark.equals("▸")) {
                double share = line.total > 0 ? line.done / (double) line.total : 0;
                running = line.cost * share;
                remaining += line.cost - running;
            }
        }
        double elapsed = spentSeconds + (System.nanoTime() - nodeStart) / 1e9;
        double cost = spentCost + running;
        return cost > 0 && elapsed > 2 ? ", about " + time(elapsed / cost * remaining) + " left" : "";
    }

    private void draw(boolean now) {
        if (!live || (!now && System.nanoTime() - last < REDRAW_NANOS)) {
            return;
        }
        last = System.nanoTime();
        StringBuilder text = new StringBuilder();
        if (drawn > 0) {
            text.append("\u001b[").append(drawn).append('A');
        }
        for (Line line : lines) {
            text.append(String.format(Locale.ROOT, "\r\u001b[K  %s %-22s ", line.mark, line.name));
            if (line.mark.equals("▸") && line.total > 0) {
                int full = (int) (BAR * line.done / line.total);
                text.append("█".repeat(full)).append("░".repeat(BAR - full));
                text.append(String.format(Locale.ROOT, " %d/%d  %s", line.done, line.total, line.detail));
            } else if (line.mark.equals("✓")) {
                text.append(String.format(Locale.ROOT, "%7s  %s", time(line.seconds), line.detail));
            } else if (line.mark.equals("=")) {
                text.append("there already");
            }
            text.append('\n');
        }
        text.append("\r\u001b[K  ")
                .append(time((System.nanoTime() - start) / 1e9))
                .append(left())
                .append('\n');
        out.print(text);
        out.flush();
        drawn = lines.size() + 1;
    }

    static String time(double seconds) {
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d h", whole / 3600, whole % 3600 / 60);
    }
}
