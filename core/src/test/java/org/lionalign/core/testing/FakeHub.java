package org.lionalign.core.testing;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.json.Json;

/**
 * The hub on loopback, as far as its clients see it: revisions, paged listings, small files from the hub itself, large ones by a redirect to a store of
 * another address, ranges, the hub's headers; and faults, a queue for each path.
 */
public final class FakeHub implements AutoCloseable {
    /** Entries on a page of a listing, few so that there are pages. */
    private static final int PAGE = 3;

    private final HttpServer hub;
    private final HttpServer store;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Map<String, Repository> repositories = new ConcurrentHashMap<>();
    private final Map<String, Deque<Fault>> faults = new ConcurrentHashMap<>();
    private final List<Seen> seen = new CopyOnWriteArrayList<>();

    /** A request as it came: {@code at} is {@code hub} or {@code store}. */
    public record Seen(
            String at,
            String path,
            @Nullable String token,
            @Nullable String range) {}

    /** What goes wrong, once. */
    public interface Fault {
        /** An answer with a status and headers instead of the file. */
        record Status(int status, Map<String, String> headers, String body) implements Fault {}

        /** The connection breaks after so many bytes. */
        record Cut(int bytes) implements Fault {}

        /** Nothing comes after so many bytes, for so long. */
        record Silence(int bytes, long millis) implements Fault {}

        /** Other bytes of the same length. */
        record Wrong() implements Fault {}

        /** One byte more than the listing says. */
        record More() implements Fault {}

        /** The whole file, whatever range was asked for. */
        record NoRange() implements Fault {}
    }

    private record Repository(Map<String, String> refs, Map<String, SortedMap<String, byte[]>> commits) {}

    public FakeHub() {
        hub = server();
        store = server();
        hub.createContext("/", exchange -> answer(exchange, "hub"));
        store.createContext("/", exchange -> answer(exchange, "store"));
        hub.start();
        store.start();
    }

    private HttpServer server() {
        try {
            HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
            server.setExecutor(threads);
            return server;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** {@code HF_ENDPOINT}. */
    public String url() {
        return "http://127.0.0.1:" + hub.getAddress().getPort();
    }

    /**
     * A commit of a repository.
     *
     * @param name with {@code datasets/} or {@code spaces/} before it where it is one
     * @param revision the branch that stands at it from now on
     * @param files paths to contents; those that end in {@code .safetensors} or {@code .parquet}, or have more than 1000 bytes, are large
     * @return the commit
     */
    public String commit(String name, String revision, Map<String, byte[]> files) {
        StringBuilder all = new StringBuilder(name);
        new TreeMap<>(files).forEach((path, bytes) -> all.append(path).append(hash("SHA-1", bytes)));
        String commit = hash("SHA-1", all.toString().getBytes(StandardCharsets.UTF_8));
        Repository repository = repositories.computeIfAbsent(
                name, n -> new Repository(new ConcurrentHashMap<>(), new ConcurrentHashMap<>()));
        repository.commits().put(commit, new TreeMap<>(files));
        repository.refs().put(revision, commit);
        return commit;
    }

    /** What the next requests for a path of a file or of the interface meet, one after another. */
    public void fail(String path, Fault... next) {
        faults.computeIfAbsent(path, p -> new ArrayDeque<>()).addAll(List.of(next));
    }

    /** All requests so far. */
    public List<Seen> seen() {
        return List.copyOf(seen);
    }

    /** Forgets them. */
    public void forget() {
        seen.clear();
    }

    /** How often the bytes of a file were asked for. */
    public long asked(String path) {
        return seen.stream()
                .filter(one -> one.path().endsWith(path))
                .filter(one -> one.at().equals("store") || !isLarge(path, new byte[0]))
                .count();
    }

    private static boolean isLarge(String path, byte[] content) {
        return path.endsWith(".safetensors") || path.endsWith(".parquet") || content.length > 1000;
    }

    /** The name of a content in the cache: SHA-256 of large ones, git's hash of small ones. */
    public static String blob(String path, byte[] content) {
        return isLarge(path, content) ? hash("SHA-256", content) : git(content);
    }

    private static String git(byte[] content) {
        byte[] head = ("blob " + content.length + "\0").getBytes(StandardCharsets.UTF_8);
        byte[] all = new byte[head.length + content.length];
        System.arraycopy(head, 0, all, 0, head.length);
        System.arraycopy(content, 0, all, head.length, content.length);
        return hash("SHA-1", all);
    }

    private static String hash(String algorithm, byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance(algorithm).digest(bytes));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    private void answer(HttpExchange exchange, String at) throws IOException {
        try (exchange) {
            String path = exchange.getRequestURI().getRawPath();
            seen.add(new Seen(
                    at,
                    decoded(path),
                    exchange.getRequestHeaders().getFirst("Authorization"),
                    exchange.getRequestHeaders().getFirst("Range")));
            if (at.equals("store")) {
                stored(exchange, decoded(path).substring(1));
            } else if (path.startsWith("/api/")) {
                described(exchange, path.substring(5));
            } else {
                resolved(exchange, path.substring(1));
            }
        }
    }

    private static String decoded(String text) {
        return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
    }

    private @Nullable Fault fault(String path) {
        Deque<Fault> queue = faults.get(path);
        return queue == null ? null : queue.poll();
    }

    /** {@code models/org/name/revision/REV} and {@code …/tree/REV}. */
    private void described(HttpExchange exchange, String path) throws IOException {
        Fault fault = fault("/api/" + path);
        if (fault instanceof Fault.Status status) {
            send(exchange, status);
            return;
        }
        int what = path.contains("/revision/") ? path.indexOf("/revision/") : path.indexOf("/tree/");
        String name = path.substring(0, what).replaceFirst("^models/", "");
        String revision = decoded(path.substring(path.indexOf('/', what + 1) + 1));
        Repository repository = repositories.get(name);
        if (repository == null) {
            send(exchange, 401, Map.of("X-Error-Message", "Invalid username or password."), "{}");
            return;
        }
        String commit = repository.refs().getOrDefault(revision, revision);
        SortedMap<String, byte[]> files = repository.commits().get(commit);
        if (files == null) {
            send(exchange, 404, Map.of("X-Error-Code", "RevisionNotFound"), "{}");
            return;
        }
        if (path.contains("/revision/")) {
            send(
                    exchange,
                    200,
                    Map.of(),
                    Json.write(Json.object().put("id", name).put("sha", commit)));
            return;
        }
        List<ObjectNode> entries = entries(files);
        String query = String.valueOf(exchange.getRequestURI().getQuery());
        int from = query.contains("cursor=") ? Integer.parseInt(query.replaceFirst(".*cursor=", "")) : 0;
        int to = Math.min(entries.size(), from + PAGE);
        ArrayNode page = Json.MAPPER.createArrayNode().addAll(entries.subList(from, to));
        Map<String, String> more = to == entries.size()
                ? Map.of()
                : Map.of("Link", "<" + url() + "/api/" + path + "?recursive=true&cursor=" + to + ">; rel=\"next\"");
        send(exchange, 200, more, Json.write(page));
    }

    private static List<ObjectNode> entries(SortedMap<String, byte[]> files) {
        List<ObjectNode> entries = new ArrayList<>();
        files.forEach((path, content) -> {
            if (path.contains("/")) {
                entries.add(Json.object()
                        .put("type", "directory")
                        .put("oid", git(new byte[0]))
                        .put("size", 0)
                        .put("path", path.substring(0, path.lastIndexOf('/'))));
            }
            ObjectNode entry = Json.object()
                    .put("type", "file")
                    .put("oid", git(content))
                    .put("size", content.length)
                    .put("path", path);
            if (isLarge(path, content)) {
                entry.put("oid", git(("version 1 " + hash("SHA-256", content)).getBytes(StandardCharsets.UTF_8)));
                entry.putObject("lfs")
                        .put("oid", hash("SHA-256", content))
                        .put("size", content.length)
                        .put("pointerSize", 133);
            }
            entries.add(entry);
        });
        return entries;
    }

    /** {@code [datasets/]org/name/resolve/COMMIT/PATH}: small files are sent, large ones are in the store. */
    private void resolved(HttpExchange exchange, String raw) throws IOException {
        String path = decoded(raw);
        int at = path.indexOf("/resolve/");
        Repository repository = at < 0 ? null : repositories.get(path.substring(0, at));
        String[] rest = at < 0 ? new String[] {"", ""} : path.substring(at + 9).split("/", 2);
        SortedMap<String, byte[]> files =
                repository == null ? null : repository.commits().get(rest[0]);
        byte[] content = files == null ? null : files.get(rest[1]);
        Fault fault = content != null && isLarge(rest[1], content) ? fault("redirect " + rest[1]) : fault(rest[1]);
        if (fault instanceof Fault.Status status) {
            send(exchange, status);
        } else if (content == null) {
            send(exchange, 404, Map.of("X-Error-Code", "EntryNotFound"), "");
        } else if (isLarge(rest[1], content)) {
            String place = "http://127.0.0.1:" + store.getAddress().getPort() + "/" + raw;
            send(
                    exchange,
                    302,
                    Map.of(
                            "Location",
                            place,
                            "X-Repo-Commit",
                            rest[0],
                            "X-Linked-Size",
                            String.valueOf(content.length),
                            "X-Linked-Etag",
                            "\"" + blob(rest[1], content) + "\""),
                    "");
        } else {
            exchange.getResponseHeaders().add("ETag", "\"" + blob(rest[1], content) + "\"");
            exchange.getResponseHeaders().add("X-Repo-Commit", rest[0]);
            bytes(exchange, content, fault);
        }
    }

    private void stored(HttpExchange exchange, String path) throws IOException {
        int at = path.indexOf("/resolve/");
        String[] rest = path.substring(at + 9).split("/", 2);
        byte[] content = java.util.Objects.requireNonNull(
                repositories.get(path.substring(0, at)).commits().get(rest[0]).get(rest[1]));
        Fault fault = fault(rest[1]);
        if (fault instanceof Fault.Status status) {
            send(exchange, status);
        } else {
            bytes(exchange, content, fault);
        }
    }

    private static void bytes(HttpExchange exchange, byte[] whole, @Nullable Fault fault) throws IOException {
        byte[] content = whole;
        if (fault instanceof Fault.Wrong) {
            content = whole.clone();
            content[content.length / 2] ^= 1;
        } else if (fault instanceof Fault.More) {
            content = java.util.Arrays.copyOf(whole, whole.length + 1);
        }
        String range = fault instanceof Fault.NoRange
                ? null
                : exchange.getRequestHeaders().getFirst("Range");
        int from = range == null ? 0 : Integer.parseInt(range.replaceAll("bytes=(\\d+)-", "$1"));
        if (from >= content.length && from > 0) {
            exchange.sendResponseHeaders(416, -1);
            return;
        }
        if (range != null) {
            exchange.getResponseHeaders()
                    .add("Content-Range", "bytes " + from + "-" + (content.length - 1) + "/" + content.length);
        }
        int left = content.length - from;
        exchange.sendResponseHeaders(range == null ? 200 : 206, left == 0 ? -1 : left);
        OutputStream out = exchange.getResponseBody();
        if (fault instanceof Fault.Cut cut) {
            out.write(content, from, Math.min(left, cut.bytes()));
            out.flush();
            return; // what was announced does not come, and the connection is closed
        }
        if (fault instanceof Fault.Silence silence) {
            out.write(content, from, Math.min(left, silence.bytes()));
            out.flush();
            try {
                Thread.sleep(silence.millis());
            } catch (InterruptedException e) {
                return;
            }
            return;
        }
        out.write(content, from, left);
    }

    private static void send(HttpExchange exchange, Fault.Status status) throws IOException {
        send(exchange, status.status(), status.headers(), status.body());
    }

    private static void send(HttpExchange exchange, int status, Map<String, String> headers, String body)
            throws IOException {
        byte[] bytes = body.getBytes(StandardCharsets.UTF_8);
        headers.forEach((name, value) -> exchange.getResponseHeaders().add(name, value));
        exchange.sendResponseHeaders(status, bytes.length == 0 ? -1 : bytes.length);
        if (bytes.length > 0) {
            exchange.getResponseBody().write(bytes);
        }
    }

    /** Port that nobody listens on any more. */
    public static int deadPort() {
        try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        hub.stop(0);
        store.stop(0);
        threads.shutdownNow();
    }
}
