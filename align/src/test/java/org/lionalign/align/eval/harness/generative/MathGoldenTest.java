package org.lionalign.align.eval.harness.generative;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.Test;
import org.lionalign.align.eval.formula.MathVerify;
import org.lionalign.core.json.Json;

/** math-verify, and Minerva's rules with SymPy, on thousands of invented pairs (tools/oracle/math_equiv.py). */
class MathGoldenTest {
    @Test
    void verdictsAreTheHarnesss() throws Exception {
        JsonNode golden;
        try (InputStream in =
                new GZIPInputStream(MathGoldenTest.class.getResourceAsStream("/golden/eval/math_equiv.json.gz"))) {
            golden = Json.parse(new String(in.readAllBytes(), StandardCharsets.UTF_8), "math_equiv.json.gz");
        }
        Set<String> families = new TreeSet<>();
        List<String> wrong = new ArrayList<>();
        for (JsonNode c : golden.get("cases")) {
            String solution = c.get(1).asText();
            String answer = c.get(2).asText();
            families.add(c.get(0).asText());
            MathVerify.Verdict verdict = MathVerify.judge(solution, answer);
            boolean original = MinervaAnswer.matches(MinervaAnswer.boxed(solution), answer);
            if (verdict.equal() != (c.get(3).asInt() == 1)) {
                wrong.add("VERIFY " + c + " found " + verdict);
            }
            if (original != (c.get(4).asInt() == 1)) {
                wrong.add("ORIGINAL " + c + " found " + original);
            }
            if (!c.get(5).asText("").equals(verdict.extracted() == null ? "" : verdict.extracted())) {
                wrong.add("EXTRACT " + c + " found " + verdict);
            }
        }
        assertThat(wrong).isEmpty();
        assertThat(families).hasSizeGreaterThan(15);
        assertThat(golden.get("cases").size()).isGreaterThan(4000);
    }
}
