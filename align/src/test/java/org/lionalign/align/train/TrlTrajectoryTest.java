package org.lionalign.align.train;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.lionalign.align.objective.PreferenceLoss;
import org.lionalign.core.format.Safetensors;
import org.lionalign.core.format.TensorEntry;
import org.lionalign.core.json.Json;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.model.LoraAdapters;
import org.lionalign.torch.nn.Weight;
import org.lionalign.torch.optim.AdamW;
import org.lionalign.torch.optim.LrSchedule;
import org.lionalign.torch.tensor.Device;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Tensor;
import org.lionalign.torch.tensor.TensorScope;
import org.lionalign.torch.tensor.Tensors;

/** Twenty optimizer steps against TRL's trainers (tools/oracle/trl_sft.py, trl_dpo.py): losses, gradient norms, rates, final weights. */
class TrlTrajectoryTest {
    private static final Path ROOT = Path.of(System.getProperty("lion.root", ".."));

    private static int[] ints(JsonNode node) {
        return Json.MAPPER.convertValue(node, int[].class);
    }

    /** Documents of a padded or packed SFT micro-batch. */
    private static List<PromptTree> documents(JsonNode micro, String id) {
        List<PromptTree> trees = new ArrayList<>();
        for (int b = 0; b < micro.get("input_ids").size(); b++) {
            int[] ids = ints(micro.get("input_ids").get(b));
            int[] labels = ints(micro.get("labels").get(b));
            int[] positions =
                    micro.has("position_ids") ? ints(micro.get("position_ids").get(b)) : null;
            int length = ids.length;
            if (micro.has("attention_mask")) {
                length = Arrays.stream(ints(micro.get("attention_mask").get(b))).sum();
            }
            int from = 0;
            for (int t = 1; t <= length; t++) {
                if (t == length || (positions != null && positions[t] == 0)) {
                    boolean[] supervised = new boolean[t - from];
                    for (int i = from; i < t; i++) {
                        supervised[i - from] = labels[i] != -100;
                    }
                    trees.add(PromptTree.document(
                            id + "." + b + "." + from, Arrays.copyOfRange(ids, from, t), supervised));
                    from = t;
                }
            }
        }
        return trees;
    }

    private static void run(String name, PreferenceLoss loss) {
        Path folder = ROOT.resolve("align/src/test/resources/golden/trl").resolve(name);
        JsonNode golden = Json.read(folder.resolve("trajectory.json"));
        Path start = folder.getParent().resolve(golden.get("model").asText()).normalize();
        if (!Files.exists(start)) {
            start = ROOT.resolve("torch/src/test/resources/golden/models")
                    .resolve(Path.of(golden.get("model").asText()).getFileName());
        }
        JsonNode arguments = golden.get("arguments");
        boolean lora = golden.has("lora");
        double decay = arguments.path("weight_decay").asDouble(0);
        LrSchedule schedule = new LrSchedule(
                LrSchedule.Kind.valueOf(
                        arguments.path("lr_scheduler_type").asText("linear").toUpperCase(java.util.Locale.ROOT)),
                arguments.get("learning_rate").asDouble(),
                arguments.path("warmup_steps").asInt(0),
                20);
        double lossTolerance =
                Math.max(1e-5, 2 * golden.get("rounding").get("loss").asDouble());
        try (CausalLm model = CausalLm.load(start, new LoadOptions(Dtype.F32, Device.CPU, !lora, false))) {
            if (lora) {
                attach(model, golden.get("lora"), folder);
            }
            try (AdamW optimizer = new AdamW(model.weights(), new AdamW.Settings(0.9, 0.999, 1e-8, decay))) {
                TrainStep step = new TrainStep(
                        model, optimizer, arguments.get("max_grad_norm").asDouble());
                for (int s = 0; s < 20; s++) {
                    JsonNode expected = golden.get("steps").get(s);
                    List<PackedBatch> batches = new ArrayList<>();
                    Map<String, PairObjective.Reference> references = new HashMap<>();
                    for (int m = 0; m < expected.get("micro_batches").size(); m++) {
                        JsonNode micro = expected.get("micro_batches").get(m);
                        String id = s + "." + m;
                        batches.add(PackedBatch.of(loss == null ? documents(micro, id) : pairs(micro, id, references)));
                    }
                    StepObjective objective = loss == null
                            ? new CrossEntropy(batches.stream()
                                    .mapToInt(PackedBatch::supervised)
                                    .sum())
                            : new PairObjective(
                                    loss,
                                    tree -> references.get(tree.id()),
                                    0.1,
                                    batches.stream()
                                            .mapToInt(b -> b.trees().size())
                                            .sum());
                    if (loss == null) {
                        assertThat(batches.stream()
                                        .mapToInt(PackedBatch::supervised)
                                        .sum())
                                .isEqualTo(expected.get("num_items_in_batch").asInt());
                    }
                    double lr = schedule.at(s);
                    assertThat(lr).isCloseTo(expected.get("lr").asDouble(), within(1e-12));
                    TrainStep.Result result = step.run(batches, objective, lr, s, () -> false);
                    double value = expected.get("loss").asDouble();
                    assertThat(result.loss())
                            .as("loss of step " + s)
                            .isCloseTo(value, within(lossTolerance * Math.max(0.01, Math.abs(value))));
                    double norm = expected.get("grad_norm").asDouble();
                    assertThat(result.gradNorm())
                            .as("norm of step " + s)
                            .isCloseTo(norm, within(5e-4 * Math.max(1, norm)));
                }
                compareWeights(model, golden, folder);
            }
        }
    }

    private static void attach(CausalLm model, JsonNode lora, Path folder) {
        List<String> targets = new ArrayList<>();
        lora.get("targets").forEach(t -> targets.add(t.asText()));
        LoraAdapters.attach(
                model,
                new LoraAdapters.Config(lora.get("r").asInt(), lora.get("alpha").asDouble(), 0, targets),
                1);
        Map<String, TensorEntry> start = Safetensors.open(
                        Files.exists(folder.resolve("start.safetensors"))
                                ? folder.resolve("start.safetensors")
                                : folder.resolve("final.safetensors"))
                .tensors();
        for (Weight weight : adapters(model)) {
            weight.train();
            TensorEntry entry = find(start, "", weight.name());
            try (TensorScope scope = new TensorScope()) {
                if (entry != null) {
                    weight.change((rows, from) -> rows.copy_(Tensors.map(entry)));
                } else {
                    weight.change((rows, from) -> rows.zero_());
                }
            }
        }
    }

    private static List<Weight> adapters(CausalLm model) {
        List<Weight> all = new ArrayList<>();
        model.linears().forEach(l -> l.adapters().forEach(a -> {
            all.add(a.a());
            all.add(a.b());
        }));
        return all;
    }

    private static TensorEntry find(Map<String, TensorEntry> tensors, String prefix, String name) {
        String plain = name.replace("base_model.model.", "");
        for (String candidate :
                new String[] {prefix + name, prefix + plain, prefix + plain.replace(".weight", ".default.weight")}) {
            if (tensors.containsKey(candidate)) {
                return tensors.get(candidate);
            }
        }
        return null;
    }

    private static List<PromptTree> pairs(JsonNode micro, String id, Map<String, PairObjective.Reference> references) {
        int n = micro.get("input_ids").size() / 2;
        List<PromptTree> trees = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            int[][] sides = new int[2][];
            int[] prompt = new int[0];
            for (int side = 0; side < 2; side++) {
                int row = i + side * n;
                int[] ids = ints(micro.get("input_ids").get(row));
                int[] completion = ints(micro.get("completion_mask").get(row));
                int length = Arrays.stream(ints(micro.get("attention_mask").get(row)))
                        .sum();
                int first = 0;
                while (completion[first] == 0) {
                    first++;
                }
                prompt = Arrays.copyOf(ids, first);
                sides[side] = Arrays.copyOfRange(ids, first, length);
            }
            String tree = id + "." + i;
            trees.add(PromptTree.answers(tree, prompt, List.of(sides[0], sides[1])));
            references.put(
                    tree,
                    new PairObjective.Reference(
                            spread(micro.get("ref_chosen_logps").get(i).asDouble(), sides[0].length),
                            spread(micro.get("ref_rejected_logps").get(i).asDouble(), sides[1].length)));
        }
        return trees;
    }

    /** TRL records sums; the cache holds tokens: the first carries the sum. */
    private static float[] spread(double sum, int tokens) {
        float[] values = new float[tokens];
        values[0] = (float) sum;
        return values;
    }

    private static void compareWeights(CausalLm model, JsonNode golden, Path folder) {
        double tolerance =
                Math.max(1e-4, 3 * golden.get("rounding").get("weight").asDouble());
        Map<String, TensorEntry> last = Files.exists(folder.resolve("final.safetensors"))
                ? Safetensors.open(folder.resolve("final.safetensors")).tensors()
                : Map.of();
        int compared = 0;
        for (Weight weight : model.weights()) {
            if (!weight.trainable()) {
                continue;
            }
            for (Weight.Part part : weight.parts()) {
                try (TensorScope scope = new TensorScope()) {
                    Tensor ours = weight.master().narrow(0, part.start(), part.rows());
                    TensorEntry entry = find(last, "", part.name());
                    JsonNode norm = golden.get("norms").path(part.name().replace("base_model.model.", ""));
                    if (entry != null) {
                        float[] a = ours.contiguous().toFloats();
                        float[] b = Tensors.map(entry).toFloats();
                        for (int i = 0; i < a.length; i++) {
                            assertThat((double) a[i]).as(part.name()).isCloseTo(b[i], within(tolerance));
                        }
                        compared++;
                    } else if (norm.isNumber()) {
                        assertThat(ours.norm()).as(part.name()).isCloseTo(norm.asDouble(), within(tolerance));
                        compared++;
                    }
                }
            }
        }
        assertThat(compared).isGreaterThan(5);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "sft-llama-padded", "sft-llama-packed", "sft-llama-accumulate", "sft-llama-decay",
                        "sft-llama-all-tokens",
                "sft-llama-lora", "sft-gemma-padded", "sft-gemma-packed", "sft-gemma-accumulate", "sft-gemma-lora"
            })
    void sftIsTrls(String name) {
        run(name, null);
    }

    /** Twenty steps of TRL's RewardTrainer (tools/oracle/trl_reward.py). */
    @ParameterizedTest
    @ValueSource(strings = {"plain", "centred", "margin"})
    void rewardIsTrls(String variant) {
        Path folder = ROOT.resolve("align/src/test/resources/golden/trl/reward-llama-" + variant);
        JsonNode golden = Json.read(folder.resolve("trajectory.json"));
        JsonNode arguments = golden.get("arguments");
        LrSchedule schedule = new LrSchedule(
                LrSchedule.Kind.COSINE,
                arguments.get("learning_rate").asDouble(),
                arguments.get("warmup_steps").asInt(),
                20);
        Path start = ROOT.resolve("torch/src/test/resources/golden/models/llama-seqcls");
        try (CausalLm model = CausalLm.load(start, LoadOptions.training(Dtype.F32));
                AdamW optimizer = new AdamW(model.weights(), AdamW.Settings.DEFAULT)) {
            TrainStep step = new TrainStep(model, optimizer, 1.0);
            for (int s = 0; s < 20; s++) {
                JsonNode expected = golden.get("steps").get(s);
                Map<String, Double> margins = new HashMap<>();
                PackedBatch batch =
                        PackedBatch.of(scored(expected.get("micro_batches").get(0), margins));
                RewardObjective objective = new RewardObjective(
                        tree -> margins.getOrDefault(tree.id(), 0.0),
                        variant.equals("centred") ? 0.01 : 0,
                        batch.trees().size());
                TrainStep.Result result = step.run(List.of(batch), objective, schedule.at(s), s, () -> false);
                double value = expected.get("loss").asDouble();
                assertThat(result.loss()).as("loss of step " + s).isCloseTo(value, within(1e-5 * Math.max(0.1, value)));
                double norm = expected.get("grad_norm").asDouble();
                assertThat(result.gradNorm()).isCloseTo(norm, within(5e-4 * Math.max(1, norm)));
            }
            compareWeights(model, golden, folder);
        }
    }

    /** Chosen rows, then rejected ones; the beginning-of-text token is their common prompt. */
    private static List<PromptTree> scored(JsonNode micro, Map<String, Double> margins) {
        int n = micro.get("input_ids").size() / 2;
        List<PromptTree> trees = new ArrayList<>();
        for (int i = 0; i < n; i++) {
            int[][] sides = new int[2][];
            for (int side = 0; side < 2; side++) {
                int[] ids = ints(micro.get("input_ids").get(i + side * n));
                int length = Arrays.stream(ints(micro.get("attention_mask").get(i + side * n)))
                        .sum();
                sides[side] = Arrays.copyOfRange(ids, 1, length);
            }
            trees.add(PromptTree.answers("t" + i, new int[] {1}, List.of(sides[0], sides[1])));
            if (micro.has("margin")) {
                margins.put("t" + i, micro.get("margin").get(i).asDouble());
            }
        }
        return trees;
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "dpo-llama-sigmoid",
                "dpo-llama-accumulate",
                "dpo-llama-ipo",
                "dpo-llama-hinge",
                "dpo-llama-robust",
                "dpo-llama-apo_zero",
                "dpo-llama-apo_down",
                "dpo-llama-exo_pair",
                "dpo-llama-nca_pair",
                "dpo-llama-sppo_hard",
                "dpo-llama-bco_pair",
                "dpo-llama-aot",
                "dpo-llama-discopop",
                "dpo-llama-sigmoid_norm",
                "dpo-llama-lora",
                "dpo-gemma-sigmoid",
                "dpo-gemma-ipo",
                "dpo-gemma-hinge",
                "dpo-gemma-robust",
                "dpo-gemma-apo_zero",
                "dpo-gemma-exo_pair",
                "dpo-gemma-nca_pair"
            })
    void dpoIsTrls(String name) {
        double beta = 0.1;
        run(
                name,
                switch (name.substring(name.lastIndexOf('-') + 1)) {
                    case "ipo" -> new PreferenceLoss.Ipo(beta, true);
                    case "hinge" -> new PreferenceLoss.Hinge(beta);
                    case "robust" -> new PreferenceLoss.Robust(beta, 0.1);
                    case "apo_zero" -> new PreferenceLoss.ApoZero(beta);
                    case "apo_down" -> new PreferenceLoss.ApoDown(beta);
                    case "exo_pair" -> new PreferenceLoss.ExoPair(beta, 0.1);
                    case "nca_pair" -> new PreferenceLoss.NcaPair(beta);
                    case "sppo_hard" -> new PreferenceLoss.SppoHard(beta);
                    case "bco_pair" -> new PreferenceLoss.BcoPair(beta, 0);
                    case "aot" -> new PreferenceLoss.Aot(beta, 0);
                    case "discopop" -> new PreferenceLoss.DiscoPop(beta, 0.05);
                    case "sigmoid_norm" -> new PreferenceLoss.SigmoidNorm(beta);
                    default -> new PreferenceLoss.Sigmoid(beta, 0);
                });
    }
}
