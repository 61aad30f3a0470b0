package org.lionalign.align.eval.run;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.eval.FileScorer;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.alpaca.AlpacaEval;
import org.lionalign.align.eval.alpaca.AlpacaFiles;
import org.lionalign.align.eval.arena.ArenaFiles;
import org.lionalign.align.eval.arena.ArenaHard;
import org.lionalign.align.eval.harness.HarnessSuites;
import org.lionalign.align.eval.harness.Prompting;
import org.lionalign.align.eval.harness.generative.GenerativeSuites;
import org.lionalign.align.eval.ifeval.IfevalFileScorer;
import org.lionalign.align.eval.ifeval.IfevalSuite;
import org.lionalign.align.eval.mtbench.MtBench;
import org.lionalign.align.eval.mtbench.MtBenchFiles;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.RecipeReader;

/** All suites by name. A new one is a new line here, and the command line, recipes and {@code --list} have it. */
public final class Suites {
    private static final List<String> WITH_BASELINE = List.of(AlpacaEval.NAME, ArenaHard.NAME);

    private final List<Suite> listed = new ArrayList<>();
    private final Map<String, Suite> known = new LinkedHashMap<>();

    /** @param baseline answers to compare with instead of the suite's own; null for those */
    public Suites(@Nullable Path baseline) {
        HarnessSuites harness = new HarnessSuites(Prompting.PLAIN);
        listed.add(new AlpacaEval(baseline, AlpacaEval.Sampling.LION));
        listed.add(new ArenaHard(baseline));
        listed.add(new MtBench());
        listed.add(new IfevalSuite());
        listed.addAll(harness.all());
        listed.addAll(GenerativeSuites.all());
        listed.addAll(harness.leaderboards());
        Stream.concat(listed.stream(), harness.members().stream()).forEach(suite -> known.put(suite.name(), suite));
    }

    /** What scores official files, for {@code lion eval score}. */
    public static List<FileScorer> scorers() {
        List<FileScorer> scorers = new ArrayList<>(
                List.of(new AlpacaFiles(), new ArenaFiles(), new MtBenchFiles(), new IfevalFileScorer()));
        scorers.addAll(GenerativeSuites.scorers());
        return scorers;
    }

    /** Every suite but the single tasks of a group. */
    public List<Suite> listed() {
        return List.copyOf(listed);
    }

    /**
     * A suite, or a single task of a group ({@code mmlu_anatomy}).
     *
     * @param where the option or key that names it, for errors
     */
    public Suite named(String name, String where) {
        Suite suite = known.get(name);
        if (suite != null) {
            return suite;
        }
        String nearest = "";
        int least = Integer.MAX_VALUE;
        for (String candidate : known.keySet()) {
            int distance = RecipeReader.distance(name, candidate);
            if (distance < least) {
                least = distance;
                nearest = candidate;
            }
        }
        throw new BadInput(where + ": unknown suite " + name
                + (least <= Math.max(2, name.length() / 3) ? "; did you mean " + nearest + "?" : "")
                + " (known: "
                + String.join(", ", listed.stream().map(Suite::name).toList())
                + ", and the single tasks of groups)");
    }

    /** Suites by name, in the given order; each once. */
    public List<Suite> named(List<String> names, String where) {
        List<Suite> suites = new ArrayList<>();
        for (String name : names) {
            Suite suite = named(name, where);
            if (suites.contains(suite)) {
                throw new BadInput(where + ": expected each suite once, found " + name + " twice");
            }
            suites.add(suite);
        }
        return suites;
    }

    /** Whether a suite compares with answers of a baseline, which can be given. */
    public static boolean readsBaseline(Suite suite) {
        return WITH_BASELINE.contains(suite.name());
    }

    /**
     * Nothing runs before everything is there: files, a judge for suites that want one, and no judge or baseline that nobody would read.
     *
     * @param judge as it was given, null for none
     * @param baseline as it was given, null for none
     * @param keys what data, judge and baseline are called where they are given, for errors
     */
    public static void check(
            List<Suite> suites, Path data, @Nullable String judge, @Nullable Path baseline, List<String> keys) {
        for (Suite suite : suites) {
            List<Suite.Data> missing = suite.needs().missing(data);
            if (!missing.isEmpty()) {
                Suite.Data first = missing.get(0);
                throw new BadInput(keys.get(0) + ": " + suite.name() + " needs " + first.shown() + " in " + data
                        + ", found none of them; they can be had from " + first.origin()
                        + (first.repository() == null ? "" : " (DIR,hub instead of DIR fetches them)"));
            }
            if (suite.needs().judge() && judge == null) {
                throw new BadInput(keys.get(1) + ": " + suite.name()
                        + " needs a judge: URL[,MODEL], replay:FILE or a model folder; found none");
            }
        }
        String names = String.join(", ", suites.stream().map(Suite::name).toList());
        if (judge != null && suites.stream().noneMatch(suite -> suite.needs().judge())) {
            throw new BadInput(keys.get(1) + ": expected a suite that is judged, found " + names);
        }
        if (baseline != null && suites.stream().filter(Suites::readsBaseline).count() != 1) {
            throw new BadInput(keys.get(2) + ": expected one suite that compares with a baseline ("
                    + String.join(" or ", WITH_BASELINE) + "), found " + names);
        }
        if (baseline != null && !Files.isRegularFile(baseline)) {
            throw new BadInput(keys.get(2) + ": " + baseline + ": no such file");
        }
    }
}
