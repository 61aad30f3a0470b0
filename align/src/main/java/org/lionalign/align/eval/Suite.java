package org.lionalign.align.eval;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.hub.HubAddress;

/** A benchmark that a checkpoint is put through. */
public interface Suite {
    /** As {@code --suite} names it, e.g. {@code arc_challenge}. */
    String name();

    /** What it needs, for {@code lion eval --list}. */
    Needs needs();

    /** Runs it, or goes on where an earlier call with the same store stopped. */
    SuiteResult run(EvalContext context);

    /** Tasks that it is made of: a limit holds for each. */
    default int taskCount() {
        return 1;
    }

    /** About how many questions a run asks, for people who wait; 0 where nobody knows before the files are read. */
    default long asked(int limit) {
        long all = needs().questions();
        long some = (long) limit * taskCount();
        return limit == 0 ? all : all == 0 ? some : Math.min(all, some);
    }

    /**
     * @param data below the data folder
     * @param judge whether it needs a judge
     * @param questions how many the original has
     * @param about one line: what is measured, shots, metric
     */
    record Needs(List<Data> data, boolean judge, int questions, String about) {
        public Needs {
            data = List.copyOf(data);
        }

        /** What must be there and is not; empty when the suite can run. */
        public List<Data> missing(Path folder) {
            return data.stream()
                    .filter(one -> one.optional().isEmpty()
                            && DataPlaces.first(folder, one.places()).isEmpty())
                    .toList();
        }
    }

    /**
     * Files of a suite.
     *
     * @param places where they can lie, as {@link DataPlaces} reads them; the first that is there counts
     * @param origin where they can be had; a repository of the hub that stands here ({@code huggingface.co/datasets/org/name}) is where
     *     {@link HubData} fetches those places from that begin with {@code org/name}
     * @param optional what happens without them; empty where the suite cannot run without
     */
    record Data(List<String> places, String origin, String optional) {
        private static final int SHOWN = 3;
        private static final Pattern ON_HUB =
                Pattern.compile("huggingface\\.co/((?:datasets|spaces)/[\\w.-]+/[\\w.-]*\\w)");

        public Data {
            places = List.copyOf(places);
        }

        /** The repository that has them; null where none does. */
        public @Nullable HubAddress repository() {
            Matcher found = ON_HUB.matcher(origin);
            if (!found.find()) {
                return null;
            }
            HubAddress address = HubAddress.parse(HubAddress.SCHEME + found.group(1), HubAddress.Kind.DATASET);
            return places.stream().anyMatch(place -> place.startsWith(address.repository())) ? address : null;
        }

        /** The places for people; the first few where there are many. */
        public String shown() {
            int more = places.size() - SHOWN;
            return String.join(" or ", places.subList(0, Math.min(SHOWN, places.size())))
                    + (more > 0 ? " or " + more + " more" : "");
        }

        /** Files that must be there. */
        public static Data required(String origin, String... places) {
            return new Data(List.of(places), origin, "");
        }
    }
}
