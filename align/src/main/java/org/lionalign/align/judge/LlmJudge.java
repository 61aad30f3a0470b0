package org.lionalign.align.judge;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.lionalign.align.remote.ChatEndpoint;
import org.lionalign.align.remote.ChatOutcome;
import org.lionalign.align.remote.ChatReply;
import org.lionalign.align.remote.ChatRequest;
import org.lionalign.align.remote.ChatUsage;
import org.lionalign.align.text.ModelDigest;
import org.lionalign.core.chat.Message;
import org.lionalign.core.recipe.RecipeReader;

/**
 * A language model over an endpoint, asked at temperature 0.
 *
 * <p>Pairwise: every two different answers in both orders; {@code pairwise[i][j]} is 1 when i, shown first, is better than j, −1 when worse, 0
 * for a tie. An answer's score is the mean of {@code (M_ij − M_ji)/2} over the answers j that it was compared with in both orders, so that a
 * judge that always likes the first says nothing; where more than half of its comparisons failed, it has no score but the first failure.
 *
 * <p>Score: one rating for each answer.
 *
 * <p>Failures are the endpoint's ({@code timeout}, {@code refused}, {@code unavailable}, {@code garbled}), {@code unparsed} (no verdict, or none
 * that the prompt allows) and {@code refused} (the model would not judge). Hand it an endpoint with a cache and nothing is paid for twice.
 */
public final class LlmJudge implements Judge {
    private final ChatEndpoint endpoint;
    private final String model;
    private final JudgePrompt prompt;
    private final String identity;
    private final ChatUsage usage = new ChatUsage();
    private final Map<String, Long> unusable = new TreeMap<>();

    /**
     * @param endpoint is closed with this
     * @param model the server's name of the model
     */
    public LlmJudge(ChatEndpoint endpoint, String model, JudgePrompt prompt) {
        this.endpoint = endpoint;
        this.model = model;
        this.prompt = prompt;
        this.identity = "llm " + endpoint.identity() + " model " + model + " " + prompt.mode() + " prompt "
                + ModelDigest.text(RecipeReader.write(prompt));
    }

    @Override
    public String identity() {
        return identity;
    }

    /** What a request asks: question, and the indices of its different texts; {@code second} is −1 for scores. */
    private record Asked(int question, int first, int second) {}

    /** A question whose replies come in. */
    private static final class Open {
        private final Distinct distinct;
        private final double[][] verdicts; // pairwise [i][j], scores [i][0]
        private final @Nullable String[][] failures;
        private int missing;

        Open(Distinct distinct) {
            int n = distinct.texts().size();
            this.distinct = distinct;
            this.verdicts = new double[n][n];
            this.failures = new String[n][n];
        }
    }

    @Override
    public void judge(List<Question> questions, Sink sink) {
        List<ChatRequest> requests = new ArrayList<>();
        List<Asked> asked = new ArrayList<>();
        List<Open> open = new ArrayList<>();
        for (int q = 0; q < questions.size(); q++) {
            Question question = questions.get(q);
            Open state = new Open(Distinct.of(question.answers()));
            List<String> texts = state.distinct.texts();
            open.add(state);
            for (int i = 0; i < texts.size(); i++) {
                if (prompt.pairwise()) {
                    for (int j = 0; j < texts.size(); j++) {
                        if (i != j) {
                            requests.add(request(prompt.ask(question.prompt(), texts.get(i), texts.get(j))));
                            asked.add(new Asked(q, i, j));
                            state.missing++;
                        }
                    }
                } else {
                    requests.add(request(prompt.ask(question.prompt(), texts.get(i))));
                    asked.add(new Asked(q, i, -1));
                    state.missing++;
                }
            }
            if (state.missing == 0) {
                sink.onJudgement(q, judgement(state)); // one text: nothing to compare
            }
        }
        endpoint.complete(requests, (r, outcome) -> {
            usage.add(outcome);
            Asked about = asked.get(r);
            Open state = open.get(about.question());
            take(state, about, outcome);
            if (--state.missing == 0) {
                sink.onJudgement(about.question(), judgement(state));
            }
        });
    }

    private ChatRequest request(List<Message> messages) {
        return new ChatRequest(model, messages, 1, 0, 1, prompt.maxTokens(), List.of(), null, 0);
    }

    private void take(Open state, Asked about, ChatOutcome outcome) {
        int column = Math.max(0, about.second());
        double verdict = Double.NaN;
        String failure;
        if (outcome instanceof ChatOutcome.Replied replied) {
            ChatReply.Choice choice = replied.reply().choices().get(0);
            boolean refused =
                    choice.finish().equals("content_filter") || choice.finish().equals("refusal");
            verdict = refused ? Double.NaN : prompt.verdictOf(choice.text());
            failure = refused ? "refused" : "unparsed";
            if (Double.isNaN(verdict)) {
                unusable.merge(failure, 1L, Long::sum);
            }
        } else {
            failure = ((ChatOutcome.Failed) outcome).kind();
        }
        state.verdicts[about.first()][column] = verdict;
        state.failures[about.first()][column] = Double.isNaN(verdict) ? failure : null;
    }

    private Judgement judgement(Open state) {
        int n = state.distinct.texts().size();
        double[] scores = Scores.none(n);
        String[] failures = new String[n];
        for (int i = 0; i < n; i++) {
            if (!prompt.pairwise()) {
                scores[i] = state.verdicts[i][0];
                failures[i] = state.failures[i][0];
                continue;
            }
            int judged = 0;
            double sum = 0;
            String why = null;
            for (int j = 0; j < n; j++) {
                double margin = (state.verdicts[i][j] - state.verdicts[j][i]) / 2;
                if (i != j && !Double.isNaN(margin)) {
                    judged++;
                    sum += margin;
                } else if (i != j && why == null) {
                    why = state.failures[i][j] != null ? state.failures[i][j] : state.failures[j][i];
                }
            }
            if (2 * judged >= n - 1) {
                scores[i] = judged == 0 ? 0 : sum / judged;
            } else {
                failures[i] = why;
            }
        }
        return state.distinct.spread(scores, failures, prompt.pairwise() ? state.verdicts : new double[0][]);
    }

    /** As {@link ChatUsage}, and {@code unusable}: paid replies without a verdict, by reason. */
    @Override
    public ObjectNode usage() {
        ObjectNode node = usage.toJson();
        ObjectNode reasons = node.putObject("unusable");
        unusable.forEach(reasons::put);
        return node;
    }

    @Override
    public void close() {
        endpoint.close();
    }
}
