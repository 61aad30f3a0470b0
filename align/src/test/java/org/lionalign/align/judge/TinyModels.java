package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.json.Json;

/** The golden models of 80 tokens with a tokenizer of words {@code w0 … w69} and a template that writes a line break, which is a token, after the stop token. */
final class TinyModels {
    private static final Path GOLDEN =
            Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden/models");
    private static final List<String> SPECIAL = List.of("<s>", "</s>", "<user>", "<assistant>", "\n");

    private TinyModels() {}

    /** A folder with the weights of a golden model. */
    static Path folder(Path parent, String golden) {
        try {
            Path folder = Files.createDirectories(parent.resolve(golden));
            for (String name : List.of("config.json", "model.safetensors")) {
                Files.copy(GOLDEN.resolve(golden).resolve(name), folder.resolve(name));
            }
            Files.writeString(folder.resolve("tokenizer.json"), tokenizer());
            ObjectNode config = Json.object().put("bos_token", "<s>").put("eos_token", "</s>");
            config.put(
                    "chat_template",
                    "{{ bos_token }}{% for m in messages %}{% if m['role'] == 'system' %}{{ raise_exception('no system turn') }}"
                            + "{% endif %}{{ '<' + m['role'] + '>' }}{{ m['content'] }}{{ eos_token }}{{ '\\n' }}{% endfor %}"
                            + "{% if add_generation_prompt %}{{ '<assistant>' }}{% endif %}");
            Files.writeString(folder.resolve("tokenizer_config.json"), Json.write(config));
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String tokenizer() {
        ObjectNode root = Json.object().put("version", "1.0");
        ArrayNode added = root.putArray("added_tokens");
        ObjectNode vocabulary = Json.object();
        int id = 1; // ids 1 and 2 are the config's beginning and end
        for (String token : SPECIAL) {
            added.addObject()
                    .put("id", id)
                    .put("content", token)
                    .put("single_word", false)
                    .put("lstrip", false)
                    .put("rstrip", false)
                    .put("normalized", false)
                    .put("special", !token.equals("\n"));
            vocabulary.put(token, id++);
        }
        vocabulary.put("[UNK]", id++);
        for (int w = 0; w < 70; w++) {
            vocabulary.put("w" + w, id++);
        }
        root.putObject("pre_tokenizer").put("type", "WhitespaceSplit");
        ObjectNode model = root.putObject("model").put("type", "WordLevel").put("unk_token", "[UNK]");
        model.set("vocab", vocabulary);
        return Json.write(root);
    }

    /** That many words. */
    static String words(SplittableRandom random, int n) {
        return IntStream.range(0, n).mapToObj(i -> "w" + random.nextInt(70)).collect(Collectors.joining(" "));
    }

    static Question question(String id, String prompt, String... answers) {
        return new Question(id, Conversation.of(new Message("user", prompt)), List.of(answers), Json.object());
    }
}
