package org.lionalign.align.sample;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.train.StepPlanner;
import org.lionalign.core.chat.Conversation;
import org.lionalign.core.chat.Message;
import org.lionalign.core.data.ChatRows;
import org.lionalign.core.data.Ledger;
import org.lionalign.core.data.Mixture;
import org.lionalign.core.data.PairRows;
import org.lionalign.core.data.Permutation;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.data.RowReader;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.recipe.StageRecipe;

/**
 * Prompts of sources: rows with {@code prompt} (text or messages), {@code messages} (without the assistant's last turn), preference pairs
 * (the turns before the answer), or any layout of {@link ChatRows}. A row without a prompt, and a prompt that occurred before, are set aside
 * in the ledger.
 */
public final class PromptRows {
    /** @param ledger rows in = prompts + rows set aside, by source and reason */
    public record Read(List<Prompt> prompts, Ledger ledger) {}

    private PromptRows() {}

    /**
     * All prompts, in the order of the rows.
     *
     * @param limit the first so many of the seeded order; null for all
     */
    public static Read read(List<StageRecipe.Source> sources, @Nullable Integer limit, long seed) {
        Ledger ledger = new Ledger();
        List<Prompt> all = new ArrayList<>();
        Set<String> seen = new HashSet<>();
        for (StageRecipe.Source source : sources) {
            if (source.fraction() > 1) {
                throw new BadInput("prompts: " + source.path()
                        + ": fraction: expected at most 1 (a repeated prompt has the same answers), found "
                        + source.fraction());
            }
            String name = source.path() + (source.split() == null ? "" : "#" + source.split());
            List<Prompt> found = new ArrayList<>();
            for (Path file : RowFiles.files(Path.of(source.path()), source.split())) {
                readFile(file, name, source.layout(), seen, found, ledger);
            }
            int[] rows = Mixture.rows(
                    found.size(),
                    source.fraction(),
                    StepPlanner.derivedSeed("fraction/" + source.lastName(), seed),
                    false);
            ledger.notDrawn(name, found.size() - rows.length);
            for (int row : rows) {
                all.add(found.get(row));
            }
        }
        ledger.check();
        if (limit != null && limit < all.size()) {
            int[] order = Permutation.of(StepPlanner.derivedSeed("prompts", seed) & Long.MAX_VALUE, all.size());
            List<Prompt> first = new ArrayList<>();
            for (int i = 0; i < limit; i++) {
                first.add(all.get(order[i]));
            }
            return new Read(first, ledger);
        }
        return new Read(all, ledger);
    }

    private static void readFile(
            Path file, String name, @Nullable String layout, Set<String> seen, List<Prompt> found, Ledger ledger) {
        try (RowReader rows = RowFiles.open(file)) {
            for (RowReader.Row row = rows.next(); row != null; row = rows.next()) {
                ledger.read(name);
                JsonNode value = row.value();
                if (!(value instanceof ObjectNode object)) {
                    ledger.setAside(name, value == null ? "not JSON" : "not an object");
                    continue;
                }
                try {
                    Prompt prompt = new Prompt(file + ":" + row.number(), name, prompt(object, layout), object);
                    if (seen.add(prompt.digest())) {
                        found.add(prompt);
                        ledger.keep(name);
                    } else {
                        ledger.setAside(name, Ledger.DUPLICATE);
                    }
                } catch (ChatRows.Unusable e) {
                    ledger.setAside(name, String.valueOf(e.getMessage()));
                }
            }
        }
    }

    /** The conversation before the answer. */
    static Conversation prompt(ObjectNode row, @Nullable String layout) throws ChatRows.Unusable {
        Conversation prompt;
        if (layout != null) {
            prompt = withoutAnswer(ChatRows.conversation(row, ChatRows.Layout.named(layout)));
        } else if (PairRows.layout(row) != null) {
            prompt = PairRows.promptOf(row);
        } else if (row.has("messages")) {
            prompt = withoutAnswer(ChatRows.turns(row, "messages"));
        } else if (row.path("prompt").isArray()) {
            prompt = withoutAnswer(ChatRows.turns(row, "prompt"));
        } else if (row.path("prompt").isTextual()) {
            Message question = new Message("user", row.get("prompt").textValue());
            String system = row.path("system").asText("");
            prompt = system.isBlank()
                    ? Conversation.of(question)
                    : Conversation.of(new Message("system", system), question);
        } else {
            prompt = withoutAnswer(ChatRows.conversation(row));
        }
        List<Message> turns = prompt.messages();
        if (turns.isEmpty() || turns.get(turns.size() - 1).content().isBlank()) {
            throw new ChatRows.Unusable("empty prompt");
        }
        return prompt;
    }

    private static Conversation withoutAnswer(Conversation conversation) {
        List<Message> turns = conversation.messages();
        return turns.get(turns.size() - 1).isAssistant()
                ? new Conversation(turns.subList(0, turns.size() - 1), conversation.extra())
                : conversation;
    }
}
