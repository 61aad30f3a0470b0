package org.lionalign.torch.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.testing.Seeds;
import org.lionalign.torch.tensor.Dtype;

class BadCheckpointTest {
    @TempDir
    Path dir;

    @BeforeEach
    void copy() throws IOException {
        for (String name : new String[] {"config.json", "model.safetensors"}) {
            Files.copy(Golden.ROOT.resolve("models/llama").resolve(name), dir.resolve(name));
        }
    }

    private void edit(String from, String to) throws IOException {
        Path config = dir.resolve("config.json");
        String text = Files.readString(config);
        assertThat(text).contains(from);
        Files.writeString(config, text.replace(from, to));
    }

    private void refused(String... parts) {
        var error = assertThatThrownBy(() ->
                        CausalLm.load(dir, LoadOptions.inference(Dtype.F32)).close())
                .isInstanceOf(BadInput.class);
        for (String part : parts) {
            error.hasMessageContaining(part);
        }
    }

    @Test
    void whatTheConfigurationSaysMustFit() throws IOException {
        edit("\"hidden_size\": 32", "\"hidden_size\": 48");
        refused("model.embed_tokens.weight", "[80, 48]", "[80, 32]");
    }

    @Test
    void unknownFamiliesAreNamed() throws IOException {
        edit("\"model_type\": \"llama\"", "\"model_type\": \"mamba\"");
        refused("config.json", "model_type", "mamba");
    }

    @Test
    void illTypedValuesAreNamed() throws IOException {
        edit("\"num_hidden_layers\": 2", "\"num_hidden_layers\": \"two\"");
        refused("num_hidden_layers", "whole number", "two");
    }

    @Test
    void missingTensorsAreNamed() throws IOException {
        edit("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 3");
        refused("model.layers.2.", "found none");
    }

    @Test
    void extraTensorsAreNamed() throws IOException {
        edit("\"num_hidden_layers\": 2", "\"num_hidden_layers\": 1");
        refused("model.layers.1.");
    }

    @Test
    void truncatedFilesAreNamed() throws IOException {
        byte[] bytes = Files.readAllBytes(dir.resolve("model.safetensors"));
        Files.write(dir.resolve("model.safetensors"), java.util.Arrays.copyOf(bytes, bytes.length / 2));
        refused("model.safetensors", "data");
    }

    /** Mutated configurations: refused, or loaded; never a crash, a hang or memory without end. */
    @Test
    void mutatedConfigurationsNeverCrash() throws IOException {
        String good = Files.readString(dir.resolve("config.json"));
        Seeds.forAll(400, random -> {
            StringBuilder mutant = new StringBuilder(good);
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                int at = random.nextInt(mutant.length());
                switch (random.nextInt(3)) {
                    case 0 -> mutant.deleteCharAt(at);
                    case 1 -> mutant.insert(at, "0123456789-\"{}[],:ntf".charAt(random.nextInt(20)));
                    default -> mutant.setCharAt(at, (char) (32 + random.nextInt(90)));
                }
            }
            Files.writeString(dir.resolve("config.json"), mutant.toString());
            try {
                ModelConfig config = ConfigReader.read(dir);
                if (config.parameters() < 1_000_000) {
                    CausalLm.load(dir, LoadOptions.inference(Dtype.F32)).close();
                }
            } catch (BadInput expected) {
                assertThat(expected.getMessage()).contains(dir.toString());
            }
        });
    }
}
