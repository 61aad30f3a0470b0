package org.lionalign.align.eval.run;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.remote.CachingEndpoint;
import org.lionalign.align.remote.ChatEndpoint;
import org.lionalign.align.remote.OpenAiEndpoint;
import org.lionalign.align.remote.ReplayEndpoint;
import org.lionalign.align.remote.ServedModels;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.hub.HubPaths;
import org.lionalign.core.json.JsonLines;
import org.lionalign.core.recipe.ServerRecipe;
import org.lionalign.torch.model.LoadOptions;

/**
 * Who judges a suite's answers: {@code URL[,MODEL]} of an OpenAI-compatible server, {@code replay:FILE[,MODEL]} of recorded replies, or a
 * model folder.
 *
 * @param at address, file or folder
 * @param model the judge's name of its model; null to ask the server, or to take the first recorded request's
 */
public record JudgeSource(Kind kind, String at, @Nullable String model) {
    private static final String REPLAY = "replay:";

    /** Where replies come from. */
    public enum Kind {
        SERVER,
        REPLAY,
        FOLDER
    }

    /** @param where the option or key that says it, for errors */
    public static JudgeSource parse(String spec, String where) {
        if (spec.matches("https?://.+")) {
            int comma = spec.indexOf(',');
            return comma < 0
                    ? new JudgeSource(Kind.SERVER, spec, null)
                    : new JudgeSource(Kind.SERVER, spec.substring(0, comma), spec.substring(comma + 1));
        }
        if (spec.startsWith(REPLAY)) {
            String file = spec.substring(REPLAY.length());
            int comma = Files.exists(Path.of(file)) ? -1 : file.lastIndexOf(',');
            JudgeSource source = comma < 0
                    ? new JudgeSource(Kind.REPLAY, file, null)
                    : new JudgeSource(Kind.REPLAY, file.substring(0, comma), file.substring(comma + 1));
            if (!Files.isRegularFile(Path.of(source.at))) {
                throw new BadInput(where + ": " + source.at + ": no such file");
            }
            return source;
        }
        if (!Files.isDirectory(Path.of(spec))) {
            throw new BadInput(where
                    + ": expected URL[,MODEL], replay:FILE[,MODEL] or a model folder that is there, found " + spec);
        }
        return new JudgeSource(Kind.FOLDER, spec, null);
    }

    /** A judge that answers. */
    public record Opened(ChatEndpoint endpoint, String model) implements AutoCloseable {
        @Override
        public void close() {
            endpoint.close();
        }
    }

    /**
     * Opens it.
     *
     * @param replies file where a server's replies are kept, in the form that {@code replay:} reads
     * @param options how a model folder is computed
     */
    public Opened open(Path replies, LoadOptions options) {
        return switch (kind) {
            case SERVER -> {
                ServerRecipe server = server(model == null ? "" : model);
                String name = model == null ? ServedModels.only(at, server.keyVariable()) : model;
                yield new Opened(new CachingEndpoint(OpenAiEndpoint.open(server), replies), name);
            }
            case REPLAY -> new Opened(new ReplayEndpoint(Path.of(at)), model == null ? recorded(Path.of(at)) : model);
            case FOLDER -> {
                Path folder = Path.of(at);
                String name = String.valueOf(HubPaths.named(folder).getFileName());
                Contender judge = Contender.load(name, folder, null, options);
                if (!judge.text().hasTemplate()) {
                    judge.close();
                    throw new BadInput(at + ": expected a judge with a chat template, found none in this folder");
                }
                yield new Opened(new LocalJudge(judge), name);
            }
        };
    }

    @SuppressWarnings("NullAway") // null asks for the default
    private ServerRecipe server(String name) {
        return new ServerRecipe(at, name, null, null, null, null);
    }

    /** The model that the first recorded request asked for. */
    private static String recorded(Path file) {
        try (JsonLines lines = JsonLines.open(file)) {
            for (JsonLines.Row row : lines) {
                JsonNode name = row.value().path("request").path("model");
                if (name.isTextual()) {
                    return name.textValue();
                }
            }
        }
        throw new BadInput(file + ": expected recorded requests with their model, or replay:FILE,MODEL, found none");
    }
}
