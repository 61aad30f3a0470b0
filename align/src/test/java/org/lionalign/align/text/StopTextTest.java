package org.lionalign.align.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.lionalign.core.tokenizer.HuggingFaceTokenizer;
import org.lionalign.core.tokenizer.StreamingDecoder;
import org.lionalign.core.tokenizer.Tokenizer;

class StopTextTest {
    private static final List<String> STOPS = List.of("sat on", "", "cat sat on the", "zebra");
    private static final String SAID = "The cat sat on the mat.";

    private final Tokenizer tokenizer =
            HuggingFaceTokenizer.load(Path.of(System.getProperty("lion.root", ".."), "models/cub"));

    @Test
    void nothingOfAStopTextIsToldAndWhatOnlyBeganLikeOneIs() {
        StopText text = new StopText(STOPS, new StreamingDecoder(tokenizer));
        StringBuilder told = new StringBuilder();
        for (int id : tokenizer.encode(SAID)) {
            if (!text.stopped()) {
                told.append(text.push(id));
                assertThat("The cat ".startsWith(told.toString()))
                        .as(told.toString())
                        .isTrue();
            }
        }
        told.append(text.rest());
        // "cat sat on the" begins before "sat on", but "sat on" is whole first.
        assertThat(told).hasToString("The cat ");
        assertThat(text.text()).isEqualTo("The cat ");
        assertThat(text.stopped()).isTrue();
        StopText other = new StopText(List.of("mat!"), new StreamingDecoder(tokenizer));
        for (int id : tokenizer.encode(SAID)) {
            other.push(id);
        }
        other.rest();
        assertThat(other.text()).isEqualTo(SAID);
        assertThat(other.stopped()).isFalse();
    }

    @Test
    void aWholeRunEndsWhereOneAnswerWouldAndAnEmptyStopEndsNothing() {
        int[] ids = tokenizer.encode(SAID);
        StopText alone = new StopText(List.of("sat on"), new StreamingDecoder(tokenizer));
        StopTexts run = new StopTexts(tokenizer, List.of("sat on"));
        StopTexts empty = new StopTexts(tokenizer, List.of(""));
        for (int i = 0; i < ids.length && !alone.stopped(); i++) {
            alone.push(ids[i]);
            assertThat(run.onToken(0, 1, ids[i])).isEqualTo(!alone.stopped());
            assertThat(empty.onToken(0, 1, ids[i])).isTrue();
        }
        assertThat(alone.stopped()).isTrue();
        assertThat(run.cut(SAID)).isEqualTo(alone.text());
        assertThat(empty.cut(SAID)).isEqualTo(SAID);
    }
}
