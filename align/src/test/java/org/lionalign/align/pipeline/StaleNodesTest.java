package org.lionalign.align.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.machine.Processor;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.RunRecipe;

/**
 * A changed option runs again exactly what depends on it. For every option of {@link RunRecipe}: the nodes that read it, by hand; the nodes
 * that depend on those, by hand too.
 */
class StaleNodesTest {
    private static final Path CUB = Path.of(System.getProperty("lion.root", ".."), "models/cub");

    /** What each node is made from. */
    private static final Map<String, List<String>> MADE_FROM = new TreeMap<>(Map.ofEntries(
            Map.entry("sft", List.of()),
            Map.entry("reward", List.of("sft")),
            Map.entry("dpo/reference", List.of("sft")),
            Map.entry("dpo", List.of("sft", "dpo/reference")),
            Map.entry("online-1/sample", List.of("dpo")),
            Map.entry("online-1/judge", List.of("online-1/sample", "reward")),
            Map.entry("online-1/pairs", List.of("online-1/judge")),
            Map.entry("online-1/reference", List.of("online-1/pairs", "dpo")),
            Map.entry("online-1", List.of("online-1/pairs", "online-1/reference", "dpo")),
            Map.entry("online-1/gate", List.of("online-1", "dpo", "sft")),
            Map.entry("compare/base", List.of()),
            Map.entry("compare/sft", List.of("sft")),
            Map.entry("compare/dpo", List.of("dpo")),
            Map.entry("compare/online", List.of("online-1/gate")),
            Map.entry("compare", List.of("compare/base", "compare/sft", "compare/dpo", "compare/online", "reward"))));

    private static final List<String> NOTHING = List.of();
    private static final List<String> SFT = List.of("sft");
    private static final List<String> REWARD = List.of("reward");
    private static final List<String> DPO = List.of("dpo");
    private static final List<String> ONLINE = List.of("online-1");
    private static final List<String> SAMPLE = List.of("online-1/sample");
    private static final List<String> JUDGE = List.of("online-1/judge");
    private static final List<String> PAIRS = List.of("online-1/pairs");
    private static final List<String> GATE = List.of("online-1/gate");
    private static final List<String> COMPARE = List.of("compare");
    private static final List<String> ANSWERS = List.of("compare/base", "compare/sft", "compare/dpo", "compare/online");
    private static final List<String> EVERYTHING = List.copyOf(MADE_FROM.keySet());

    /**
     * Options whose effect is tested where it belongs: benchmarks have nodes of their own; a second iteration adds nodes (below); the others are
     * refused (below).
     */
    private static final Set<String> ELSEWHERE = Set.of(
            "compare.suites",
            "compare.suite_limit",
            "compare.suite_data",
            "compare.suite_judge",
            "compare.suite_baseline",
            "online.iterations",
            "compare.sample.answers",
            "dpo.reference.cache");

    @TempDir
    Path dir;

    /**
     * An option is changed.
     *
     * @param leaf the option, as {@link RecipeLeaves} names it
     * @param context overrides that it needs beside it, the same before and after
     * @param change the override that changes it
     * @param readers nodes that read it
     */
    private record Row(String leaf, List<String> context, String change, List<String> readers) {}

    private final List<Row> table = new ArrayList<>();

    /** @param context overrides, from the section on, as the change */
    private void row(List<String> readers, String section, String leaf, String change, String... context) {
        List<String> all = new ArrayList<>();
        for (String one : context) {
            all.add(section + one);
        }
        table.add(new Row(section + leaf, all, section + change, readers));
    }

    private String file(String name, String text) {
        try {
            return "'" + Files.writeString(dir.resolve(name), text) + "'";
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private String base;
    private String rows;
    private String other;
    private Path folder;

    @BeforeEach
    void write() throws IOException {
        Path model = Files.createDirectories(dir.resolve("model"));
        for (String name : List.of("config.json", "tokenizer_config.json")) {
            Files.copy(CUB.resolve(name), model.resolve(name));
        }
        Path second = Files.createDirectories(dir.resolve("second"));
        Files.copy(CUB.resolve("config.json"), second.resolve("config.json"));
        folder = Files.createDirectories(dir.resolve("folder"));
        Files.writeString(folder.resolve("train.jsonl"), "{\"a\":1}\n");
        Files.writeString(folder.resolve("more.jsonl"), "{\"a\":2}\n");
        rows = file("rows.jsonl", "{\"prompt\":\"a\"}\n");
        other = file("other.jsonl", "{\"prompt\":\"b\"}\n");
        base = """
                model: {path: MODEL, template: TEMPLATE}
                sft: {data: {train: [ROWS], eval: [HELD]}}
                reward: {data: {train: [ROWS], eval: [HELD]}}
                dpo: {data: {train: [ROWS], eval: [HELD]}}
                online:
                  prompts: [ROWS]
                  held_out: [HELD]
                  judges: [{type: reward, path: "@reward"}]
                compare:
                  prompts: [ROWS]
                  sample: {answers: 1, temperature: 0}
                  judges: [{type: reward, path: "@reward"}]
                """.replace("MODEL", "'" + model + "'")
                .replace("TEMPLATE", file("t.jinja", "{{ messages[0]['content'] }}"))
                .replace("ROWS", rows)
                .replace("HELD", file("held.jsonl", "{\"prompt\":\"c\"}\n"));
        model();
        stage("sft.", SFT, SFT);
        stage("reward.", REWARD, REWARD);
        stage("dpo.", DPO, List.of("dpo/reference", "dpo"));
        row(REWARD, "reward.", "reward.centring", "reward.centring=0.01");
        row(REWARD, "reward.", "reward.margin_scale", "reward.margin_scale=0.5");
        loss("dpo.", DPO);
        row(DPO, "dpo.", "reference.refresh", "reference.refresh=epoch");
        row(
                DPO,
                "dpo.",
                "reference.refresh_steps",
                "reference.refresh_steps=3",
                "reference={refresh: steps, refresh_steps: 2}");
        row(List.of("dpo/reference", "dpo"), "dpo.", "reference.path", "reference.path='@base'");
        online();
        compare();
        row(EVERYTHING, "", "seed", "seed=7");
    }

    private void model() {
        row(EVERYTHING, "model.", "path", "path='" + dir.resolve("second") + "'", "template=plain");
        row(
                EVERYTHING,
                "model.",
                "compute",
                "compute=" + (Processor.here().multipliesBf16() ? "f32" : "bf16")); // not what this machine prefers
        row(EVERYTHING, "model.", "device", "device=cuda:0");
        row(EVERYTHING, "model.", "template", "template=plain");
        row(EVERYTHING, "model.", "recompute", "recompute=true");
        row(EVERYTHING, "model.", "lora.rank", "lora.rank=4", "lora={rank: 8}");
        row(EVERYTHING, "model.", "lora.alpha", "lora.alpha=4", "lora={rank: 8}");
        row(EVERYTHING, "model.", "lora.dropout", "lora.dropout=0.1", "lora={rank: 8}");
        row(EVERYTHING, "model.", "lora.targets", "lora.targets=[q_proj]", "lora={rank: 8}");
    }

    /** @param data nodes that read the rows */
    private void stage(String section, List<String> trains, List<String> data) {
        data(section + "data.", data);
        train(section + "train.", trains);
        eval(section + "eval.", trains);
        row(data, section, "seed", "seed=9");
    }

    private void sources(List<String> readers, String section, String list) {
        row(readers, section, list + "[].path", list + "=[" + other + "]");
        String train = "{path: '" + folder + "', split: train}";
        row(
                readers,
                section,
                list + "[].split",
                list + "=[{path: '" + folder + "', split: more}]",
                list + "=[" + train + "]");
        row(readers, section, list + "[].fraction", list + "=[{path: " + rows + ", fraction: 0.5}]");
        row(readers, section, list + "[].layout", list + "=[{path: " + rows + ", layout: alpaca}]");
    }

    private void data(String s, List<String> readers) {
        sources(readers, s, "train");
        sources(readers, s, "eval");
        row(readers, s, "max_length_tokens", "max_length_tokens=99");
        row(readers, s, "overlong", "overlong=set_aside");
        row(readers, s, "loss_on", "loss_on=all");
        row(readers, s, "packing", "packing=none");
        row(readers, s, "isolation", "isolation=false");
        row(readers, s, "positions", "positions=running", "packing=wrap");
        row(readers, s, "faithful", "faithful=true", "packing=wrap");
        row(readers, s, "deduplicate", "deduplicate=false");
        row(readers, s, "empty_system_probability", "empty_system_probability=0.8");
        row(readers, s, "near_duplicates", "near_duplicates=0.8");
        row(readers, s, "decontaminate", "decontaminate=[" + other + "]");
        row(readers, s, "max_prompt_tokens", "max_prompt_tokens=65", "faithful=true", "max_prompt_tokens=64");
        row(readers, s, "keep_prompt", "keep_prompt=start", "faithful=true", "max_prompt_tokens=64");
        for (String bound : List.of(
                "min_margin",
                "max_margin",
                "min_chosen_score",
                "max_chosen_score",
                "min_rejected_score",
                "max_rejected_score",
                "min_answer_tokens",
                "max_answer_tokens",
                "pairs")) {
            row(readers, s, "select." + bound, "select." + bound + "=3");
        }
        row(readers, s, "set_aside_share", "set_aside_share=0.1");
        row(readers, s, "text.column", "text.column=story", "text={}");
        row(readers, s, "text.separator", "text.separator=x", "text={}");
        row(readers, s, "text.end", "text.end=x", "text={}");
    }

    private void train(String s, List<String> readers) {
        row(readers, s, "epochs", "epochs=2");
        row(readers, s, "max_steps", "max_steps=5");
        row(readers, s, "examples_per_step", "examples_per_step=16", "examples_per_step=8");
        row(readers, s, "tokens_per_step", "tokens_per_step=512");
        row(readers, s, "micro_batch_tokens", "micro_batch_tokens=512");
        row(readers, s, "learning_rate", "learning_rate=1e-4");
        row(readers, s, "schedule", "schedule=linear");
        row(readers, s, "warmup_ratio", "warmup_ratio=0.2");
        row(readers, s, "weight_decay", "weight_decay=0.1");
        row(readers, s, "clip_norm", "clip_norm=0.5");
        row(readers, s, "adam_beta2", "adam_beta2=0.95");
        row(readers, s, "neftune_alpha", "neftune_alpha=5");
        row(readers, s, "mask_embed_grad.from", "mask_embed_grad.from=2", "mask_embed_grad={from: 1, to: 9}");
        row(readers, s, "mask_embed_grad.to", "mask_embed_grad.to=8", "mask_embed_grad={from: 1, to: 9}");
        // A run that was killed and goes on from a checkpoint has the same bits: how many there are changes nothing.
        row(NOTHING, s, "checkpoint_every_steps", "checkpoint_every_steps=3");
        row(NOTHING, s, "keep_checkpoints", "keep_checkpoints=5");
    }

    private void eval(String s, List<String> readers) {
        row(readers, s, "every_steps", "every_steps=5");
        row(readers, s, "every_epoch", "every_epoch=true");
        row(readers, s, "export", "export=best", "every_steps=5");
        row(readers, s, "prompts", "prompts=" + other);
        row(readers, s, "max_new_tokens", "max_new_tokens=7", "prompts=" + rows);
        row(readers, s, "probe_prompts", "probe_prompts=3");
        row(readers, s, "on_alarm", "on_alarm=stop", "every_steps=5");
    }

    private void loss(String section, List<String> readers) {
        String s = section + "loss.";
        row(readers, s, "type", "type=ipo");
        row(readers, s, "beta", "beta=0.2");
        row(
                readers,
                section,
                "loss.beta_schedule",
                "loss.beta_schedule=cosine",
                "loss={beta_schedule: linear, beta_end: 1.0}");
        row(readers, section, "loss.beta_end", "loss.beta_end=2.0", "loss={beta_schedule: linear, beta_end: 1.0}");
        row(readers, s, "label_smoothing", "label_smoothing=0.1");
        row(readers, s, "gamma", "gamma=0.7", "type=simpo", "gamma=0.6");
        row(readers, s, "ld_alpha", "ld_alpha=0.5");
        row(readers, s, "weighting", "weighting=wpo");
        row(readers, s, "weight_gamma", "weight_gamma=0.2", "weighting=importance");
        row(readers, s, "chosen_nll_weight", "chosen_nll_weight=0.3");
        String mix = "mix=[{type: sigmoid}]";
        row(readers, s, "mix[].type", "mix=[{type: hinge}]", mix);
        row(readers, s, "mix[].weight", "mix=[{type: sigmoid, weight: 2}]", mix);
        row(readers, s, "mix[].beta", "mix=[{type: sigmoid, beta: 0.2}]", mix);
        row(readers, s, "mix[].label_smoothing", "mix=[{type: sigmoid, label_smoothing: 0.1}]", mix);
        row(readers, s, "mix[].gamma", "mix=[{type: simpo, gamma: 0.7}]", "mix=[{type: simpo}]");
    }

    private void sample(String s, List<String> answers, List<String> gate) {
        List<String> both = new ArrayList<>(answers);
        both.addAll(gate); // whose own sampling has these of the section
        if (!s.startsWith("compare")) {
            row(answers, s, "answers", "answers=4");
        }
        row(answers, s, "temperature", "temperature=0.9");
        row(answers, s, "top_p", "top_p=0.9");
        row(answers, s, "top_k", "top_k=50");
        row(both, s, "max_new_tokens", "max_new_tokens=50");
        row(both, s, "stop", "stop=[x]");
        row(both, s, "batch", "batch=8");
        server(s, answers);
        // Whether too much failed decides if there is an artifact, not what is in it.
        String server = "server={url: 'http://localhost:1', model: m}";
        row(NOTHING, s, "failed_share", "failed_share=0.1", server);
    }

    private void server(String s, List<String> readers) {
        String server = "server={url: 'http://localhost:1', model: m}";
        row(readers, s, "server.url", "server.url='http://localhost:2'", server);
        row(readers, s, "server.model", "server.model=n", server);
        row(NOTHING, s, "server.timeout_seconds", "server.timeout_seconds=3", server);
        row(NOTHING, s, "server.retries", "server.retries=3", server);
        row(NOTHING, s, "server.concurrency", "server.concurrency=3", server);
        row(NOTHING, s, "server.key_variable", "server.key_variable=K", server);
    }

    /** A judge with one option changed, in a list of two: the first is the base recipe's. */
    private void judges(String section, List<String> readers) {
        String first = "{type: reward, path: '@reward'}";
        String s = section;
        judge(
                s,
                readers,
                "type",
                "{type: rule, rule: {json: true}}",
                "{type: pairrm, path: '" + dir.resolve("second") + "'}");
        judge(s, readers, "weight", "{type: rule, rule: {json: true}}", "{type: rule, rule: {json: true}, weight: 2}");
        judge(s, readers, "path", "{type: replay, path: " + rows + "}", "{type: replay, path: " + other + "}");
        String implicit = "{type: implicit, path: '@sft', reference: ";
        judge(s, readers, "reference", implicit + "'@base'}", implicit + "'" + dir.resolve("second") + "'}");
        judge(s, readers, "beta", implicit + "'@base'}", implicit + "'@base', beta: 0.3}");
        String pairrm = "{type: pairrm, path: '" + dir.resolve("second") + "'";
        judge(s, readers, "faithful", pairrm + "}", pairrm + ", faithful: true}");
        String llm = "{type: llm, server: {url: 'http://localhost:1', model: m";
        judge(s, readers, "server.url", llm + "}}", llm.replace("1", "2") + "}}");
        judge(s, readers, "server.model", llm + "}}", llm.replace("model: m", "model: n") + "}}");
        judge(s, NOTHING, "server.timeout_seconds", llm + "}}", llm + ", timeout_seconds: 3}}");
        judge(s, NOTHING, "server.retries", llm + "}}", llm + ", retries: 3}}");
        judge(s, NOTHING, "server.concurrency", llm + "}}", llm + ", concurrency: 3}}");
        judge(s, NOTHING, "server.key_variable", llm + "}}", llm + ", key_variable: K}}");
        judge(s, readers, "prompt", llm + "}, prompt: " + rows + "}", llm + "}, prompt: " + other + "}");
        judge(s, readers, "mode", llm + "}}", llm + "}, mode: score}");
        for (String rule : List.of(
                "prefer: longer",
                "min_characters: 3",
                "max_characters: 3",
                "matches: x",
                "contains: [x]",
                "lacks: [x]",
                "json: true",
                "number_column: x")) {
            String plain =
                    rule.startsWith("json") ? "{type: rule, rule: {matches: y}}" : "{type: rule, rule: {json: true}}";
            String leaf = "rule." + rule.substring(0, rule.indexOf(':'));
            judge(s, readers, leaf, plain, plain.replace("}}", ", " + rule + "}}"));
        }
        String own = "{type: class, class_name: a.B";
        judge(s, readers, "class_name", own + "}", "{type: class, class_name: a.C}");
        judge(s, readers, "options", own + "}", own + ", options: {concurrency: '3'}}");
        judge(s, readers, "ending", first, "{type: reward, path: '@reward', ending: template}");
    }

    private void judge(String section, List<String> readers, String leaf, String before, String after) {
        String first = "judges=[{type: reward, path: '@reward'}, ";
        row(readers, section, "judges[]." + leaf, first + after + "]", first + before + "]");
    }

    private void online() {
        String s = "online.";
        sources(SAMPLE, s, "prompts");
        row(SAMPLE, s, "prompt_limit", "prompt_limit=2");
        sample(s + "sample.", SAMPLE, GATE);
        judges(s, JUDGE);
        row(PAIRS, s, "pairs.rule", "pairs.rule=best_vs_random");
        row(PAIRS, s, "pairs.margin", "pairs.margin=0.1");
        row(PAIRS, s, "pairs.unfinished", "pairs.unfinished=allow");
        row(PAIRS, s, "pairs.original_pairs", "pairs.original_pairs=0.15");
        row(PAIRS, s, "pairs.original_chosen", "pairs.original_chosen=0.35");
        row(PAIRS, s, "pairs.faithful_mixing", "pairs.faithful_mixing=true", "pairs={original_pairs: 0.15}");
        List<String> trained = List.of("online-1/reference", "online-1");
        sources(trained, s, "mix");
        row(trained, s, "online_fraction", "online_fraction=0.5");
        sources(trained, s, "held_out");
        row(trained, s, "max_length_tokens", "max_length_tokens=99");
        train(s + "train.", ONLINE);
        eval(s + "eval.", ONLINE);
        loss(s, ONLINE);
        // A fixed reference is the model that the stage starts from: in the first iteration the one before it as well.
        row(NOTHING, s, "reference", "reference=fixed");
        row(GATE, s, "stop.kl_per_token", "stop.kl_per_token=0.1");
        row(GATE, s, "stop.length_ratio", "stop.length_ratio=3");
        row(GATE, s, "stop.win_rate", "stop.win_rate=true");
        row(
                List.of("online-1/sample", "online-1/pairs", "online-1/reference", "online-1", "online-1/gate"),
                s,
                "seed",
                "seed=9");
    }

    private void compare() {
        String s = "compare.";
        List<String> andGate = new ArrayList<>(ANSWERS);
        andGate.addAll(GATE);
        sources(andGate, s, "prompts");
        row(ANSWERS, s, "limit", "limit=2");
        sample(s + "sample.", ANSWERS, NOTHING);
        judges(s, COMPARE);
    }

    private Map<String, String> keys(List<String> set) throws IOException {
        Path recipe = Files.writeString(dir.resolve("recipe.yaml"), base);
        return Pipeline.of(RecipeReader.read(recipe, set, RunRecipe.class), dir.resolve("runs"))
                .keys();
    }

    /** All nodes that are made from these, directly or not. */
    private static Set<String> with(List<String> readers) {
        Set<String> stale = new TreeSet<>(readers);
        for (boolean grows = true; grows; ) {
            grows = false;
            for (Map.Entry<String, List<String>> node : MADE_FROM.entrySet()) {
                if (node.getValue().stream().anyMatch(stale::contains)) {
                    grows |= stale.add(node.getKey());
                }
            }
        }
        return stale;
    }

    private static Set<String> changed(Map<String, String> before, Map<String, String> after) {
        Set<String> changed = new TreeSet<>();
        after.forEach((node, key) -> {
            if (!key.equals(before.get(node))) {
                changed.add(node);
            }
        });
        return changed;
    }

    @Test
    void aChangedOptionRunsAgainExactlyWhatDependsOnIt() throws IOException {
        List<String> wrong = new ArrayList<>();
        for (Row row : table) {
            Map<String, String> before = keys(row.context());
            List<String> set = new ArrayList<>(row.context());
            set.add(row.change());
            Map<String, String> after = keys(set);
            Set<String> expected = with(row.readers());
            assertThat(MADE_FROM.keySet()).containsAll(before.keySet());
            expected.retainAll(before.keySet()); // SimPO has no reference
            if (!before.keySet().equals(after.keySet())
                    || !changed(before, after).equals(expected)) {
                wrong.add(row.change() + ": expected " + expected + ", found " + changed(before, after));
            }
        }
        assertThat(wrong).isEmpty();
    }

    @Test
    void everyOptionStandsInTheTable() {
        Set<String> known = new TreeSet<>(ELSEWHERE);
        table.forEach(row -> known.add(row.leaf()));
        List<String> leaves = RecipeLeaves.of(RunRecipe.class);
        assertThat(leaves).hasSizeGreaterThan(300);
        assertThat(known).containsExactlyInAnyOrderElementsOf(new TreeSet<>(leaves));
    }

    @Test
    void theContentOfAFileCountsNotItsDate() throws IOException {
        Map<String, String> before = keys(List.of());
        String text = Files.readString(dir.resolve("rows.jsonl"));
        Files.writeString(dir.resolve("rows.jsonl"), text);
        assertThat(keys(List.of())).isEqualTo(before);
        Files.writeString(dir.resolve("rows.jsonl"), text + text);
        assertThat(changed(before, keys(List.of()))).isEqualTo(with(List.of("sft", "compare/base")));
        Files.writeString(dir.resolve("rows.jsonl"), text);
        Files.writeString(dir.resolve("t.jinja"), "{{ messages[0]['role'] }}");
        assertThat(changed(before, keys(List.of()))).isEqualTo(MADE_FROM.keySet());
    }

    @Test
    void aSecondIterationLeavesTheFirstAsItIs() throws IOException {
        Map<String, String> one = keys(List.of());
        Map<String, String> two = keys(List.of("online.iterations=2"));
        Pattern of = Pattern.compile("(sft|reward|dpo|online-1|compare/(base|sft|dpo)).*");
        one.forEach((node, key) -> {
            if (of.matcher(node).matches()) {
                assertThat(two).containsEntry(node, key);
            }
        });
        assertThat(two)
                .containsKeys("online-2/sample", "online-2", "online-2/gate", "compare/online-1", "compare/online-2");
        assertThat(changed(keys(List.of("online.iterations=2", "online.reference=fixed")), two))
                .contains("online-2/reference", "online-2")
                .doesNotContain("online-1", "online-2/sample");
    }

    @Test
    void whatARunCannotUseIsRefused() {
        assertThatThrownBy(() -> keys(List.of("compare.sample.answers=4")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("compare.sample.answers: expected 1");
        assertThatThrownBy(() -> keys(List.of("dpo.reference={cache: x}")))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("dpo.reference.cache");
    }
}
