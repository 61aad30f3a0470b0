package org.lionalign.align.stage;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.text.TextModel;
import org.lionalign.align.train.SftTask;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.align.train.TrainingTask;
import org.lionalign.align.train.WindowTask;
import org.lionalign.core.data.ChatRows;
import org.lionalign.core.data.Decontamination;
import org.lionalign.core.data.Ledger;
import org.lionalign.core.data.Mixture;
import org.lionalign.core.data.NearDuplicates;
import org.lionalign.core.data.Permutation;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.data.RowReader;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.pack.TreeStore;
import org.lionalign.core.pack.WrapPacking;
import org.lionalign.core.recipe.SelectRecipe;
import org.lionalign.core.recipe.StageRecipe;

/**
 * Sources to trees: read, encoded on all cores, compared with what was seen, drawn by fraction; each row kept or set aside with a reason.
 * The trees lie in a store on disk that is found again by the hash of everything that shaped it.
 */
final class StageData {
    private static final org.slf4j.Logger LOG = org.slf4j.LoggerFactory.getLogger(StageData.class);

    /** Between two words about a long file. */
    private static final long SAY_NANOS = 10_000_000_000L;

    /** Rows that are encoded at a time. */
    private static final int CHUNK = 1024;

    private final TextModel text;
    private final StageRecipe.Data data;
    private final long seed;
    private final int longest;
    private final DataCache cache;
    private final Ledger ledger = new Ledger();
    private final List<Ledger> ledgers = new ArrayList<>();
    private final IdentityHashMap<List<PromptTree>, double[]> margins = new IdentityHashMap<>();

    /** @param context the model's longest sequence */
    StageData(TextModel text, StageRecipe.Data data, long seed, int context, DataCache cache) {
        this.text = text;
        this.data = data;
        this.seed = seed;
        this.cache = cache;
        Integer set = data.maxLengthTokens();
        if (set != null && set > context) {
            throw new BadInput(
                    "data.max_length_tokens: expected at most " + context + ", the model's context, found " + set);
        }
        this.longest = set == null ? context : set;
    }

    /** What happened to each row of everything that was read, and windows that packing dropped. */
    ObjectNode ledgerJson() {
        ObjectNode all = ledger.toJson();
        ledgers.forEach(one -> all.setAll(one.toJson()));
        return all;
    }

    /**
     * The sources' rows as the stage reads them.
     *
     * @param held whether they are looked at only: then all pairs count, whatever is selected for training
     */
    List<PromptTree> trees(StageKind kind, List<StageRecipe.Source> sources, boolean held) {
        if (kind != StageKind.PRETRAIN && data.text() != null) {
            throw new BadInput("data.text: expected nothing for " + kind.name().toLowerCase(Locale.ROOT)
                    + " (only lion pretrain reads documents), found a section");
        }
        return switch (kind) {
            case PRETRAIN -> documents(sources);
            case SFT -> conversations(sources, held);
            case DPO, REWARD -> pairs(sources, held ? null : data.select(), held);
        };
    }

    List<PromptTree> conversations(List<StageRecipe.Source> sources) {
        return conversations(sources, false);
    }

    private List<PromptTree> conversations(List<StageRecipe.Source> sources, boolean held) {
        if (data.select() != null) {
            throw new BadInput("data.select: expected nothing for conversations (it is for pairs), found a section");
        }
        if (data.maxPromptTokens() != null) {
            throw new BadInput("data.max_prompt_tokens: expected nothing for conversations (it is for pairs), found "
                    + data.maxPromptTokens());
        }
        if (List.of("cut_prompt", "cut_answer").contains(data.overlong())) {
            throw new BadInput(
                    "data.overlong: expected error, set_aside, cut_end or cut_middle_turns for conversations,"
                            + " found " + data.overlong());
        }
        return trees("conversations", sources, null, held);
    }

    private List<PromptTree> documents(List<StageRecipe.Source> sources) {
        if (data.text() == null) {
            throw new BadInput(
                    "data.text: expected a section for pretrain, {} for every default, found nothing; rows are documents then");
        }
        String turns = data.faithful()
                ? "data.faithful"
                : data.lossOn().equals("last_turn")
                        ? "data.loss_on"
                        : data.emptySystemProbability() > 0 ? "data.empty_system_probability" : "";
        if (!turns.isEmpty()) {
            throw new BadInput(turns + ": expected nothing for pretrain (documents have no turns), found a value");
        }
        if (data.select() != null) {
            throw new BadInput("data.select: expected nothing for pretrain (it is for pairs), found a section");
        }
        if (!List.of("error", "set_aside", "cut_end").contains(data.overlong())) {
            throw new BadInput(
                    "data.overlong: expected error, set_aside or cut_end for pretrain, found " + data.overlong());
        }
        for (StageRecipe.Source source : sources) {
            if (source.layout() != null) {
                throw new BadInput("data source " + source.path()
                        + ": layout: expected nothing for pretrain (data.text names the column), found "
                        + source.layout());
            }
        }
        return trees("documents", sources, null, false);
    }

    /**
     * @param select which of them; null for all
     */
    List<PromptTree> pairs(List<StageRecipe.Source> sources, @Nullable SelectRecipe select) {
        return pairs(sources, select, false);
    }

    private List<PromptTree> pairs(List<StageRecipe.Source> sources, @Nullable SelectRecipe select, boolean held) {
        if (List.of("cut_end", "cut_middle_turns").contains(data.overlong())) {
            throw new BadInput("data.overlong: expected error, set_aside, cut_prompt or cut_answer for pairs, found "
                    + data.overlong());
        }
        if (data.maxPromptTokens() != null && !data.overlong().equals("error")) {
            throw new BadInput(
                    "data.overlong: expected nothing for faithful pairs (max_prompt_tokens cuts them), found "
                            + data.overlong());
        }
        if (!data.packing().equals("best_fit")) {
            throw new BadInput("data.packing: expected nothing for pairs (they are always trees packed whole), found "
                    + data.packing());
        }
        if (!data.isolation()) {
            throw new BadInput("data.isolation: expected nothing for pairs (trees never see each other), found false");
        }
        if (!data.lossOn().equals("assistant")) {
            throw new BadInput("data.loss_on: expected assistant or nothing for pairs, found " + data.lossOn());
        }
        for (StageRecipe.Source source : sources) {
            if (source.layout() != null) {
                throw new BadInput("data source " + source.path()
                        + ": layout: expected nothing for pairs (their columns say it), found " + source.layout());
            }
        }
        return trees("pairs", sources, select, held);
    }

    private List<PromptTree> trees(
            String kind, List<StageRecipe.Source> sources, @Nullable SelectRecipe select, boolean held) {
        // Lion draws what is held out as it draws what is trained; the original takes it in the file's order.
        boolean inOrder = held && data.faithful();
        String what = kind + (select == null ? "" : select) + (inOrder ? "/in order" : "");
        String key = cache.key(what, sources, data, seed, longest, text);
        DataCache.Entry entry = cache.get(key, folder -> build(folder, kind, sources, select, inOrder));
        ledgers.add(entry.ledger());
        margins.put(entry.trees(), entry.margins());
        return entry.trees();
    }

    /** How much better the chosen answers of pairs that were read here are, by their rows' scores; NaN where a row has none. */
    double[] margins(List<PromptTree> pairs) {
        return Objects.requireNonNull(margins.get(pairs));
    }

    /** Writes the store and returns the order in which its trees are used, with the ledger. */
    private DataCache.Built build(
            Path folder, String kind, List<StageRecipe.Source> sources, @Nullable SelectRecipe select, boolean inOrder)
            throws IOException {
        Ledger counts = new Ledger();
        RowEncoder encoder = new RowEncoder(text, data, seed, longest);
        List<int[]> orders = new ArrayList<>();
        try (TreeStore.Writer writer = new TreeStore.Writer(folder)) {
            Sink sink = new Sink(new Seen(data), writer, counts, new TokenCounts());
            for (StageRecipe.Source source : sources) {
                int first = writer.size();
                for (Path file : RowFiles.files(Path.of(source.path()), source.split())) {
                    readFile(file, source, row -> encoded(row, file, source, kind, encoder, select), sink);
                }
                int n = writer.size() - first;
                int[] rows = inOrder
                        ? Mixture.head(n, source.fraction())
                        : Mixture.rows(
                                n,
                                source.fraction(),
                                data.faithful() ? seed : StepPlanner.derivedSeed("fraction/" + source.lastName(), seed),
                                data.faithful());
                long distinct = Math.min(n, rows.length);
                counts.notDrawn(name(source), n - distinct);
                counts.repeated(name(source), rows.length - distinct);
                for (int r = 0; r < rows.length; r++) {
                    rows[r] += first;
                }
                orders.add(rows);
            }
            Integer subset = select == null ? null : select.pairs();
            if (subset != null) {
                drawSubset(subset, orders, sources, counts);
            }
            for (int s = 0; s < orders.size(); s++) {
                for (int row : orders.get(s)) {
                    counts.tokens(name(sources.get(s)), sink.tokens().supervised[row], sink.tokens().context[row]);
                }
            }
            counts.check();
            counts.checkShare(data.setAsideShare());
            counts.checkMasks(!data.lossOn().equals("all"));
            int[] order = orders.stream().flatMapToInt(Arrays::stream).toArray();
            if (order.length == 0) {
                throw new BadInput(
                        sources.stream().map(StageRecipe.Source::path).toList()
                                + ": expected rows to train on, found none that can be used: " + counts.toJson());
            }
            if (data.faithful() && !inOrder) {
                order = permuted(order, seed); // the sources laid end to end are shuffled once more, by the same seed
            }
            return new DataCache.Built(
                    order,
                    writer.digest(),
                    counts,
                    kind.equals("pairs") ? sink.tokens().margins(writer.size()) : null);
        }
    }

    private static int[] permuted(int[] rows, long seed) {
        return Arrays.stream(Permutation.of(seed, rows.length))
                .map(i -> rows[i])
                .toArray();
    }

    /** A file's rows; documents of a plain text too where the recipe reads documents. */
    static RowReader open(Path file, StageRecipe.Data data) {
        StageRecipe.Text text = data.text();
        return text == null ? RowFiles.open(file) : RowFiles.openTexts(file, text.column(), text.separator());
    }

    private static String name(StageRecipe.Source source) {
        return source.path() + (source.split() == null ? "" : "#" + source.split());
    }

    /** A row on its way: its tree, or why there is none, or the error that ends the run. */
    private record Outcome(
            RowEncoder.@Nullable Encoded encoded,
            String reason,
            @Nullable BadInput error) {}

    /** Tokens and margin of every tree written so far: three numbers a tree, for the ledger counts what is drawn. */
    private static final class TokenCounts {
        private int[] supervised = new int[1024];
        private int[] context = new int[1024];
        private double[] margins = new double[1024];
        private int size;

        double[] margins(int trees) {
            return Arrays.copyOf(margins, trees);
        }

        void add(PromptTree tree, double margin) {
            if (size == supervised.length) {
                supervised = Arrays.copyOf(supervised, 2 * size);
                context = Arrays.copyOf(context, 2 * size);
                margins = Arrays.copyOf(margins, 2 * size);
            }
            margins[size] = margin;
            supervised[size] = tree.supervisedTokens();
            context[size] = tree.length() - supervised[size];
            size++;
        }
    }

    /** Where rows go. */
    private record Sink(Seen seen, TreeStore.Writer writer, Ledger counts, TokenCounts tokens) {
        /** Keeps a row or sets it aside. */
        void take(String source, Outcome outcome) throws IOException {
            counts.read(source);
            if (outcome.error() != null) {
                throw outcome.error();
            }
            RowEncoder.Encoded encoded = outcome.encoded();
            String reason = encoded == null ? outcome.reason() : seen.reasonAgainst(encoded);
            if (reason != null || encoded == null) {
                counts.setAside(source, String.valueOf(reason));
                return;
            }
            writer.add(encoded.tree());
            tokens.add(encoded.tree(), encoded.margin());
            counts.keep(source);
            counts.layout(source, encoded.layout());
            if (encoded.cut()) {
                counts.cut(source);
            }
        }
    }

    /** So many of all sources' rows, in their order. */
    private void drawSubset(int size, List<int[]> orders, List<StageRecipe.Source> sources, Ledger counts) {
        int all = orders.stream().mapToInt(rows -> rows.length).sum();
        if (size > all) {
            throw new BadInput("data.select.pairs: expected at most " + all + ", the pairs there are, found " + size);
        }
        long stream = StepPlanner.derivedSeed("subset", seed);
        boolean[] drawn = new boolean[all];
        int[] order = Mixture.shuffled(all, stream);
        for (int i = 0; i < size; i++) {
            drawn[order[i]] = true;
        }
        int at = 0;
        for (int s = 0; s < orders.size(); s++) {
            int[] rows = orders.get(s);
            int from = at;
            int[] kept = IntStream.range(0, rows.length)
                    .filter(r -> drawn[from + r])
                    .map(r -> rows[r])
                    .toArray();
            long before = Arrays.stream(rows).distinct().count();
            long after = Arrays.stream(kept).distinct().count();
            counts.notInSubset(name(sources.get(s)), before - after);
            counts.repeated(name(sources.get(s)), (kept.length - after) - (rows.length - before));
            orders.set(s, kept);
            at += rows.length;
        }
    }

    private static Outcome encoded(
            RowReader.Row row,
            Path file,
            StageRecipe.Source source,
            String kind,
            RowEncoder encoder,
            @Nullable SelectRecipe select) {
        JsonNode value = row.value();
        if (value == null || !value.isObject()) {
            return new Outcome(null, value == null ? unreadable(row.error()) : "not an object", null);
        }
        String id = file + ":" + row.number();
        try {
            return new Outcome(
                    switch (kind) {
                        case "pairs" -> encoder.pair(value, id, select);
                        case "documents" -> encoder.text(value, id);
                        default -> encoder.document(value, id, source.layout());
                    },
                    "",
                    null);
        } catch (ChatRows.Unusable e) {
            return new Outcome(null, String.valueOf(e.getMessage()), null);
        } catch (BadInput e) {
            return new Outcome(null, "", e); // thrown in the rows' order, whichever core met it first
        }
    }

    private void readFile(Path file, StageRecipe.Source source, Function<RowReader.Row, Outcome> encode, Sink sink)
            throws IOException {
        String name = name(source);
        long said = System.nanoTime();
        long count = 0;
        boolean any = false;
        try (RowReader rows = open(file, data)) {
            List<RowReader.Row> chunk = new ArrayList<>(CHUNK);
            for (RowReader.Row row = rows.next(); ; row = rows.next()) {
                if (row != null) {
                    chunk.add(row);
                    any = true;
                }
                if (row == null || chunk.size() == CHUNK) {
                    for (Outcome outcome : chunk.parallelStream().map(encode).toList()) {
                        sink.take(name, outcome);
                    }
                    count += chunk.size();
                    if (System.nanoTime() - said > SAY_NANOS) {
                        said = System.nanoTime();
                        LOG.info("{}: {} rows encoded", file, count);
                    }
                    chunk.clear();
                }
                if (row == null) {
                    break;
                }
            }
        }
        if (!any) {
            throw new BadInput(file + ": expected rows, found an empty file");
        }
    }

    /** A reader's error as a reason to count: without the place in the row. */
    private static String unreadable(@Nullable String error) {
        String text = String.valueOf(error);
        return text.contains("UTF-8")
                ? "not UTF-8"
                : text.contains("not finite") ? "a number that is not finite" : "not JSON";
    }

    /** What was read before, and what must not be trained on. */
    private static final class Seen {
        private final @Nullable Set<ByteBuffer> keys;
        private final @Nullable NearDuplicates near;
        private final @Nullable Decontamination benchmarks;

        Seen(StageRecipe.Data data) {
            keys = data.deduplicate() ? new HashSet<>() : null;
            Double threshold = data.nearDuplicates();
            near = threshold == null ? null : new NearDuplicates(threshold);
            benchmarks = data.decontaminate().isEmpty()
                    ? null
                    : new Decontamination(
                            data.decontaminate().stream().map(Path::of).toList());
        }

        @Nullable
        String reasonAgainst(RowEncoder.Encoded row) {
            // Sixteen bytes of a SHA-256 are more than enough to tell rows apart, and half the memory.
            if (keys != null && !keys.add(ByteBuffer.wrap(Arrays.copyOf(row.key(), 16)))) {
                return Ledger.DUPLICATE;
            }
            if (benchmarks != null && benchmarks.contaminated(row.words())) {
                return "holds a benchmark's prompt";
            }
            return near != null && near.seen(row.words()) ? "near duplicate" : null;
        }
    }

    /**
     * Documents as the recipe's packing lays them out.
     *
     * @param context the model's longest sequence
     */
    TrainingTask packed(List<PromptTree> documents, int context, StageRecipe.Train train) {
        switch (data.packing()) {
            case "wrap" -> {
                return windows(data.faithful() ? unrolled(documents, train.epochs()) : documents, data.faithful());
            }
            case "none" -> {
                return new SftTask(documents, SftTask.Layout.PADDED);
            }
            default -> {
                if (!data.isolation() && train.microBatchTokens() > context) {
                    throw new BadInput("train.micro_batch_tokens: expected at most " + context
                            + ", the model's context, when documents see each other (data.isolation: false), found "
                            + train.microBatchTokens());
                }
                return new SftTask(documents, data.isolation() ? SftTask.Layout.ISOLATED : SftTask.Layout.JOINED);
            }
        }
    }

    /** Held-out conversations: windows where those that are trained on are windows, else each by itself. */
    TrainingTask heldOut(List<PromptTree> documents) {
        return data.packing().equals("wrap") ? windows(documents, false) : new SftTask(documents);
    }

    private WindowTask windows(List<PromptTree> documents, boolean faithful) {
        int[] lengths = documents.stream().mapToInt(PromptTree::length).toArray();
        List<WrapPacking.Window> windows = WrapPacking.windows(lengths, longest, faithful);
        List<PromptTree> sources = faithful ? LionMasks.byMarkers(documents, windows, text) : documents;
        return new WindowTask(
                sources,
                supervised(sources, windows, faithful),
                data.isolation(),
                data.positions().equals("running"));
    }

    /** All epochs' documents, shuffled as one before they are packed (LION.md 2.6); they are trained on in one epoch then. */
    List<PromptTree> unrolled(List<PromptTree> documents, double epochs) {
        if (epochs == 1) {
            return documents;
        }
        int n = documents.size();
        return Arrays.stream(Permutation.of(seed, Math.multiplyExact(n, (int) epochs)))
                .mapToObj(i -> documents.get(i % n))
                .toList();
    }

    /** Windows worth a step: the original leaves out those with less than a tenth of their labels, Lion those with none. */
    private List<WrapPacking.Window> supervised(
            List<PromptTree> documents, List<WrapPacking.Window> windows, boolean faithful) {
        List<WrapPacking.Window> kept = new ArrayList<>();
        for (WrapPacking.Window window : windows) {
            long labels = 0;
            for (WrapPacking.Fragment fragment : window.fragments()) {
                boolean[] flags =
                        documents.get(fragment.document()).nodes().get(0).supervised();
                // The original counts labels before it shifts them; a fragment's first token has no predecessor to be
                // trained from.
                for (int i = fragment.from() + (faithful ? 0 : 1); i < fragment.to(); i++) {
                    labels += flags[i] ? 1 : 0;
                }
            }
            if (faithful ? labels * 10 >= window.length() : labels > 0) {
                kept.add(window);
            } else {
                ledger.droppedWindow();
            }
        }
        return kept;
    }
}
