package org.lionalign.cli;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.lionalign.align.serve.ChatServer;
import org.lionalign.align.text.TextModel;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
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

    @Mixin
    private TemplateOption template = new TemplateOption();

    @Mixin
    private ComputeOptions compute = new ComputeOptions("auto");

    @Override
    public Integer call() throws InterruptedException {
        LoadOptions options = new LoadOptions(compute.dtype(), compute.device(), false, false);
        try (ChatServer server = new ChatServer(host, port)) {
            for (Path folder : models) {
                TextModel text = TextModel.open(folder, template.name);
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
