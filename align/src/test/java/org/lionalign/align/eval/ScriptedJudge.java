package org.lionalign.align.eval;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.lionalign.align.remote.ChatEndpoint;
import org.lionalign.align.remote.ChatOutcome;
import org.lionalign.align.remote.ChatReply;
import org.lionalign.align.remote.ChatRequest;

/** A judge that does what a test says, and remembers what it was asked. */
public final class ScriptedJudge implements ChatEndpoint {
    /** What a kill looks like from inside. */
    public static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private final Function<ChatRequest, ChatOutcome> script;
    private final List<ChatRequest> answered = new ArrayList<>();
    private int left = Integer.MAX_VALUE;

    public ScriptedJudge(Function<ChatRequest, ChatOutcome> script) {
        this.script = script;
    }

    /** Dies in place of the next answer after so many. */
    public ScriptedJudge dyingAfter(int answers) {
        left = answers;
        return this;
    }

    @Override
    public String identity() {
        return "scripted";
    }

    @Override
    public List<ChatOutcome> complete(List<ChatRequest> requests) {
        throw new UnsupportedOperationException("outcomes are to be kept as they come");
    }

    @Override
    public void complete(List<ChatRequest> requests, Sink sink) {
        for (int r = 0; r < requests.size(); r++) {
            if (left-- == 0) {
                throw new Killed();
            }
            answered.add(requests.get(r));
            sink.onOutcome(r, script.apply(requests.get(r)));
        }
    }

    /** Every request that was answered, in order. */
    public List<ChatRequest> answered() {
        return answered;
    }

    /** The last user turn: what the judge is to judge. */
    public static String prompt(ChatRequest request) {
        return request.messages().get(1).content();
    }

    public static ChatOutcome text(String text) {
        return new ChatOutcome.Replied(
                new ChatReply(List.of(new ChatReply.Choice(text, "stop", List.of())), "scripted", 1, 1), false);
    }

    public static ChatOutcome token(Map<String, Double> top) {
        ChatReply.Token token = new ChatReply.Token("m", -1, top);
        return new ChatOutcome.Replied(
                new ChatReply(List.of(new ChatReply.Choice("m", "length", List.of(token))), "scripted", 1, 1), false);
    }

    public static ChatOutcome failed() {
        return new ChatOutcome.Failed("timeout", "scripted", 4);
    }
}
