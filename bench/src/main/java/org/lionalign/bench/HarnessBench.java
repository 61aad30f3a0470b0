package org.lionalign.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.lionalign.align.eval.EvalContext;
import org.lionalign.align.eval.Suite;
import org.lionalign.align.eval.SuiteResult;
import org.lionalign.align.eval.harness.HarnessSuites;
import org.lionalign.align.eval.harness.Prompting;
import org.lionalign.align.text.TextModel;
import org.lionalign.torch.model.CausalLm;
import org.lionalign.torch.model.LoadOptions;
import org.lionalign.torch.tensor.Dtype;
import org.lionalign.torch.tensor.Engine;

/**
 * Questions per second of a likelihood task, from the files to the metrics, on the questions that {@code bench/peers/lm_eval_bench.py} scores:
 * bench/run HarnessBench TASK [questions] [BF16|F32] [/work/peers] [/work/shared/data/eval-inputs].
 */
public final class HarnessBench {
    private HarnessBench() {}

    public static void main(String[] args) throws IOException {
        String task = args.length > 0 ? args[0] : "hellaswag";
        int limit = args.length > 1 ? Integer.parseInt(args[1]) : 40;
        Dtype dtype = args.length > 2 ? Dtype.valueOf(args[2]) : Measure.dtype();
        Path inputs = Path.of(args.length > 3 ? args[3] : "/work/peers");
        Path data = Path.of(args.length > 4 ? args[4] : "/work/shared/data/eval-inputs");
        Engine.start();
        HarnessSuites suites = new HarnessSuites(Prompting.PLAIN);
        Suite suite = Stream.concat(suites.all().stream(), suites.members().stream())
                .filter(one -> one.name().equals(task))
                .findFirst()
                .orElseThrow();
        Path store = Files.createTempDirectory("lion-harness-bench");
        TextModel text = TextModel.open(inputs.resolve("model"), null);
        try (CausalLm model = CausalLm.load(inputs.resolve("model"), LoadOptions.inference(dtype))) {
            AtomicInteger done = new AtomicInteger();
            suite.run(context(model, text, data, store.resolve("warm"), 2, done));
            done.set(0);
            long start = System.nanoTime();
            SuiteResult result = suite.run(context(model, text, data, store.resolve("timed"), limit, done));
            double seconds = (System.nanoTime() - start) / 1e9;
            int choices = result.items().stream()
                    .mapToInt(item -> item.detail().path("logliks").size())
                    .sum();
            System.out.printf(
                    Locale.ROOT,
                    "{\"task\": \"%s\", \"dtype\": \"%s\", \"threads\": %d, \"questions\": %d, \"seconds\": %.3f, \"questions_per_s\": %.3f,"
                            + " \"requests_per_s\": %.2f, \"resident_gb\": %.2f, \"%s\": %.4f}%n",
                    task,
                    dtype,
                    Engine.threads(),
                    done.get(),
                    seconds,
                    done.get() / seconds,
                    choices / seconds,
                    Engine.residentBytes() / 1e9,
                    result.metrics().get(0).name(),
                    result.metrics().get(0).value());
        }
    }

    private static EvalContext context(
            CausalLm model, TextModel text, Path data, Path store, int limit, AtomicInteger done) {
        return new EvalContext(model, text, "bench", "bench", data, store, limit, null, "", 0, done::incrementAndGet);
    }
}
