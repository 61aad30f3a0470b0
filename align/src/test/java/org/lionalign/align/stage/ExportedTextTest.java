package org.lionalign.align.stage;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.align.text.TextModel;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.StageRecipe;

/** What is trained renders and stops the same once it is loaded from its files alone (PITFALLS 6, 7; LION.md X4). */
class ExportedTextTest {
    private static final Path GOLDEN =
            Path.of(System.getProperty("lion.root", ".."), "align/src/test/resources/golden/export");

    /** Blocks on lines of their own, an end of turn that no file of the model names. */
    private static final String OTHER = """
            {{ bos_token }}
            {%- for m in messages %}
            [{{ m['role'] | upper }}]{{ '\\n' }}{{ m['content'] | trim }}
                {%- if m['role'] == 'assistant' %}
            {{ '<|im_end|>' }}
                {%- endif %}
            {{ '\\n' }}
            {%- endfor %}
            {%- if add_generation_prompt %}
            [ASSISTANT]{{ '\\n' }}{% endif %}
            """;

    @TempDir
    Path dir;

    /** A model whose files know neither ChatML nor its end of turn. */
    private Path base(@Nullable String ownTemplate) throws IOException {
        Path model = TinyModel.write(dir.resolve("model"), 5);
        Files.delete(model.resolve("generation_config.json"));
        ObjectNode tokenizer = (ObjectNode) Json.read(model.resolve("tokenizer_config.json"));
        tokenizer.put("bos_token", "<|endoftext|>").put("eos_token", "<|endoftext|>");
        tokenizer.remove("chat_template");
        if (ownTemplate != null) {
            tokenizer.put("chat_template", ownTemplate);
        }
        Files.writeString(model.resolve("tokenizer_config.json"), tokenizer.toPrettyString());
        Files.writeString(
                model.resolve("special_tokens_map.json"),
                "{\"bos_token\": \"<|endoftext|>\", \"eos_token\": \"<|endoftext|>\", \"pad_token\": \"<|pad|>\"}");
        ObjectNode config = (ObjectNode) Json.read(model.resolve("config.json"));
        Files.writeString(
                model.resolve("config.json"),
                config.put("eos_token_id", 0).put("bos_token_id", 0).toPrettyString());
        return model;
    }

    private Path trained(Path model, @Nullable String template) throws IOException {
        Path rows = Files.writeString(
                dir.resolve("rows.jsonl"), "{\"prompt\": \"Say 1.\", \"completion\": \"It is 1.\"}\n");
        String yaml = "model: {path: '" + model + "', compute: f32"
                + (template == null ? "" : ", template: '" + template + "'") + "}\ndata: {train: ['" + rows
                + "'], max_length_tokens: 64}\ntrain: {max_steps: 1, examples_per_step: 1}\neval: {probe_prompts: 0}\n";
        StageRecipe recipe =
                RecipeReader.read(Files.writeString(dir.resolve("r.yaml"), yaml), List.of(), StageRecipe.class);
        Path run = dir.resolve("run");
        Objects.requireNonNull(Stage.sft(recipe, run).run((step, total, metrics) -> {}, () -> false));
        return run.resolve("model");
    }

    private String other() throws IOException {
        return Files.writeString(dir.resolve("other.jinja"), OTHER).toString();
    }

    private static Conversation conversation(JsonNode messages) {
        return TextModel.conversation(messages, Json.object(), "golden");
    }

    @ParameterizedTest
    @ValueSource(strings = {"chatml", "other", "replaced"})
    void theFolderAloneSaysWhatTheRecipeSaid(String name) throws IOException {
        Path model = base(name.equals("replaced") ? "{{ messages[0]['content'] }}" : null);
        String template = name.equals("chatml") ? name : other();
        TextModel before = TextModel.open(model, template);
        assertThat(before.stops()).containsExactly(0, 2);
        Path exported = trained(model, template);
        keep(exported, name);

        TextModel after = TextModel.open(exported, null);
        assertThat(after.template().source()).isEqualTo(before.template().source());
        assertThat(after.stops()).isEqualTo(before.stops());
        assertThat(Json.read(exported.resolve("tokenizer_config.json"))
                        .path("chat_template")
                        .asText())
                .isEqualTo(before.template().source());
        JsonNode eos = Json.read(exported.resolve("generation_config.json")).path("eos_token_id");
        assertThat(eos.toString()).isEqualTo("[0,2]");

        // What transformers makes of the same files.
        JsonNode golden = Json.read(GOLDEN.resolve(name + ".json"));
        golden.path("files").properties().forEach(file -> assertThat(ModelDigest.file(exported.resolve(file.getKey())))
                .as(file.getKey() + ": run tools/oracle/exported_chat.py again")
                .isEqualTo(file.getValue().asText()));
        assertThat(golden.path("files").size()).isEqualTo(4);
        assertThat(golden.path("chat_template").asText())
                .isEqualTo(after.template().source());
        assertThat(golden.path("eos_token_id")).isEqualTo(eos);
        assertThat(golden.path("cases")).hasSizeGreaterThan(4);
        for (JsonNode one : golden.path("cases")) {
            Conversation conversation = conversation(one.path("messages"));
            boolean prompt = one.path("add_generation_prompt").asBoolean();
            String text = prompt
                    ? after.template().prompt(conversation).text()
                    : after.template().render(conversation).text();
            assertThat(text).isEqualTo(one.path("text").asText());
            List<Integer> ids = new ArrayList<>();
            one.path("ids").forEach(id -> ids.add(id.asInt()));
            int[] ours =
                    prompt ? after.promptIds(conversation) : after.tokenizer().encode(text);
            assertThat(ours)
                    .containsExactly(ids.stream().mapToInt(Integer::intValue).toArray());
        }
    }

    @Test
    void whatAModelSaysAlreadyKeepsItsBytes() throws IOException {
        Path model = TinyModel.write(dir.resolve("model"), 5);
        Path exported = trained(model, null);
        for (String file : new TreeSet<>(
                List.of("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json"))) {
            assertThat(exported.resolve(file)).hasSameBinaryContentAs(model.resolve(file));
        }
        assertThat(exported.resolve("chat_template.jinja")).doesNotExist();
    }

    /** For the oracle: see its head. */
    private static void keep(Path exported, String name) throws IOException {
        String where = System.getProperty("lion.keep.exported");
        if (where != null) {
            Path folder = Files.createDirectories(Path.of(where).resolve(name));
            for (String file : List.of(
                    "chat_template.jinja",
                    "config.json",
                    "generation_config.json",
                    "special_tokens_map.json",
                    "tokenizer.json",
                    "tokenizer_config.json")) {
                Files.copy(
                        exported.resolve(file),
                        folder.resolve(file),
                        java.nio.file.StandardCopyOption.REPLACE_EXISTING);
            }
        }
    }
}
