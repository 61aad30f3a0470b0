package org.lionalign.align.online;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The pair ledger as a piece of a report: figures, what became of the prompts, by source, and the gaps between scores. */
public final class PairLedgerHtml {
    private static final int NAMED = 10;
    private static final int BAR_PIXELS = 80;

    private PairLedgerHtml() {}

    /** A section in the classes of {@code report.css}, from {@link PairLedger#toJson}. */
    public static String section(JsonNode ledger) {
        StringBuilder html = new StringBuilder("<section class=\"pair-ledger\"><h2>Pairs from sampled answers</h2>");
        html.append("<div class=\"figures\">");
        figure(html, ledger.path("prompts").asText(), "prompts");
        figure(html, ledger.path("pairs").asText(), "pairs");
        JsonNode judge = ledger.path("judge");
        figure(html, percent(judge.path("tie_rate")), "ties between two answers");
        if (judge.has("order_swap_inconsistency")) {
            figure(html, percent(judge.path("order_swap_inconsistency")), "judged otherwise in the other order");
        }
        figure(html, percent(judge.path("longer_is_chosen")), "longer answer chosen");
        figure(html, decimal(judge.path("length_score_correlation")), "correlation of length and score");
        figure(html, percent(ledger.path("answers").path("duplicate_rate")), "answers given before");
        figure(
                html,
                ledger.path("answers").path("text_encodes_to_other_tokens").asText(),
                "answers whose text encodes to other tokens");
        html.append("</div>");
        failures(html, ledger);
        html.append("<h2>What became of the prompts</h2><div class=\"scroll\"><table>");
        row(html, "th", "outcome", "prompts", "for example");
        row(html, "td", "pairs", ledger.path("paired").asText(), "");
        for (Map.Entry<String, JsonNode> reason : ledger.path("unpaired").properties()) {
            List<String> names = new ArrayList<>();
            for (JsonNode name : ledger.path("unpaired_prompts").path(reason.getKey())) {
                if (names.size() < NAMED) {
                    names.add(name.asText());
                }
            }
            row(html, "td", reason.getKey(), reason.getValue().asText(), String.join(", ", names));
        }
        html.append("</table></div><h2>By source</h2><div class=\"scroll\"><table>");
        row(html, "th", "source", "prompts", "with pairs", "accepted");
        for (Map.Entry<String, JsonNode> source : ledger.path("sources").properties()) {
            JsonNode entry = source.getValue();
            row(
                    html,
                    "td",
                    source.getKey(),
                    entry.path("prompts").asText(),
                    entry.path("paired").asText(),
                    percent(entry.path("acceptance")));
        }
        html.append("</table></div><h2>Gaps between the scores of chosen and rejected</h2>");
        bars(html, ledger.path("score_gaps"));
        return html.append("</section>").toString();
    }

    /** Answers that were not drawn, or have no score: by reason. */
    private static void failures(StringBuilder html, JsonNode ledger) {
        List<String> counts = new ArrayList<>();
        ledger.path("judge")
                .path("failures")
                .properties()
                .forEach(why -> counts.add(why.getKey() + " " + why.getValue().asText()));
        if (!counts.isEmpty()) {
            html.append("<p>⚠ answers without a score: ")
                    .append(escaped(String.join(", ", counts)))
                    .append("</p>");
        }
        int drawn = ledger.path("answers").path("sampler_failures").asInt();
        if (drawn > 0) {
            html.append("<p>⚠ answers that could not be drawn: ").append(drawn).append("</p>");
        }
    }

    private static void bars(StringBuilder html, JsonNode gaps) {
        int n = gaps.path("counts").size();
        int most = 1;
        for (JsonNode count : gaps.path("counts")) {
            most = Math.max(most, count.asInt());
        }
        html.append(String.format(
                Locale.ROOT,
                "<svg viewBox=\"0 0 %d %d\" width=\"100%%\" height=\"%d\" preserveAspectRatio=\"none\" role=\"img\""
                        + " aria-label=\"histogram of score gaps\">",
                n * 10,
                BAR_PIXELS,
                BAR_PIXELS));
        for (int i = 0; i < n; i++) {
            int count = gaps.path("counts").get(i).asInt();
            double height = (double) count / most * BAR_PIXELS;
            html.append(String.format(
                    Locale.ROOT,
                    "<rect x=\"%d\" y=\"%.1f\" width=\"9\" height=\"%.1f\" fill=\"var(--accent)\"><title>%d pairs</title></rect>",
                    i * 10,
                    BAR_PIXELS - height,
                    height,
                    count));
        }
        html.append("</svg><p>0 to ")
                .append(decimal(gaps.path("largest")))
                .append(", mean ")
                .append(decimal(gaps.path("mean")))
                .append("</p>");
    }

    private static void figure(StringBuilder html, String value, String label) {
        html.append("<div class=\"figure\"><b>")
                .append(escaped(value))
                .append("</b><small>")
                .append(escaped(label))
                .append("</small></div>");
    }

    private static void row(StringBuilder html, String tag, String... cells) {
        html.append("<tr>");
        for (String cell : cells) {
            html.append('<').append(tag).append('>').append(escaped(cell));
            html.append("</").append(tag).append('>');
        }
        html.append("</tr>");
    }

    private static String percent(JsonNode share) {
        return String.format(Locale.ROOT, "%.1f %%", 100 * share.asDouble());
    }

    private static String decimal(JsonNode value) {
        return String.format(Locale.ROOT, "%.3f", value.asDouble());
    }

    private static String escaped(String text) {
        return text.replace("&", "&amp;")
                .replace("<", "&lt;")
                .replace(">", "&gt;")
                .replace("\"", "&quot;");
    }
}
