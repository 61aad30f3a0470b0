package org.lionalign.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.json.Json;
import org.lionalign.core.tokenizer.StreamingDecoder;
import org.lionalign.torch.model.Answer;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.Generator;
import org.lionalign.torch.model.SamplingOptions;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code lion chat}. */
@Command(
        name = "chat",
        mixinStandardHelpOptions = true,
        description = "A conversation in the terminal, streamed.",
        footer = {
            "",
            "In the conversation: /reset begins anew, /system TEXT sets the system turn and begins anew, /save FILE writes the",
            "conversation as one JSON row, /help lists these, /quit (or end of input) leaves.",
            "",
            "Example:",
            "  ./lion chat --model models/cub"
        })
final class ChatVerb implements Runnable {
    @Mixin
    private ModelOptions model = new ModelOptions();

    @Option(names = "--temperature", defaultValue = "0.7", description = "0 is greedy (default: ${DEFAULT-VALUE})")
    private double temperature;

    @Option(names = "--top-p", defaultValue = "0.95", description = "default: ${DEFAULT-VALUE}")
    private double topP;

    @Option(
            names = "--max-new-tokens",
            defaultValue = "512",
            description = "longest answer (default: ${DEFAULT-VALUE})")
    private int maxNewTokens;

    @Option(names = "--seed", defaultValue = "0", description = "default: ${DEFAULT-VALUE}")
    private long seed;

    @Option(names = "--system", paramLabel = "TEXT", defaultValue = "", description = "system turn")
    private String system = "";

    private final List<Message> turns = new ArrayList<>();

    @Override
    public void run() {
        TextModel text = model.text();
        if (!text.hasTemplate()) {
            System.err.println("lion: " + model.model
                    + " has no chat template; plain continuation is used (--template to choose)");
            text = TextModel.open(model.model, "plain");
        }
        reset();
        try (CausalLm loaded = model.load();
                BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
            boolean terminal = Terminal.input();
            while (true) {
                if (terminal) {
                    out.print("> ");
                    out.flush();
                }
                String line = in.readLine();
                if (line == null || line.strip().equals("/quit")) {
                    return;
                }
                if (line.strip().startsWith("/")) {
                    command(line.strip(), out);
                } else if (!line.isBlank()) {
                    answer(line, text, loaded, out);
                }
            }
        } catch (IOException e) {
            throw new BadInput("standard input: " + e.getMessage(), e);
        }
    }

    private void reset() {
        turns.clear();
        if (!system.isEmpty()) {
            turns.add(new Message("system", system));
        }
    }

    private void command(String line, PrintStream out) {
        String[] words = line.split("\\s+", 2);
        String argument = words.length > 1 ? words[1] : "";
        switch (words[0]) {
            case "/reset" -> {
                reset();
                out.println("(new conversation)");
            }
            case "/system" -> {
                system = argument;
                reset();
                out.println(
                        system.isEmpty()
                                ? "(no system turn; new conversation)"
                                : "(system turn set; new conversation)");
            }
            case "/save" -> {
                if (argument.isBlank()) {
                    out.println("(/save needs a file name)");
                    return;
                }
                AtomicFiles.write(Path.of(argument), Json.write(new Conversation(turns).toContext(false)) + "\n");
                out.println("(saved to " + argument + ")");
            }
            default -> out.println("/reset  /system TEXT  /save FILE  /quit");
        }
    }

    private void answer(String line, TextModel text, CausalLm loaded, PrintStream out) {
        turns.add(new Message("user", line));
        int[] prompt = text.promptIds(new Conversation(turns));
        int first = turns.get(0).role().equals("system") ? 1 : 0;
        while (prompt.length >= loaded.config().longestSequence() - 16 && turns.size() - first > 2) {
            turns.remove(first); // the oldest question and its answer leave together
            turns.remove(first);
            out.println("(the conversation outgrew the model's context; its oldest turns are forgotten)");
            prompt = text.promptIds(new Conversation(turns));
        }
        SamplingOptions options =
                new SamplingOptions(1, temperature, topP, 0, maxNewTokens, seed + turns.size(), text.stops(), 1);
        StreamingDecoder decoder = new StreamingDecoder(text.tokenizer());
        List<Answer> answers = new ArrayList<>();
        try {
            new Generator(loaded, options)
                    .generate(
                            List.of(prompt),
                            (p, a, id) -> {
                                out.print(decoder.push(id));
                                out.flush();
                                return true;
                            },
                            (p, all) -> answers.addAll(all));
        } catch (BadInput e) {
            turns.remove(turns.size() - 1);
            out.println("(" + e.getMessage() + ")");
            return;
        }
        out.println(answers.get(0).finish().equals("length") ? " …" : "");
        turns.add(
                new Message("assistant", text.tokenizer().decode(answers.get(0).ids(), true)));
    }
}
