package org.lionalign.core.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.tokenizer.Encoded;
import org.lionalign.core.tokenizer.Tokenizer;

/** Where a prompt ends and an answer begins, with a tokenizer that merges across that boundary (PITFALLS 4; LION.md D9, D12). */
class EncodedChatTest {
    /** A token for each character, but two line breaks in a row are one token, as in many real vocabularies. */
    private static final class Merging implements Tokenizer {
        static final int BOTH = 1;

        @Override
        public Encoded encodeWithOffsets(String text) {
            List<int[]> tokens = new ArrayList<>();
            for (int at = 0; at < text.length(); ) {
                boolean both = text.startsWith("\n\n", at);
                tokens.add(new int[] {both ? BOTH : text.charAt(at), at, at + (both ? 2 : 1)});
                at += both ? 2 : 1;
            }
            return new Encoded(column(tokens, 0), column(tokens, 1), column(tokens, 2));
        }

        private static int[] column(List<int[]> rows, int column) {
            return rows.stream().mapToInt(row -> row[column]).toArray();
        }

        @Override
        public Encoded encode(String text, boolean[] data) {
            return encodeWithOffsets(text);
        }

        @Override
        public int[] encodeLiteral(String text) {
            return encode(text);
        }

        @Override
        public String decode(int[] ids, boolean skipSpecial) {
            StringBuilder text = new StringBuilder();
            Arrays.stream(ids).forEach(id -> text.append(id == BOTH ? "\n\n" : String.valueOf((char) id)));
            return text.toString();
        }

        @Override
        public int vocabularySize() {
            return 1 << 16;
        }

        @Override
        public OptionalInt idOf(String token) {
            return OptionalInt.empty();
        }

        @Override
        public String tokenOf(int id) {
            return String.valueOf((char) id);
        }

        @Override
        public Set<Integer> specialIds() {
            return Set.of();
        }

        @Override
        public String digest() {
            return "merging";
        }
    }

    private static final ChatTemplate TEMPLATE = ChatTemplate.of(
            "t",
            "{% for m in messages %}{{ m.role[0] }}\n{{ m.content }}$\n{% endfor %}{% if add_generation_prompt %}a\n{% endif %}",
            Map.of());

    private static String supervised(EncodedChat chat) {
        int[] kept = new int[chat.ids().length];
        int n = 0;
        for (int t = 0; t < kept.length; t++) {
            if (chat.supervised()[t]) {
                kept[n++] = chat.ids()[t];
            }
        }
        return new Merging().decode(Arrays.copyOf(kept, n), false);
    }

    @Test
    void thePromptIsAPrefixWhateverTheAnswerBeginsWith() {
        Tokenizer tokenizer = new Merging();
        for (String answer : new String[] {"yes", "\nyes", "\n\nyes", "", "\n"}) {
            Conversation asked = Conversation.of(new Message("user", "why"));
            EncodedChat whole = EncodedChat.encode(
                    TEMPLATE.render(asked.plus(new Message("assistant", answer))), tokenizer, turn -> true);
            int[] prompt = EncodedChat.encode(TEMPLATE.prompt(asked), tokenizer, turn -> true)
                    .ids();
            assertThat(Arrays.copyOf(whole.ids(), whole.promptLength())).isEqualTo(prompt);
            assertThat(supervised(whole)).isEqualTo(answer + "$");
            assertThat(tokenizer.decode(whole.ids(), false)).isEqualTo("u\nwhy$\na\n" + answer + "$\n");
        }
        // Tokenised apart, the prompt would have the line break that the joint text merges with the answer's.
        assertThat(tokenizer.encode("u\nwhy$\na\n").length).isEqualTo(tokenizer.encode("u\nwhy$\na\n\n").length);
    }

    @Test
    void onlyTheWantedTurnsAreSupervised() {
        Conversation chat = Conversation.of(
                new Message("user", "q"),
                new Message("assistant", "one"),
                new Message("user", "a\none$"), // the markers as text are nobody's turn
                new Message("assistant", "two"));
        RenderedChat rendered = TEMPLATE.render(chat);
        assertThat(supervised(EncodedChat.encode(rendered, new Merging(), turn -> true)))
                .isEqualTo("one$two$");
        assertThat(supervised(EncodedChat.encode(rendered, new Merging(), turn -> turn.message() == 3)))
                .isEqualTo("two$");
        assertThat(supervised(EncodedChat.encode(rendered, new Merging(), turn -> false)))
                .isEmpty();
    }

    @Test
    void aTurnWithoutItsStopTokenIsRefused() {
        EncodedChat chat = new EncodedChat(new int[] {5, 6, 7, 8}, new boolean[] {false, true, true, false}, 1);
        chat.checkStops(Set.of(7), "row 3");
        assertThatThrownBy(() -> chat.checkStops(Set.of(8), "row 3"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("row 3")
                .hasMessageContaining("stop token");
    }
}
