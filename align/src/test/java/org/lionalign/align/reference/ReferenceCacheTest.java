package org.lionalign.align.reference;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.align.train.PairObjective;
import org.lionalign.align.train.PairTask;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;

/** LION.md P2 and P8; invariant 8. */
class ReferenceCacheTest {
    private static final Path MODELS =
            Path.of(System.getProperty("lion.root", ".."), "torch/src/test/resources/golden/models");
    private static CausalLm model;

    @TempDir
    Path dir;

    @BeforeAll
    static void open() {
        model = CausalLm.load(MODELS.resolve("llama"), LoadOptions.inference(Dtype.F32));
    }

    @AfterAll
    static void close() {
        model.close();
    }

    private static List<PromptTree> pairs(int n) {
        SplittableRandom random = new SplittableRandom(4);
        List<PromptTree> trees = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            trees.add(PromptTree.answers(
                    "p:" + i,
                    random.ints(2 + random.nextInt(6), 3, 79).toArray(),
                    List.of(
                            random.ints(1 + random.nextInt(6), 3, 79).toArray(),
                            random.ints(7 + random.nextInt(4), 3, 79).toArray())));
        }
        return trees;
    }

    private static ObjectNode identity() {
        return Json.object()
                .put("model", "m")
                .put("tokenizer", "t")
                .put("template", "c")
                .put("data", "d")
                .put("compute", "f32");
    }

    private ReferenceCache cache(ObjectNode identity) {
        return new ReferenceCache(dir.resolve("cache"), identity, 23, 5);
    }

    private List<Path> shards() throws IOException {
        try (Stream<Path> files = Files.list(dir.resolve("cache"))) {
            return files.filter(f -> f.toString().endsWith(".bin")).sorted().toList();
        }
    }

    private static void equal(List<PairObjective.Reference> a, List<PairObjective.Reference> b) {
        assertThat(a).hasSameSizeAs(b);
        for (int i = 0; i < a.size(); i++) {
            assertThat(a.get(i).chosen()).isEqualTo(b.get(i).chosen());
            assertThat(a.get(i).rejected()).isEqualTo(b.get(i).rejected());
        }
    }

    @Test
    void whatIsReadIsWhatTheModelSaysHoweverTheWorkWasShared() throws IOException {
        List<PromptTree> trees = pairs(23);
        List<PairObjective.Reference> live = new ArrayList<>();
        for (int from = 0; from < 23; from += 5) {
            live.addAll(PairTask.references(model, trees.subList(from, Math.min(23, from + 5)), 64));
        }
        for (int rank : new int[] {2, 0}) {
            cache(identity()).compute(model, trees, 64, rank, 3, () -> {});
        }
        assertThat(shards()).hasSize(3);
        assertThatThrownBy(() -> cache(identity()).read())
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("shard-000001");
        cache(identity()).compute(model, trees, 64, 1, 3, () -> {});
        equal(cache(identity()).read(), live);
        // Killed in between: what is missing is computed again, the rest is not touched.
        Files.delete(shards().get(3));
        long untouched = Files.getLastModifiedTime(shards().get(0)).toMillis();
        cache(identity()).compute(model, trees, 64, 0, 1, () -> {});
        equal(cache(identity()).read(), live);
        assertThat(Files.getLastModifiedTime(shards().get(0)).toMillis()).isEqualTo(untouched);
        ReferenceCache.verify(model, trees, live, 23, 1e-5, 1);
    }

    @Test
    void anotherModelTokenizerTemplateDataOrModeIsRefused() {
        cache(identity()).compute(model, pairs(23), 64, 0, 1, () -> {});
        for (String key : List.of("model", "tokenizer", "template", "data", "compute")) {
            assertThatThrownBy(() -> cache(identity().put(key, "other")))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining(key)
                    .hasMessageContaining("other");
        }
        try (CausalLm other = CausalLm.load(MODELS.resolve("mistral"), LoadOptions.inference(Dtype.F32))) {
            assertThatThrownBy(() -> ReferenceCache.verify(
                            other, pairs(23), cache(identity()).read(), 3, 1e-3, 1))
                    .isInstanceOf(BadInput.class)
                    .hasMessageContaining("another model or is damaged");
        }
    }

    @Test
    void damagedMissingAndDuplicatedShardsAreFound() throws IOException {
        cache(identity()).compute(model, pairs(23), 64, 0, 1, () -> {});
        Path shard = shards().get(1);
        byte[] bytes = Files.readAllBytes(shard);
        byte[] flipped = bytes.clone();
        flipped[bytes.length / 2] ^= 1;
        Files.write(shard, flipped);
        assertThatThrownBy(() -> cache(identity()).read())
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("damaged");
        Files.write(shard, java.util.Arrays.copyOf(bytes, 30));
        assertThatThrownBy(() -> cache(identity()).read())
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("30 bytes");
        Files.copy(shards().get(0), shard, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
        assertThatThrownBy(() -> cache(identity()).read())
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("under another's name");
        Files.write(shard, bytes);
        Files.copy(shard, shard.resolveSibling("shard-000009.bin"));
        assertThatThrownBy(() -> cache(identity()).read())
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("expected 5 shards, found 6");
    }
}
