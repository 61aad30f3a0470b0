package org.lionalign.core.hub;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.ConnectException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.concurrent.CancellationException;
import java.util.function.LongSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.http.RetryPolicy;
import org.lionalign.core.http.Time;
import org.lionalign.core.json.Json;

/**
 * The hub's interface: a revision's commit, the listing of a commit, a file's bytes from a place on. 408, 409, 429, 5xx, broken and silent
 * connections are tried again, not before {@code Retry-After}, as long as anything comes; other answers are final and say what to do.
 */
final class HubClient {
    private static final int MOST_REDIRECTS = 10;
    private static final int BUFFER = 1 << 16;
    private static final Pattern NEXT = Pattern.compile("<([^>]+)>\\s*;[^,]*rel=\"?next\"?");

    private final HubSettings settings;
    private final RetryPolicy retries;
    private final Time time;
    private final Duration silence;
    private final HttpClient client;

    /** @param silence how long a server may say nothing before the connection counts as broken */
    HubClient(HubSettings settings, RetryPolicy retries, Time time, Duration silence) {
        this.settings = settings;
        this.retries = retries;
        this.time = time;
        this.silence = silence;
        boolean plain = "http".equals(settings.endpoint().getScheme());
        this.client = HttpClient.newBuilder()
                .version(plain ? HttpClient.Version.HTTP_1_1 : HttpClient.Version.HTTP_2)
                // Redirects are followed here: the JDK would take the token along to the other host.
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(silence)
                .build();
    }

    /** Something another attempt may get over. */
    private static final class Again extends IOException {
        private static final long serialVersionUID = 1L;

        private final transient @Nullable Duration retryAfter;

        Again(String message, @Nullable Duration retryAfter) {
            super(message);
            this.retryAfter = retryAfter;
        }
    }

    /** One attempt. */
    @FunctionalInterface
    private interface Exchange<T> {
        T run() throws IOException, InterruptedException;
    }

    /** Takes the bytes of a file. */
    interface Sink {
        /** How many are there already. */
        long have();

        /** Everything is forgotten: the server begins at the start. */
        void restart();

        void write(byte[] bytes, int count);
    }

    /** The commit that a branch or tag stands at. */
    String commit(HubAddress address) {
        URI uri = api(address, "revision", address.revision());
        JsonNode sha = json(address, uri).body().path("sha");
        if (!sha.isTextual() || !sha.textValue().matches("[0-9a-f]{40}")) {
            throw new BadInput(address + ": " + uri + ": expected a commit in sha, found " + sha);
        }
        return sha.textValue();
    }

    /** All files of a commit. */
    List<HubFile> files(HubAddress address, String commit) {
        List<HubFile> files = new ArrayList<>();
        URI next = URI.create(api(address, "tree", commit) + "?recursive=true");
        while (next != null) {
            Page page = json(address, next);
            for (JsonNode entry : page.body()) {
                if (entry.path("type").asText().equals("file")) {
                    files.add(HubFile.listed(entry));
                }
            }
            next = page.next();
        }
        return files;
    }

    private URI api(HubAddress address, String what, String revision) {
        return URI.create(settings.endpoint() + "/api/" + address.kind().plural() + "/" + address.repository() + "/"
                + what + "/" + encoded(revision));
    }

    private static String encoded(String segment) {
        return URLEncoder.encode(segment, StandardCharsets.UTF_8).replace("+", "%20");
    }

    private record Page(JsonNode body, @Nullable URI next) {}

    private Page json(HubAddress address, URI uri) {
        return retrying(address, () -> 0, () -> {
            HttpResponse<InputStream> response = send(uri, 0, null);
            try (InputStream in = response.body()) {
                if (response.statusCode() != 200) {
                    throw refused(address, response);
                }
                ByteArrayOutputStream bytes = new ByteArrayOutputStream();
                copy(in, (buffer, count) -> bytes.write(buffer, 0, count));
                Matcher next =
                        NEXT.matcher(response.headers().firstValue("Link").orElse(""));
                JsonNode body = Json.parse(bytes.toString(StandardCharsets.UTF_8), uri.toString());
                return new Page(body, next.find() ? uri.resolve(next.group(1)) : null);
            }
        });
    }

    /** Brings what a sink lacks of a file. */
    void download(HubAddress address, String commit, HubFile file, Sink sink) {
        String path =
                Arrays.stream(file.path().split("/")).map(HubClient::encoded).collect(Collectors.joining("/"));
        URI uri = URI.create(settings.endpoint() + "/" + address.kind().page() + address.repository() + "/resolve/"
                + commit + "/" + path);
        retrying(address, sink::have, () -> {
            if (sink.have() > file.size()) {
                sink.restart();
            }
            if (sink.have() == file.size()) {
                return file;
            }
            long from = sink.have();
            HttpResponse<InputStream> response = send(uri, from, file.blob());
            try (InputStream in = response.body()) {
                switch (response.statusCode()) {
                    case 200 -> sink.restart();
                    case 206 -> {
                        String range =
                                response.headers().firstValue("Content-Range").orElse("");
                        if (!range.startsWith("bytes " + from + "-")) {
                            sink.restart();
                            throw new Again("asked for bytes from " + from + ", got " + range, null);
                        }
                    }
                    case 416 -> {
                        sink.restart();
                        throw new Again("there are no bytes from " + from + " on", null);
                    }
                    default -> throw refused(address, response);
                }
                copy(in, (buffer, count) -> {
                    if (sink.have() + count > file.size()) {
                        sink.restart();
                        throw new BadInput(address + ": " + file.path() + ": expected " + file.size()
                                + " bytes as the hub lists it, found more");
                    }
                    sink.write(buffer, count);
                });
            }
            if (sink.have() < file.size()) {
                throw new Again("the connection ended after " + sink.have() + " of " + file.size() + " bytes", null);
            }
            return file;
        });
    }

    private <T> T retrying(HubAddress address, LongSupplier progress, Exchange<T> exchange) {
        SplittableRandom jitter = new SplittableRandom();
        long start = time.nanos();
        long before = progress.getAsLong();
        try {
            for (int attempt = 1; ; attempt++) {
                IOException failed;
                try {
                    return exchange.run();
                } catch (IOException e) {
                    failed = e;
                }
                if (progress.getAsLong() > before) {
                    before = progress.getAsLong();
                    attempt = 1;
                    start = time.nanos();
                }
                Duration wait = retries.delay(attempt, jitter.nextDouble());
                Duration asked = failed instanceof Again again ? again.retryAfter : null;
                wait = asked != null && asked.compareTo(wait) > 0 ? asked : wait;
                Duration left = retries.deadline().minusNanos(time.nanos() - start);
                if (attempt >= retries.attempts() || wait.compareTo(left) >= 0) {
                    throw new BadInput(
                            redacted(
                                    address + ": " + settings.endpoint() + " failed " + attempt + " times: "
                                            + said(failed)
                                            + "; the same command goes on from here, and HF_HUB_OFFLINE=1 takes what the cache has"),
                            failed);
                }
                time.sleep(wait);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw (CancellationException) new CancellationException("interrupted").initCause(e);
        }
    }

    private static String said(IOException failed) {
        String message = failed.getMessage();
        if (failed instanceof Again) {
            return String.valueOf(message);
        }
        return failed instanceof ConnectException
                ? "it cannot be reached" + (message == null ? "" : " (" + message + ")")
                : failed.getClass().getSimpleName() + (message == null ? "" : ": " + message);
    }

    /**
     * Sends a request and follows redirects, the token to the hub alone.
     *
     * @param from first byte that is wanted
     * @param blob the hash that the hub must name where it redirects to its store, null where none is known
     */
    private HttpResponse<InputStream> send(URI uri, long from, @Nullable String blob)
            throws IOException, InterruptedException {
        URI at = uri;
        for (int hop = 0; hop <= MOST_REDIRECTS; hop++) {
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(at).timeout(silence).header("User-Agent", "lion");
            if (from > 0) {
                request.header("Range", "bytes=" + from + "-");
            }
            if (settings.token() != null && sameOrigin(at, settings.endpoint())) {
                request.header("Authorization", "Bearer " + settings.token());
            }
            HttpResponse<InputStream> response =
                    client.send(request.build(), HttpResponse.BodyHandlers.ofInputStream());
            String etag = response.headers().firstValue("X-Linked-Etag").orElse("");
            String named = etag.replaceFirst("^W/", "").replace("\"", "");
            if (blob != null && !named.isEmpty() && !named.equals(blob)) {
                response.body().close();
                throw new BadInput(at + ": expected the content " + blob + " as the hub lists it, found " + named);
            }
            String location = response.headers().firstValue("Location").orElse(null);
            if (response.statusCode() / 100 != 3 || location == null) {
                return response;
            }
            response.body().close();
            URI next = at.resolve(location);
            if ("https".equals(at.getScheme()) && !"https".equals(next.getScheme())) {
                throw new BadInput(at + ": expected a redirect to https, found " + next.getScheme());
            }
            at = next;
        }
        throw new BadInput(uri + ": expected at most " + MOST_REDIRECTS + " redirects, found more");
    }

    private static boolean sameOrigin(URI a, URI b) {
        return Objects.equals(a.getScheme(), b.getScheme())
                && Objects.equals(a.getHost(), b.getHost())
                && a.getPort() == b.getPort();
    }

    @FunctionalInterface
    private interface Bytes {
        void take(byte[] buffer, int count);
    }

    /** Reads to the end; a server that says nothing for too long is hung up on, for the JDK's time limits end with the headers. */
    private void copy(InputStream in, Bytes bytes) throws IOException, InterruptedException {
        long[] heard = {System.nanoTime()};
        boolean[] done = {false};
        boolean[] hungUp = {false};
        Thread watch = new Thread(
                () -> {
                    synchronized (heard) {
                        while (!done[0]) {
                            long left = silence.toMillis() - (System.nanoTime() - heard[0]) / 1_000_000;
                            if (left <= 0) {
                                hungUp[0] = true;
                                break;
                            }
                            try {
                                heard.wait(left);
                            } catch (InterruptedException e) {
                                return;
                            }
                        }
                    }
                    if (hungUp[0]) {
                        try {
                            in.close();
                        } catch (IOException e) {
                            // the reader finds out
                        }
                    }
                },
                "hub-watch");
        watch.setDaemon(true);
        watch.start();
        try {
            byte[] buffer = new byte[BUFFER];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                bytes.take(buffer, count);
                synchronized (heard) {
                    heard[0] = System.nanoTime();
                }
            }
        } catch (IOException e) {
            throw hungUp[0] ? new Again("nothing came for " + silence.toSeconds() + " s", null) : e;
        } finally {
            synchronized (heard) {
                done[0] = true;
                heard.notifyAll();
            }
            watch.join();
        }
        if (hungUp[0]) {
            throw new Again("nothing came for " + silence.toSeconds() + " s", null);
        }
    }

    /** What an answer without the file means for people. */
    private IOException refused(HubAddress address, HttpResponse<InputStream> response) throws IOException {
        int status = response.statusCode();
        String code = response.headers().firstValue("X-Error-Code").orElse("");
        String message = response.headers().firstValue("X-Error-Message").orElse("");
        if (message.isEmpty()) {
            message = new String(response.body().readNBytes(300), StandardCharsets.UTF_8)
                    .replaceAll("\\s+", " ")
                    .strip();
        }
        String answer = "HTTP " + status + (message.isEmpty() ? "" : ": " + message);
        if (RetryPolicy.mayHelp(status)) {
            return new Again(
                    answer,
                    response.headers()
                            .firstValue("Retry-After")
                            .map(value -> RetryPolicy.retryAfter(value, Instant.now()))
                            .orElse(null));
        }
        String page = settings.endpoint() + "/" + address.kind().page() + address.repository();
        String token = settings.token() == null ? "HF_TOKEN is not set" : "HF_TOKEN is set";
        String what;
        if (code.equals("GatedRepo") || (status == 403 && code.isEmpty())) {
            what = "gated: ask for access on " + page + ", then set HF_TOKEN to a token of that account (" + token
                    + ")";
        } else if (code.equals("RevisionNotFound")) {
            what = "no such revision: " + address.revision();
        } else if (code.equals("EntryNotFound")) {
            what = "no such file";
        } else if (status == 401 || code.equals("RepoNotFound")) {
            what = "no such repository under " + page + ", or a private one; private ones need HF_TOKEN (" + token
                    + ")";
        } else if (status == 404) {
            what = "not found under " + page;
        } else {
            what = "refused";
        }
        throw new BadInput(redacted(address + ": " + what + "; " + answer));
    }

    private String redacted(String text) {
        String token = settings.token();
        return (token == null ? text : text.replace(token, "***")).replaceAll("\\bhf_\\w{6,}", "***");
    }
}
