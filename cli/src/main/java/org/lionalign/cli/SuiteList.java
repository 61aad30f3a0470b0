package org.lionalign.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.lionalign.align.eval.DataPlaces;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.harness.HarnessSuites;
import org.lionalign.align.eval.run.Suites;

/** {@code lion eval --list}: for each suite what it measures, the files it reads and where they can be had, judge, baseline, an example. */
final class SuiteList {
    private static final int WIDTH = 118;

    private SuiteList() {}

    /** @param there whether the data folder exists, so that it can be said what is missing in it */
    static String text(Suites suites, Path data, boolean there) {
        List<String> lines = new ArrayList<>();
        int ready = 0;
        for (Suite suite : suites.listed()) {
            Suite.Needs needs = suite.needs();
            List<Suite.Data> missing = needs.missing(data);
            ready += missing.isEmpty() ? 1 : 0;
            lines.add(String.format(
                    Locale.ROOT,
                    "%s  %,d questions%s",
                    suite.name(),
                    needs.questions(),
                    !there ? "" : missing.isEmpty() ? "  [ready]" : "  [files missing]"));
            wrap(lines, "  ", needs.about());
            if (suite.name().equals(HarnessSuites.LEADERBOARD_V1)
                    || suite.name().equals(HarnessSuites.LEADERBOARD_V2)) {
                wrap(lines, "  files     ", "those of its parts, see above");
            } else {
                files(lines, needs.data(), data, there);
            }
            if (needs.judge()) {
                wrap(lines, "  judge     ", "--judge URL[,MODEL], replay:FILE or a model folder");
            }
            if (Suites.readsBaseline(suite)) {
                wrap(lines, "  baseline  ", "the suite's own answers, or --baseline FILE in the same format");
            }
            lines.add("  example   ./lion eval --model DIR --suite " + suite.name() + " --data " + data + " --limit 20"
                    + (needs.judge() ? " --judge URL" : ""));
            lines.add("");
        }
        lines.add(
                "Single tasks of groups are suites too: mmlu_anatomy, leaderboard_bbh_snarks, leaderboard_gpqa_main …");
        lines.add(
                there
                        ? ready + " of " + suites.listed().size() + " can run on " + data + "."
                        : data + " is not there: --data names the folder of the files.");
        return String.join("\n", lines);
    }

    /** Files that have the same origin stand together; of many, the first. */
    private static void files(List<String> lines, List<Suite.Data> data, Path folder, boolean there) {
        Map<String, List<Suite.Data>> groups = new LinkedHashMap<>();
        for (Suite.Data one : data) {
            groups.computeIfAbsent((one.optional().isEmpty() ? "" : "?") + one.origin(), key -> new ArrayList<>())
                    .add(one);
        }
        groups.forEach((key, group) -> {
            boolean optional = key.startsWith("?");
            Suite.Data first = group.get(0);
            Set<List<String>> places = new LinkedHashSet<>();
            group.forEach(one -> places.add(one.places()));
            long absent = group.stream()
                    .filter(one -> DataPlaces.first(folder, one.places()).isEmpty())
                    .count();
            int shown = places.size() > 3 ? 1 : places.size();
            List<String> said = new ArrayList<>();
            group.stream().distinct().limit(shown).forEach(one -> said.add(one.shown()));
            String more = places.size() > shown ? "; and " + (places.size() - shown) + " more like this" : "";
            wrap(
                    lines,
                    optional ? "  optional  " : "  files     ",
                    String.join("; ", said)
                            + more
                            + (optional ? " (without: " + first.optional() + ")" : "")
                            + (there && absent > 0
                                    ? " — "
                                            + (group.size() == 1
                                                    ? "missing"
                                                    : absent + " of " + group.size() + " missing")
                                    : ""));
            wrap(lines, "            ", "from " + first.origin());
        });
    }

    private static void wrap(List<String> lines, String lead, String text) {
        StringBuilder line = new StringBuilder(lead);
        boolean empty = true;
        for (String word : text.split(" ", -1)) {
            if (!empty && line.length() + 1 + word.length() > WIDTH) {
                lines.add(line.toString());
                line = new StringBuilder(" ".repeat(lead.length()));
                empty = true;
            }
            line.append(empty ? "" : " ").append(word);
            empty = false;
        }
        lines.add(line.toString());
    }
}
