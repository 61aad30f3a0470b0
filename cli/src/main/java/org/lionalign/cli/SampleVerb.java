package org.lionalign.cli;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.remote.OpenAiEndpoint;
import org.lionalign.align.sample.AnswerStore;
import org.lionalign.align.sample.LocalSampler;
import org.lionalign.align.sample.Prompt;
import org.lionalign.align.sample.PromptRows;
import org.lionalign.align.sample.RemoteSampler;
import org.lionalign.align.sample.Replay;
import org.lionalign.align.sample.SampleLedger;
import org.lionalign.align.sample.Sampler;
import org.lionalign.align.sample.Sampling;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.SampleRecipe;
import org.lionalign.core.recipe.ServerRecipe;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.torch.model.CausalLm;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lion sample}. */
@Command(
        name = "sample",
        mixinStandardHelpOptions = true,
        description = "Several answers to each prompt, from a model in process or a server, for judges and pairs.",
        footer = {
            "",
            "Prompts: rows with prompt (text or messages), messages (without the assistant's last turn), or preference pairs.",
            "A kill loses and repeats nothing: the same command continues, and asks a server again for what it failed to give.",
            "With -n 5 --batch 5 an answer is, bit for bit, a function of weights, prompt, seed and index; larger batches are faster,",
            "and it depends on the prompts that were decoded with it as well.",
            "",
            "Examples:",
            "  ./lion sample --model runs/dpo/model --prompts prompts.jsonl --out answers -n 5",
            "  ./lion sample --server http://localhost:8000/v1 --server-model lion --prompts prompts.jsonl --out answers"
        })
final class SampleVerb implements Callable<Integer> {
    @Option(names = "--model", paramLabel = "DIR", description = "model folder in Hugging Face layout")
    private @Nullable Path model;

    @Mixin
    private TemplateOption template = new TemplateOption();

    @Mixin
    private ComputeOptions compute = new ComputeOptions("auto");

    @Option(
            names = "--server",
            paramLabel = "URL",
            description = "OpenAI-compatible server instead, up to and without /chat/completions")
    private @Nullable String server;

    @Option(names = "--server-model", paramLabel = "NAME", description = "the server's name of the model")
    private @Nullable String serverModel;

    @Option(names = "--concurrency", description = "requests at the same time (default: 8)")
    private @Nullable Integer concurrency;

    @Option(names = "--timeout", paramLabel = "SECONDS", description = "of one request (default: 120)")
    private @Nullable Integer timeout;

    @Option(names = "--retries", description = "after a 429, 5xx and the like (default: 5)")
    private @Nullable Integer retries;

    @Option(
            names = "--key-variable",
            paramLabel = "NAME",
            description = "environment variable that holds the key (default: OPENAI_API_KEY)")
    private @Nullable String keyVariable;

    @Option(
            names = "--failed-share",
            paramLabel = "SHARE",
            description =
                    "exit code 4 when the server fails to give more than this share of the answers (default: 0.05)")
    private @Nullable Double failedShare;

    @Option(
            names = "--prompts",
            required = true,
            arity = "1..*",
            paramLabel = "FILE|DIR[#SPLIT]",
            description = "sources of prompts")
    private List<String> prompts = new ArrayList<>();

    @Option(names = "--limit", paramLabel = "N", description = "the first N of the seeded order (default: all)")
    private @Nullable Integer limit;

    @Option(
            names = "--out",
            required = true,
            paramLabel = "DIR|FILE.jsonl",
            description = "rows, store and ledger go here; the same command again continues")
    private Path out = Path.of("answers");

    @Option(
            names = {"-n", "--n"},
            description = "answers for each prompt (default: 5)")
    private @Nullable Integer n;

    @Option(names = "--temperature", description = "0 is greedy (default: 0.8)")
    private @Nullable Double temperature;

    @Option(names = "--top-p", description = "nucleus mass (default: 1, all)")
    private @Nullable Double topP;

    @Option(names = "--top-k", description = "most likely tokens only; 0 (default) for all; not with a server")
    private @Nullable Integer topK;

    @Option(names = "--max-new-tokens", description = "longest answer (default: 512)")
    private @Nullable Integer maxNewTokens;

    @Option(names = "--stop", paramLabel = "TEXT", description = "a text that ends an answer; may be repeated")
    private List<String> stop = new ArrayList<>();

    @Option(names = "--batch", description = "answers decoded together at most (default: 80); not with a server")
    private @Nullable Integer batch;

    @Option(names = "--seed", defaultValue = "42", description = "default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(
            names = "--replay",
            paramLabel = "N",
            defaultValue = "0",
            description =
                    "afterwards draw the answers of N stored prompts again and compare bit for bit; not with a server")
    private int replay;

    @Override
    public Integer call() {
        if ((model == null) == (server == null)) {
            throw new BadInput("expected --model or --server, found " + (model == null ? "neither" : "both"));
        }
        if (server == null
                && (serverModel != null
                        || concurrency != null
                        || timeout != null
                        || retries != null
                        || keyVariable != null
                        || failedShare != null)) {
            throw new BadInput(
                    "--server-model, --concurrency, --timeout, --retries, --key-variable, --failed-share: expected --server too");
        }
        if (server != null && (template.name != null || replay > 0)) {
            throw new BadInput("--template, --replay: expected --model, found --server");
        }
        PromptRows.Read read =
                PromptRows.read(prompts.stream().map(SampleVerb::source).toList(), limit, seed);
        if (read.prompts().isEmpty()) {
            throw new BadInput(prompts + ": expected prompts, found none that can be used: "
                    + read.ledger().toJson());
        }
        try (Interruption interruption = new Interruption()) {
            return server == null ? local(read, interruption) : remote(read, interruption);
        }
    }

    static StageRecipe.Source source(String text) {
        int split = text.lastIndexOf('#');
        return split < 0
                ? new StageRecipe.Source(text, null, null, null)
                : new StageRecipe.Source(text.substring(0, split), text.substring(split + 1), null, null);
    }

    @SuppressWarnings("NullAway") // null asks for the default
    private SampleRecipe recipe(@Nullable ServerRecipe at) {
        return new SampleRecipe(n, temperature, topP, topK, maxNewTokens, stop, batch, at, failedShare);
    }

    private int local(PromptRows.Read read, Interruption interruption) {
        ModelOptions options = new ModelOptions();
        options.model = model == null ? options.model : model;
        options.template = template;
        options.compute = compute;
        try (CausalLm loaded = options.load()) {
            SampleRecipe recipe = recipe(null);
            LocalSampler sampler = new LocalSampler(loaded, options.text(), recipe, seed, compute.name());
            AnswerStore store = new AnswerStore(beside("store.jsonl"));
            int code = sample(sampler, recipe, store, read, interruption);
            return code != 0 || replay == 0 ? code : replayed(sampler, store, read.prompts());
        }
    }

    @SuppressWarnings("NullAway") // null asks for the default; a missing name is refused by the record
    private int remote(PromptRows.Read read, Interruption interruption) {
        ServerRecipe at = new ServerRecipe(server, serverModel, keyVariable, timeout, retries, concurrency);
        try (OpenAiEndpoint endpoint = OpenAiEndpoint.open(at)) {
            SampleRecipe recipe = recipe(at);
            RemoteSampler sampler = new RemoteSampler(endpoint, at.model(), recipe, seed);
            return sample(sampler, recipe, new AnswerStore(beside("store.jsonl")), read, interruption);
        }
    }

    private int sample(
            Sampler sampler, SampleRecipe recipe, AnswerStore store, PromptRows.Read read, Interruption interruption) {
        Sampling sampling = new Sampling(sampler, store);
        int before = store.size();
        long start = System.nanoTime();
        boolean finished;
        try (Progress progress = Progress.start("sample", read.prompts().size())) {
            int[] shown = {0};
            finished = sampling.run(
                    read.prompts(),
                    done -> {
                        for (; shown[0] < done; shown[0]++) {
                            progress.step();
                        }
                    },
                    interruption);
        }
        double seconds = (System.nanoTime() - start) / 1e9;
        int drawn = store.size() - before;
        if (!finished) {
            System.err.println("lion: interrupted; " + drawn + " answers are stored, and the same command continues");
            return 130;
        }
        SampleLedger ledger = sampling.write(read.prompts(), beside("answers.jsonl"));
        ObjectNode all = Json.object();
        all.set("rows", read.ledger().toJson());
        all.set("sampling", ledger.toJson());
        AtomicFiles.write(beside("ledger.json"), all.toPrettyString() + "\n");
        ObjectNode shown = ledger.toJson();
        shown.remove(List.of("lacking", "refused_prompts")); // they are named in the ledger
        System.out.println(shown.toPrettyString());
        System.err.printf(
                Locale.ROOT,
                "lion: %d answers drawn in %.1f s (%.1f a second); rows are in %s, what became of every prompt in %s%n",
                drawn,
                seconds,
                drawn / seconds,
                beside("answers.jsonl"),
                beside("ledger.json"));
        if (ledger.failed() > 0) {
            System.err.println("lion: " + ledger.said() + "; the same command asks again for what failed alone");
        }
        ledger.refuseFailures(recipe.failedShare(), beside("answers.jsonl"));
        return 0;
    }

    /** {@code DIR/name}; for {@code FILE.jsonl} the rows are the file, and the rest stands beside it. */
    private Path beside(String name) {
        String file = String.valueOf(out.getFileName());
        if (!file.endsWith(".jsonl")) {
            return out.resolve(name);
        }
        return name.equals("answers.jsonl")
                ? out
                : out.resolveSibling(file.substring(0, file.length() - ".jsonl".length()) + "." + name);
    }

    private int replayed(LocalSampler sampler, AnswerStore store, List<Prompt> all) {
        Sampling sampling = new Sampling(sampler, store);
        List<Prompt> answered =
                all.stream().filter(p -> store.has(sampling.key(p, 0))).toList();
        int wanted = Math.min(replay, answered.size());
        int same = 0;
        for (int i = 0; i < wanted; i++) {
            Prompt prompt = answered.get((int) ((long) i * answered.size() / wanted));
            same += Replay.same(store, sampling.key(prompt, i % sampler.answers()), sampler) ? 1 : 0;
        }
        System.err.println("lion: " + same + " of " + wanted + " answers came back bit for bit");
        return same == wanted ? 0 : 4;
    }
}
