package org.lionalign.align.remote;

import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.http.RetryPolicy;
import org.lionalign.core.http.Time;
import org.lionalign.core.json.Json;
import org.lionalign.core.recipe.ServerRecipe;

/**
 * An OpenAI-compatible server ({@code POST …/chat/completions}): vLLM, sglang, llama-server, or a paid service.
 *
 * <p>408, 409, 429, 5xx, broken connections, silence and replies that are not the protocol are tried again with back-off, not before
 * {@code Retry-After}; other 4xx are final. Requests run at the same time, as many as the recipe's {@code concurrency}, over all callers.
 *
 * <p>The key stands in the request's header and nowhere else: not in {@link #identity}, not in an outcome.
 */
public final class OpenAiEndpoint implements ChatEndpoint {
    private final URI address;
    private final String identity;
    private final @Nullable String key;
    private final Duration timeout;
    private final RetryPolicy retries;
    private final Time time;
    private final HttpClient client;
    private final ExecutorService workers; // its size is the bound on requests in flight

    /** An endpoint with the key from the environment; a variable that is not set means a server that wants none. */
    public static OpenAiEndpoint open(ServerRecipe server) {
        return open(server, RetryPolicy.of(server.retries(), Duration.ofSeconds(server.timeoutSeconds())));
    }

    /** The same with waits of one's own; the recipe's retries are not read. */
    public static OpenAiEndpoint open(ServerRecipe server, RetryPolicy retries) {
        return new OpenAiEndpoint(server, System.getenv(server.keyVariable()), retries, Time.SYSTEM);
    }

    OpenAiEndpoint(ServerRecipe server, @Nullable String key, RetryPolicy retries, Time time) {
        this.address = address(server.url());
        this.identity = "openai " + address;
        this.key = checkedKey(key, server.keyVariable());
        this.timeout = Duration.ofSeconds(server.timeoutSeconds());
        this.retries = retries;
        this.time = time;
        // Over plain HTTP the client would ask to upgrade to HTTP/2, which some servers refuse.
        boolean plain = "http".equals(address.getScheme());
        this.client = HttpClient.newBuilder()
                .version(plain ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2)
                .connectTimeout(timeout)
                .build();
        this.workers = Executors.newFixedThreadPool(server.concurrency(), task -> {
            Thread thread = new Thread(task, "chat-request");
            thread.setDaemon(true);
            return thread;
        });
    }

    private static URI address(String url) {
        URI uri;
        try {
            uri = URI.create(url.replaceAll("/+$", "") + "/chat/completions");
        } catch (IllegalArgumentException e) {
            throw new BadInput("server.url: expected an address, found one with forbidden characters", e);
        }
        if (uri.getHost() == null || uri.getUserInfo() != null || uri.getQuery() != null || uri.getFragment() != null) {
            // The address is written into manifests: it must not be a place for secrets.
            throw new BadInput("server.url: expected http(s)://host[:port]/path without user, query and fragment,"
                    + " found something else (keys come from the environment)");
        }
        return uri;
    }

    private static @Nullable String checkedKey(@Nullable String key, String variable) {
        if (key == null || key.isBlank()) {
            return null;
        }
        String clean = key.strip();
        if (!clean.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new BadInput("environment variable " + variable
                    + ": expected a key of visible ASCII characters, found others (its value is not shown)");
        }
        return clean;
    }

    @Override
    public String identity() {
        return identity;
    }

    @Override
    public List<ChatOutcome> complete(List<ChatRequest> requests) {
        ChatOutcome[] outcomes = new ChatOutcome[requests.size()];
        complete(requests, (r, outcome) -> outcomes[r] = outcome);
        return List.of(outcomes);
    }

    @Override
    public void complete(List<ChatRequest> requests, Sink sink) {
        // A worker hands its outcome on before it asks again: when the process dies, no more replies are lost than were
        // on their way.
        Object oneAtATime = new Object();
        AtomicBoolean stopped = new AtomicBoolean();
        List<Future<?>> all = new ArrayList<>();
        for (int r = 0; r < requests.size(); r++) {
            int number = r;
            all.add(workers.submit(() -> {
                if (stopped.get()) {
                    return null;
                }
                ChatOutcome outcome = complete(requests.get(number));
                synchronized (oneAtATime) {
                    if (!stopped.get()) {
                        try {
                            sink.onOutcome(number, outcome);
                        } catch (RuntimeException | Error e) {
                            stopped.set(true);
                            throw e;
                        }
                    }
                }
                return null;
            }));
        }
        try {
            for (Future<?> future : all) {
                future.get();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (CancellationException) new CancellationException("interrupted").initCause(e);
        } catch (ExecutionException e) {
            if (e.getCause() instanceof RuntimeException failed) {
                throw failed;
            }
            throw new IllegalStateException(e.getCause());
        } finally {
            stopped.set(true);
            all.forEach(future -> future.cancel(true)); // nothing is asked for that nobody takes
        }
    }

    private ChatOutcome complete(ChatRequest request) throws InterruptedException {
        String body = Json.write(ChatJson.body(request));
        SplittableRandom jitter = new SplittableRandom(body.hashCode()); // spread over requests, the same in every run
        long start = time.nanos();
        for (int attempt = 1; ; attempt++) {
            Duration left = retries.deadline().minusNanos(time.nanos() - start);
            Attempt attempted = attempt(body, request.n(), left.compareTo(timeout) < 0 ? left : timeout);
            if (attempted.reply() != null) {
                return new ChatOutcome.Replied(attempted.reply(), false);
            }
            ChatOutcome.Failed failed = new ChatOutcome.Failed(attempted.kind(), redacted(attempted.detail()), attempt);
            if (!attempted.again() || attempt >= retries.attempts()) {
                return failed;
            }
            Duration wait = retries.delay(attempt, jitter.nextDouble());
            if (attempted.retryAfter() != null && attempted.retryAfter().compareTo(wait) > 0) {
                wait = attempted.retryAfter();
            }
            left = retries.deadline().minusNanos(time.nanos() - start);
            if (wait.compareTo(left) >= 0) {
                return new ChatOutcome.Failed(
                        failed.kind(), failed.detail() + "; no time left for another attempt", attempt);
            }
            time.sleep(wait);
        }
    }

    /**
     * One request's end.
     *
     * @param again whether another attempt may help
     * @param retryAfter what the server asked for
     */
    private record Attempt(
            @Nullable ChatReply reply,
            String kind,
            String detail,
            boolean again,
            @Nullable Duration retryAfter) {
        static Attempt failed(String kind, String detail, boolean again) {
            return new Attempt(null, kind, detail, again, null);
        }
    }

    private Attempt attempt(String body, int n, Duration limit) throws InterruptedException {
        HttpRequest.Builder builder = HttpRequest.newBuilder(address)
                .header("Content-Type", "application/json")
                .header("Accept", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
        if (key != null) {
            builder.header("Authorization", "Bearer " + key);
        }
        // The client's own timeout ends with the headers; a server may fall silent after them.
        CompletableFuture<HttpResponse<byte[]>> sent =
                client.sendAsync(builder.build(), HttpResponse.BodyHandlers.ofByteArray());
        try {
            return outcome(sent.get(Math.max(1, limit.toMillis()), TimeUnit.MILLISECONDS), n);
        } catch (TimeoutException e) {
            return Attempt.failed("timeout", "no whole answer within " + limit.toMillis() + " ms", true);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause();
            if (cause instanceof IOException) {
                return Attempt.failed(
                        cause instanceof java.net.http.HttpTimeoutException ? "timeout" : "unavailable",
                        cause.getClass().getSimpleName() + ": " + cause.getMessage(),
                        true);
            }
            throw new IllegalStateException(cause);
        } finally {
            sent.cancel(true);
        }
    }

    private static Attempt outcome(HttpResponse<byte[]> response, int n) {
        String text = new String(response.body(), StandardCharsets.UTF_8);
        int status = response.statusCode();
        if (status == 200) {
            try {
                ChatReply reply = ChatJson.reply(text);
                // Fewer come from a server that does not know n; they are paid for, and the caller asks for the rest.
                return reply.choices().size() <= n
                        ? new Attempt(reply, "", "", false, null)
                        : Attempt.failed(
                                "garbled",
                                "asked for n = " + n + " completions, got "
                                        + reply.choices().size(),
                                false);
            } catch (BadInput e) {
                return Attempt.failed("garbled", ChatJson.shortened(String.valueOf(e.getMessage())), true);
            }
        }
        String detail = "HTTP " + status + ": " + ChatJson.shortened(text);
        if (RetryPolicy.mayHelp(status)) {
            return new Attempt(
                    null,
                    "unavailable",
                    detail,
                    true,
                    response.headers()
                            .firstValue("Retry-After")
                            .map(value -> RetryPolicy.retryAfter(value, Instant.now()))
                            .orElse(null));
        }
        return Attempt.failed("refused", detail, false);
    }

    /** Servers quote wrong keys in their errors. */
    private String redacted(String detail) {
        String clean = key == null ? detail : detail.replace(key, "***");
        return clean.replaceAll("\\b(sk|key)-[\\w*.-]{6,}", "***");
    }

    @Override
    public void close() {
        workers.shutdownNow();
    }
}
