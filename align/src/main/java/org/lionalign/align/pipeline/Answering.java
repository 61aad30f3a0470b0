package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.remote.OpenAiEndpoint;
import org.lionalign.align.sample.AnswerStore;
import org.lionalign.align.sample.LocalSampler;
import org.lionalign.align.sample.Prompt;
import org.lionalign.align.sample.PromptRows;
import org.lionalign.align.sample.RemoteSampler;
import org.lionalign.align.sample.SampleLedger;
import org.lionalign.align.sample.Sampler;
import org.lionalign.align.sample.Sampling;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.recipe.SampleRecipe;
import org.lionalign.core.recipe.ServerRecipe;
import org.lionalign.core.recipe.StageRecipe;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;

/** A model answering prompts in a node's folder: {@code store.jsonl}, and {@code answers.jsonl} once all are there. */
final class Answering {
    private final Graph graph;

    Answering(Graph graph) {
        this.graph = graph;
    }

    /** Prompts of sources; an error when there are none. */
    static List<Prompt> prompts(List<StageRecipe.Source> sources, @Nullable Integer limit, long seed) {
        PromptRows.Read read = PromptRows.read(sources, limit, seed);
        if (read.prompts().isEmpty()) {
            throw new BadInput(sources.stream().map(StageRecipe.Source::path).toList()
                    + ": expected prompts, found none that can be used: "
                    + read.ledger().toJson());
        }
        return read.prompts();
    }

    CausalLm load(Path folder) {
        return CausalLm.load(folder, new LoadOptions(graph.compute(), graph.device(), false, false));
    }

    TextModel text(Path folder) {
        return TextModel.open(folder, graph.base().template());
    }

    /** @return the ledger of answers, or null when interrupted */
    @Nullable
    ObjectNode answer(
            Path policy,
            SampleRecipe recipe,
            List<Prompt> prompts,
            long seed,
            Path folder,
            Node.Progress progress,
            BooleanSupplier interrupted) {
        ServerRecipe server = recipe.server();
        if (server != null) {
            try (OpenAiEndpoint endpoint = OpenAiEndpoint.open(server)) {
                return run(
                        new RemoteSampler(endpoint, server.model(), recipe, seed),
                        recipe.failedShare(),
                        prompts,
                        folder,
                        progress,
                        interrupted);
            }
        }
        try (CausalLm model = load(policy)) {
            return run(
                    new LocalSampler(
                            model, text(policy), recipe, seed, graph.base().compute()),
                    null,
                    prompts,
                    folder,
                    progress,
                    interrupted);
        }
    }

    private static @Nullable ObjectNode run(
            Sampler sampler,
            @Nullable Double failedShare,
            List<Prompt> prompts,
            Path folder,
            Node.Progress progress,
            BooleanSupplier interrupted) {
        Sampling sampling = new Sampling(sampler, new AnswerStore(folder.resolve("store.jsonl")));
        if (!sampling.run(prompts, done -> progress.at(done, prompts.size(), "prompts"), interrupted)) {
            return null;
        }
        SampleLedger ledger = sampling.write(prompts, folder.resolve("answers.jsonl"));
        AtomicFiles.write(folder.resolve("sample-ledger.json"), ledger.toJson().toPrettyString() + "\n");
        // Complete, what lacks answers would be found again for ever; a server that was silent may be there the next
        // time.
        ledger.refuseFailures(failedShare, folder);
        if (ledger.answers() == 0) {
            throw new BadInput(folder + ": expected answers, found none: " + ledger.toJson());
        }
        return ledger.toJson().put("say", ledger.said());
    }
}
