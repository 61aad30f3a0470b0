package org.lionalign.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.serve.ChatServer;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.error.BadInput;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code lion serve}. */
@Command(
        name = "serve",
        mixinStandardHelpOptions = true,
        description =
                "Serves models: OpenAI-compatible /v1/chat/completions, and a chat page that shows two side by side.",
        footer = {
            "",
            "Only programs on this machine reach it unless --host says otherwise.",
            "",
            "Examples:",
            "  ./lion serve --model runs/quickstart/models/online",
            "  ./lion serve --model runs/sft/model --model runs/dpo/model --port 8080"
        })
final class ServeVerb implements Callable<Integer> {
    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "model folder; may be repeated, and two can be compared on the page")
    private List<Path> models = new ArrayList<>();

    @Option(names = "--host", defaultValue = "127.0.0.1", description = "address to listen on (default: loopback)")
    private String host = "127.0.0.1";

    @Option(names = "--port", defaultValue = "8000", description = "0 for any free one (default: ${DEFAULT-VALUE})")
    private int port;

    @Option(
            names = "--template",
            paramLabel = "FILE|chatml|plain",
            description = "chat template instead of the models' own")
    @Nullable
    private String template;

    @Option(
            names = "--dtype",
            defaultValue = "bf16",
            paramLabel = "f32|bf16",
            description = "default: ${DEFAULT-VALUE}")
    private String dtype = "bf16";

    @Option(names = "--device", defaultValue = "cpu", paramLabel = "cpu|cuda:N|auto", description = "default: cpu")
    private String device = "cpu";

    @Override
    public Integer call() throws InterruptedException {
        if (!dtype.equals("f32") && !dtype.equals("bf16")) {
            throw new BadInput("--dtype: expected f32 or bf16, found " + dtype);
        }
        LoadOptions options =
                new LoadOptions(dtype.equals("f32") ? Dtype.F32 : Dtype.BF16, Device.parse(device), false, false);
        try (ChatServer server = new ChatServer(host, port)) {
            for (Path folder : models) {
                TextModel text = TextModel.open(folder, template);
                if (!text.hasTemplate()) {
                    System.err.println("lion: " + folder
                            + " has no chat template; the last turn is continued as plain text (--template to choose)");
                    text = TextModel.open(folder, "plain");
                }
                server.add(folder, text, CausalLm.load(folder, options));
            }
            server.start();
            System.out.println("lion: serving " + String.join(", ", server.names()) + " at http://" + host + ":"
                    + server.port() + "/ (the API at /v1); Ctrl-C ends it");
            new CountDownLatch(1).await();
        }
        return 0;
    }
}
