package org.lionalign.core.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.http.RetryPolicy;
import org.lionalign.core.http.Time;
import org.lionalign.core.json.Json;
import org.lionalign.core.testing.ChildJvm;
import org.lionalign.core.testing.FakeHub;
import org.lionalign.core.testing.FakeHub.Fault;

class HubRepositoryTest {
    private static final String TOKEN = "hf_secretSECRETsecret";
    private static final String NAME = "org/tiny-model";
    private static final String WEIGHTS = "model.safetensors";

    @TempDir
    Path cache;

    private final FakeHub hub = new FakeHub();
    private final byte[] weights = new byte[300_000];
    private final Map<String, byte[]> files = new HashMap<>();
    private final List<String> news = new ArrayList<>();
    private final List<Duration> waits = new ArrayList<>();

    /** Waits are written down and take no time. */
    private final Time time = new Time() {
        @Override
        public long nanos() {
            return waits.stream().mapToLong(Duration::toNanos).sum();
        }

        @Override
        public void sleep(Duration duration) {
            waits.add(duration);
        }
    };

    private String commit = "";

    @BeforeEach
    void fill() {
        new Random(1).nextBytes(weights);
        files.put("config.json", "{\"hidden_size\": 8}".getBytes(StandardCharsets.UTF_8));
        files.put("empty.txt", new byte[0]);
        files.put("deep/er/a file+.json", "[1]".getBytes(StandardCharsets.UTF_8));
        files.put(WEIGHTS, weights);
        commit = hub.commit(NAME, "main", files);
    }

    @AfterEach
    void stop() {
        hub.close();
    }

    private HubRepository open(@Nullable String token, boolean offline, String address) {
        Map<String, String> environment =
                new HashMap<>(Map.of("HF_ENDPOINT", hub.url(), "HF_HUB_CACHE", cache.toString()));
        if (token != null) {
            environment.put("HF_TOKEN", token);
        }
        if (offline) {
            environment.put("HF_HUB_OFFLINE", "1");
        }
        return HubRepository.open(
                HubAddress.parse(address, HubAddress.Kind.MODEL),
                HubSettings.of(environment, cache),
                news::add,
                new RetryPolicy(4, Duration.ofSeconds(1), Duration.ofSeconds(8), Duration.ofMinutes(5)),
                time,
                Duration.ofMillis(700));
    }

    private HubRepository open() {
        return open(TOKEN, false, "hub:" + NAME);
    }

    private Path repository() {
        return cache.resolve("models--org--tiny-model");
    }

    private Path blob(String path) {
        return repository().resolve("blobs").resolve(FakeHub.blob(path, files.get(path)));
    }

    private Path part(String path) {
        return blob(path).resolveSibling(blob(path).getFileName() + ".lion.incomplete");
    }

    private static List<String> below(Path folder) throws IOException {
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(path -> !Files.isDirectory(path))
                    .map(path -> folder.relativize(path).toString())
                    .sorted()
                    .toList();
        }
    }

    @Test
    void theCacheIsTheOneThatPythonReads() throws IOException {
        HubRepository repository = open();
        assertThat(repository.commit()).isEqualTo(commit);
        assertThat(repository.files()).containsExactlyInAnyOrderElementsOf(files.keySet());
        repository.fetch(files.keySet());
        Path snapshot = repository().resolve("snapshots").resolve(commit);
        assertThat(repository.folder()).isEqualTo(snapshot);
        for (Map.Entry<String, byte[]> file : files.entrySet()) {
            Path link = snapshot.resolve(file.getKey());
            assertThat(link).hasBinaryContent(file.getValue());
            assertThat(Files.isSymbolicLink(link)).isTrue();
            assertThat(Files.readSymbolicLink(link)).isRelative();
            assertThat(link.toRealPath()).isEqualTo(blob(file.getKey()).toRealPath());
        }
        assertThat(repository().resolve("refs/main")).hasContent(commit);
        assertThat(below(repository().resolve("blobs"))).hasSize(files.size());
        JsonNode tree = Json.read(repository().resolve("trees/" + commit + ".json"));
        assertThat(tree.path("format_version").asInt()).isEqualTo(1);
        assertThat(tree.path("files").path(WEIGHTS).path("lfs_sha256").asText())
                .isEqualTo(FakeHub.blob(WEIGHTS, weights));
        assertThat(tree.path("files").path("config.json").path("blob_id").asText())
                .isEqualTo(FakeHub.blob("config.json", files.get("config.json")));

        // The token goes to the hub, never to its store, and into no file.
        assertThat(hub.seen())
                .filteredOn(seen -> seen.at().equals("store"))
                .isNotEmpty()
                .allSatisfy(seen -> assertThat(seen.token()).isNull());
        assertThat(hub.seen()).filteredOn(seen -> seen.at().equals("hub")).allSatisfy(seen -> assertThat(seen.token())
                .isEqualTo("Bearer " + TOKEN));
        for (String file : below(cache)) {
            assertThat(new String(Files.readAllBytes(cache.resolve(file)), StandardCharsets.ISO_8859_1))
                    .doesNotContain("SECRET");
        }
        assertThat(news).isNotEmpty().noneMatch(line -> line.contains("SECRET"));

        // A second time asks for the branch alone, a commit by its name for nothing.
        hub.forget();
        open().fetch(files.keySet());
        assertThat(hub.seen()).hasSize(1);
        hub.forget();
        open(TOKEN, false, "hub:" + NAME + "@" + commit).fetch(files.keySet());
        assertThat(hub.seen()).isEmpty();
    }

    @Test
    void aBranchThatMovedIsAnotherCommit() {
        open().fetch(List.of("config.json"));
        files.put("config.json", "{}".getBytes(StandardCharsets.UTF_8));
        String moved = hub.commit(NAME, "main", files);
        HubRepository now = open();
        now.fetch(List.of("config.json", WEIGHTS));
        assertThat(now.commit()).isEqualTo(moved).isNotEqualTo(commit);
        assertThat(now.folder().resolve("config.json")).hasContent("{}");
        HubRepository before = open(null, false, "hub:" + NAME + "@" + commit);
        assertThat(before.folder().resolve("config.json")).hasContent("{\"hidden_size\": 8}");
        hub.commit(NAME, "refs/pr/3", files);
        assertThat(open(null, false, "hub:" + NAME + "@refs/pr/3").commit()).isEqualTo(moved);
        assertThat(repository().resolve("refs/refs/pr/3")).hasContent(moved);
    }

    @Test
    void aBrokenConnectionGoesOnWhereItEnded() {
        hub.fail(WEIGHTS, new Fault.Cut(100_000), new Fault.Cut(50_000), new Fault.Silence(10_000, 5_000));
        open().fetch(List.of(WEIGHTS));
        assertThat(blob(WEIGHTS)).hasBinaryContent(weights);
        List<FakeHub.Seen> asked =
                hub.seen().stream().filter(seen -> seen.at().equals("store")).toList();
        assertThat(asked).hasSize(4);
        assertThat(asked.get(0).range()).isNull();
        long last = 0;
        for (FakeHub.Seen seen : asked.subList(1, 4)) {
            long from = Long.parseLong(seen.range().replaceAll("\\D", ""));
            assertThat(from).isGreaterThan(last).isLessThan(weights.length);
            last = from;
        }
        assertThat(last).isGreaterThan(100_000);
    }

    @Test
    void whatAnotherRunBegunIsTakenUp() throws IOException {
        Files.createDirectories(part(WEIGHTS).getParent());
        Files.write(part(WEIGHTS), java.util.Arrays.copyOf(weights, 120_000));
        open().fetch(List.of(WEIGHTS));
        assertThat(blob(WEIGHTS)).hasBinaryContent(weights);
        assertThat(hub.seen()).anySatisfy(seen -> assertThat(seen.range()).isEqualTo("bytes=120000-"));
        assertThat(part(WEIGHTS)).doesNotExist();
        assertThat(news).anyMatch(line -> line.contains("from byte 120000 on"));
    }

    @Test
    void aPartThatIsRubbishIsFoundOut() throws IOException {
        Files.createDirectories(part(WEIGHTS).getParent());
        Files.write(part(WEIGHTS), new byte[120_000]); // zeros, as after a power cut
        open().fetch(List.of(WEIGHTS));
        assertThat(blob(WEIGHTS)).hasBinaryContent(weights);
        Files.delete(blob(WEIGHTS));
        Files.write(part(WEIGHTS), new byte[weights.length + 7]);
        open().fetch(List.of(WEIGHTS)); // the link leads nowhere now
        assertThat(blob(WEIGHTS)).hasBinaryContent(weights);
    }

    @Test
    void aServerWithoutRangesBeginsAgain() {
        hub.fail(WEIGHTS, new Fault.Cut(100_000), new Fault.NoRange());
        open().fetch(List.of(WEIGHTS));
        assertThat(blob(WEIGHTS)).hasBinaryContent(weights);
    }

    @Test
    void busyServersAreAskedAgainButNotTooSoon() {
        hub.fail(
                "/api/models/" + NAME + "/revision/main",
                new Fault.Status(429, Map.of("Retry-After", "7"), "slow down"),
                new Fault.Status(500, Map.of(), "oops"));
        hub.fail(WEIGHTS, new Fault.Status(503, Map.of("Retry-After", "3"), ""));
        open().fetch(List.of(WEIGHTS));
        assertThat(blob(WEIGHTS)).hasBinaryContent(weights);
        assertThat(waits).hasSize(3);
        assertThat(waits.get(0)).isEqualTo(Duration.ofSeconds(7));
        assertThat(waits.get(1)).isBetween(Duration.ofSeconds(1), Duration.ofSeconds(2));
        assertThat(waits.get(2)).isEqualTo(Duration.ofSeconds(3));
    }

    @Test
    void serversThatStayBusyAreGivenUp() {
        Fault busy = new Fault.Status(500, Map.of(), "oops " + TOKEN);
        hub.fail(WEIGHTS, busy, busy, busy, busy);
        assertThatThrownBy(() -> open().fetch(List.of(WEIGHTS)))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("failed 4 times: HTTP 500: oops ***")
                .hasMessageContaining("HF_HUB_OFFLINE=1")
                .hasMessageNotContaining("SECRET");
        assertThat(repository().resolve("snapshots")).doesNotExist();
    }

    @Test
    void wrongBytesAreNeverKept() {
        hub.fail(WEIGHTS, new Fault.Wrong());
        open().fetch(List.of(WEIGHTS));
        assertThat(blob(WEIGHTS)).hasBinaryContent(weights);
        hub.fail("config.json", new Fault.Wrong(), new Fault.Wrong());
        assertThatThrownBy(() -> open().fetch(List.of("config.json")))
                .hasMessageContaining("config.json: expected the git hash "
                        + blob("config.json").getFileName())
                .hasMessageContaining("twice");
        hub.fail("config.json", new Fault.More());
        assertThatThrownBy(() -> open().fetch(List.of("config.json")))
                .hasMessageContaining("expected 18 bytes as the hub lists it, found more");
        assertThat(blob("config.json")).doesNotExist();
        assertThat(repository().resolve("snapshots/" + commit + "/config.json")).doesNotExist();
        open().fetch(List.of("config.json"));
        assertThat(blob("config.json")).hasBinaryContent(files.get("config.json"));
    }

    @Test
    void aStoreThatHasOtherContentIsRefused() {
        hub.fail(
                "redirect " + WEIGHTS,
                new Fault.Status(302, Map.of("Location", hub.url() + "/x", "X-Linked-Etag", "\"abc\""), ""));
        assertThatThrownBy(() -> open().fetch(List.of(WEIGHTS)))
                .hasMessageContaining("expected the content " + blob(WEIGHTS).getFileName())
                .hasMessageContaining("found abc");
    }

    @Test
    void aRenamedRepositoryIsFollowed() {
        String at = "/api/models/" + NAME;
        hub.fail(
                "/api/models/org/old/revision/main",
                new Fault.Status(307, Map.of("Location", at + "/revision/main"), ""));
        hub.fail(
                "/api/models/org/old/tree/" + commit,
                new Fault.Status(307, Map.of("Location", at + "/tree/" + commit + "?recursive=true"), ""));
        assertThat(open(TOKEN, false, "hub:org/old").commit()).isEqualTo(commit);
        assertThat(hub.seen()).allSatisfy(seen -> assertThat(seen.token()).isEqualTo("Bearer " + TOKEN));
    }

    @Test
    void refusalsSayWhatToDo() {
        assertThatThrownBy(() -> open(null, false, "hub:org/nobody"))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining("hub:org/nobody@main: no such repository under " + hub.url() + "/org/nobody")
                .hasMessageContaining("HF_TOKEN is not set")
                .hasMessageContaining("HTTP 401: Invalid username or password.");
        assertThatThrownBy(() -> open(TOKEN, false, "hub:" + NAME + "@v9"))
                .hasMessageContaining("no such revision: v9");
        hub.fail(
                "redirect " + WEIGHTS,
                new Fault.Status(
                        403, Map.of("X-Error-Code", "GatedRepo", "X-Error-Message", "Ask first, " + TOKEN), ""));
        assertThatThrownBy(() -> open().fetch(List.of(WEIGHTS)))
                .hasMessageContaining("gated: ask for access on " + hub.url() + "/" + NAME + ", then set HF_TOKEN")
                .hasMessageContaining("Ask first, ***")
                .hasMessageNotContaining("SECRET");
        hub.fail("config.json", new Fault.Status(404, Map.of("X-Error-Code", "EntryNotFound"), ""));
        assertThatThrownBy(() -> open().fetch(List.of("config.json"))).hasMessageContaining("no such file");
        assertThatThrownBy(() -> open().fetch(List.of("other.json")))
                .hasMessageContaining("no such files: [other.json]");
        assertThatThrownBy(() -> open("one\u0007two", false, "hub:" + NAME))
                .hasMessageContaining("HF_TOKEN")
                .hasMessageNotContaining("one");
    }

    @Test
    void aHubThatIsNotThereIsNamed() {
        int port = FakeHub.deadPort();
        HubSettings nowhere =
                HubSettings.of(Map.of("HF_ENDPOINT", "http://127.0.0.1:" + port, "HF_HOME", cache.toString()), cache);
        assertThatThrownBy(() -> HubRepository.open(
                        HubAddress.parse("hub:a/b", HubAddress.Kind.MODEL),
                        nowhere,
                        news::add,
                        new RetryPolicy(2, Duration.ofMillis(1), Duration.ofMillis(1), Duration.ofMinutes(1)),
                        time,
                        Duration.ofSeconds(2)))
                .hasMessageContaining("127.0.0.1:" + port + " failed 2 times: it cannot be reached");
    }

    @Test
    void offlineTheCacheAloneAnswers() throws IOException {
        assertThatThrownBy(() -> open(null, true, "hub:" + NAME))
                .hasMessageContaining("offline (HF_HUB_OFFLINE)")
                .hasMessageContaining("does not know revision main");
        open().fetch(List.of("config.json"));
        hub.forget();
        HubRepository offline = open(null, true, "hub:" + NAME);
        offline.fetch(List.of("config.json"));
        assertThatThrownBy(() -> offline.fetch(List.of(WEIGHTS)))
                .hasMessageContaining("does not have " + WEIGHTS + "; run once without HF_HUB_OFFLINE");
        // A cache of older Python libraries has no listing: what is there counts, unless names say that some is
        // missing.
        Files.delete(repository().resolve("trees/" + commit + ".json"));
        Path snapshot = repository().resolve("snapshots").resolve(commit);
        Files.writeString(snapshot.resolve("train-00000-of-00002.parquet"), "x");
        HubRepository unlisted = open(null, true, "hub:" + NAME);
        assertThat(unlisted.files()).containsExactly("config.json", "train-00000-of-00002.parquet");
        unlisted.fetch(List.of("config.json"));
        assertThatThrownBy(() -> unlisted.fetch(unlisted.files()))
                .hasMessageContaining("but not train-00001-of-00002.parquet");
        assertThat(hub.seen()).isEmpty();
        Files.writeString(repository().resolve("refs/main"), "0".repeat(40));
        assertThatThrownBy(() -> open(null, true, "hub:" + NAME)).hasMessageContaining("has nothing of commit 000");
    }

    @Test
    void aFullDiskIsSaid() throws IOException {
        Assumptions.assumeTrue(Files.exists(Path.of("/dev/full")));
        Files.createDirectories(part(WEIGHTS).getParent());
        Files.createSymbolicLink(part(WEIGHTS), Path.of("/dev/full"));
        assertThatThrownBy(() -> open().fetch(List.of(WEIGHTS)))
                .isInstanceOf(BadInput.class)
                .hasMessageContaining(part(WEIGHTS) + ": cannot be written: No space left on device")
                .hasMessageContaining("goes on from there");
        assertThat(blob(WEIGHTS)).doesNotExist();
    }

    @Test
    void listingsThatLeaveTheRepositoryAreRefused() {
        for (String path : List.of("../../../../etc/passwd", "/etc/passwd", "a/../../b", "C:\\x")) {
            hub.commit(NAME, "main", Map.of(path, "x".getBytes(StandardCharsets.UTF_8)));
            assertThatThrownBy(this::open).hasMessageContaining("inside the repository");
        }
        assertThatThrownBy(() -> HubAddress.parse("hub:a/b/../c", HubAddress.Kind.MODEL))
                .hasMessageContaining("inside the repository");
    }

    /** What a child of the two tests below does. */
    public static final class Fetch {
        private Fetch() {}

        public static void main(String[] args) {
            HubRepository repository = HubRepository.open(
                    HubAddress.parse("hub:" + NAME, HubAddress.Kind.MODEL), HubSettings.ofEnvironment(), line -> {});
            repository.fetch(List.of(WEIGHTS));
        }
    }

    private ChildJvm child(Path log) {
        return new ChildJvm(Fetch.class.getName(), List.of(), log)
                .after("export HF_ENDPOINT=" + hub.url() + " HF_HUB_CACHE=" + cache.resolve("hub"));
    }

    @Test
    void aKilledProcessLosesNothing(@TempDir Path logs) throws Exception {
        hub.fail(WEIGHTS, new Fault.Silence(150_000, 30_000));
        Path part = cache.resolve("hub/models--org--tiny-model/blobs")
                .resolve(FakeHub.blob(WEIGHTS, weights) + ".lion.incomplete");
        Process child = child(logs.resolve("first")).start();
        assertThat(ChildJvm.awaitWhile(
                        child, () -> Files.exists(part) && part.toFile().length() > 100_000))
                .isTrue();
        child.destroyForcibly().waitFor();
        Path blob = part.resolveSibling(FakeHub.blob(WEIGHTS, weights));
        assertThat(blob).doesNotExist();
        assertThat(cache.resolve("hub/models--org--tiny-model/snapshots")).doesNotExist();
        hub.forget();
        ChildJvm.Ended end = child(logs.resolve("second")).run();
        assertThat(end.code()).as(end.text()).isZero();
        assertThat(blob).hasBinaryContent(weights);
        assertThat(hub.seen()).anyMatch(seen -> seen.at().equals("store") && seen.range() != null);
    }

    @Test
    void twoProcessesFetchAFileOnce(@TempDir Path logs) throws Exception {
        // The first is held up in the middle, so that the second comes while it works.
        hub.fail(WEIGHTS, new Fault.Silence(150_000, 1_500));
        ChildJvm one = child(logs.resolve("one"));
        ChildJvm two = child(logs.resolve("two"));
        Process first = one.start();
        assertThat(ChildJvm.awaitWhile(first, () -> hub.asked(WEIGHTS) > 0)).isTrue();
        Process second = two.start();
        assertThat(one.await(first).code()).as(one.await(first).text()).isZero();
        assertThat(two.await(second).code()).as(two.await(second).text()).isZero();
        assertThat(cache.resolve("hub/models--org--tiny-model/snapshots/" + commit + "/" + WEIGHTS))
                .hasBinaryContent(weights);
        // Once from the start, and once from where the server broke off.
        assertThat(hub.seen().stream()
                        .filter(seen -> seen.at().equals("store") && seen.range() == null)
                        .count())
                .isEqualTo(1);
    }
}
