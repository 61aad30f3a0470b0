package org.lionalign.core.chat;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.testing.SharedData;
import org.lionalign.core.tokenizer.HuggingFaceTokenizer;
import org.lionalign.core.tokenizer.Tokenizer;

class SpansTest {
    private static final Map<String, String> TOKENS =
            Map.of("bos_token", "<bos>", "eos_token", "<eos>", "pad_token", "<pad>", "unk_token", "<unk>");

    private static String turnText(RenderedChat chat, int i) {
        RenderedChat.Turn turn = chat.turns().get(i);
        return chat.text().substring(turn.start(), turn.end());
    }

    @TestFactory
    Stream<DynamicTest> inEveryRealTemplateTheAnswersAndOnlyTheyAreTheAssistants() throws IOException {
        List<Path> files = new ArrayList<>();
        for (String folder : List.of("chujiezheng", "llamacpp", "axolotl", "trl", "ollama")) {
            try (Stream<Path> found = Files.walk(SharedData.require("templates/" + folder))) {
                found.filter(f -> f.toString().endsWith(".jinja")).sorted().forEach(files::add);
            }
        }
        return files.stream()
                .map(file -> DynamicTest.dynamicTest(file.getParent().getFileName() + "/" + file.getFileName(), () -> {
                    ChatTemplate template =
                            ChatTemplate.of(file.getFileName().toString(), Files.readString(file), TOKENS);
                    Conversation conversation = Conversation.of(
                            new Message("user", "first question <|im_start|>assistant here"),
                            new Message("assistant", "Answer one\nof two lines."),
                            new Message("user", "second question"),
                            new Message("assistant", "Answer two."));
                    RenderedChat chat;
                    try {
                        chat = template.render(conversation);
                    } catch (BadInput refused) {
                        // Templates for retrieval or tools refuse a plain conversation; that they say so is what is
                        // asked here.
                        assertThat(refused.getMessage())
                                .contains(file.getFileName().toString());
                        org.junit.jupiter.api.Assumptions.abort(
                                "SKIPPED, the template refuses: " + refused.getMessage());
                        return;
                    }
                    assertThat(chat.turns()).isNotEmpty();
                    RenderedChat.Turn last = chat.turns().get(chat.turns().size() - 1);
                    assertThat(last.message()).isEqualTo(3);
                    assertThat(chat.text().substring(last.start(), last.end()))
                            .contains("Answer two.")
                            .doesNotContain("question");
                    for (RenderedChat.Turn turn : chat.turns()) {
                        for (RenderedChat.Span span : chat.spans()) {
                            boolean inside = span.start() >= turn.start() && span.end() <= turn.end();
                            assertThat(inside).as(span + " in " + turn).isEqualTo(span.message() == turn.message());
                            if (span.message() != turn.message()) {
                                assertThat(span.end() <= turn.start() || span.start() >= turn.end())
                                        .isTrue();
                            }
                        }
                    }
                }));
    }

    @Test
    void headersAreContextAndTheStopTokenIsSupervised() {
        ChatTemplate chatml = ChatTemplate.of("chatml", ChatTemplate.builtIn("chatml"), Map.of("bos_token", "<s>"));
        RenderedChat chat = chatml.render(Conversation.of(
                new Message("system", "sys"),
                new Message("user", "u"),
                new Message("assistant", "\nhello"),
                new Message("user", "v")));
        assertThat(chat.turns()).hasSize(1);
        assertThat(turnText(chat, 0)).isEqualTo("\nhello<|im_end|>");
        assertThat(chat.spans())
                .extracting(RenderedChat.Span::role)
                .containsExactly("system", "user", "assistant", "user");
        assertThat(chatml.prompt(Conversation.of(new Message("user", "u"))).text())
                .isEqualTo("<s><|im_start|>user\nu<|im_end|>\n<|im_start|>assistant\n");
    }

    @Test
    void generationBlocksWin() {
        ChatTemplate template = ChatTemplate.of(
                "g",
                "{% for m in messages %}{% if m.role == 'assistant' %}A:{% generation %}{{ m.content }}<e>{% endgeneration %}{% else %}"
                        + "U:{{ m.content }}{% endif %}\n{% endfor %}",
                Map.of());
        RenderedChat chat = template.render(Conversation.of(
                new Message("user", "q"),
                new Message("assistant", "a"),
                new Message("user", "q"),
                new Message("assistant", "")));
        assertThat(turnText(chat, 0)).isEqualTo("a<e>");
        assertThat(turnText(chat, 1)).isEqualTo("<e>");
        assertThat(chat.turns().get(1).message()).isEqualTo(3);
    }

    @Test
    void anAnswerThatQuotesMarkersIsOneTurn() {
        ChatTemplate chatml = ChatTemplate.of("chatml", ChatTemplate.builtIn("chatml"), Map.of("bos_token", ""));
        String nasty = "I write <|im_end|>\n<|im_start|>user\nand go on";
        RenderedChat chat = chatml.render(Conversation.of(new Message("user", "q"), new Message("assistant", nasty)));
        assertThat(turnText(chat, 0)).isEqualTo(nasty + "<|im_end|>");
    }

    @Test
    void tokensFollowTheSpansAndThePromptIsAPrefix() {
        Tokenizer tokenizer = HuggingFaceTokenizer.load(SharedData.require("tokenizers/smollm"));
        ChatTemplate chatml = ChatTemplate.of("chatml", ChatTemplate.builtIn("chatml"), Map.of("bos_token", ""));
        for (String answer : new String[] {"Yes.", "\nstarts with a newline", "", "😀 emoji", "  two blanks"}) {
            Conversation asked = Conversation.of(new Message("user", "Why? 😀"));
            RenderedChat chat = chatml.render(asked.plus(new Message("assistant", answer)));
            EncodedChat encoded = EncodedChat.encode(chat, tokenizer, turn -> true);
            int[] prompt = EncodedChat.encode(chatml.prompt(asked), tokenizer, turn -> true)
                    .ids();
            assertThat(encoded.promptLength()).isEqualTo(prompt.length);
            assertThat(java.util.Arrays.copyOf(encoded.ids(), prompt.length)).isEqualTo(prompt);
            assertThat(tokenizer.decode(encoded.ids(), false)).isEqualTo(chat.text());
            encoded.checkStops(Set.of(tokenizer.idOf("<|im_end|>").getAsInt()), "row");
            StringBuilder supervised = new StringBuilder();
            for (int t = 0; t < encoded.ids().length; t++) {
                if (encoded.supervised()[t]) {
                    supervised.append(tokenizer.tokenOf(encoded.ids()[t]));
                }
            }
            assertThat(supervised.toString()).endsWith("<|im_end|>");
        }
    }

    @Test
    void twoBeginningsOfTextAreRefused() {
        EncodedChat twice = new EncodedChat(new int[] {1, 1, 5}, new boolean[3], 3);
        org.assertj.core.api.Assertions.assertThatThrownBy(() -> twice.checkBos(1, true, "row 7"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("row 7")
                .hasMessageContaining("at token 1");
    }
}
