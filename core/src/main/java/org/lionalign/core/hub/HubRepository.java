package org.lionalign.core.hub;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.Sizes;
import org.lionalign.core.http.RetryPolicy;
import org.lionalign.core.http.Time;

/** A repository of the hub at one commit: what it holds, and those of its files that are wanted, in the cache. */
public final class HubRepository {
    /** Files from which on it is said how far they are. */
    private static final long LARGE = 100_000_000;

    private static final Duration SILENCE = Duration.ofSeconds(60);
    private static final RetryPolicy RETRIES =
            new RetryPolicy(6, Duration.ofSeconds(1), Duration.ofMinutes(1), Duration.ofMinutes(15));
    private static final Pattern SHARD = Pattern.compile("(.*-)(\\d{5})-of-(\\d{5})(.*)");

    private final HubSettings settings;
    private final HubAddress address;
    private final HubClient client;
    private final HubCache cache;
    private final Consumer<String> news;
    private final String commit;
    private final @Nullable List<HubFile> tree; // null offline, where the cache has no listing

    /**
     * Asks for the commit of the address's revision and for its listing; offline, takes what the cache has of both.
     *
     * @param news hears of what is fetched, in lines for people
     */
    public static HubRepository open(HubAddress address, HubSettings settings, Consumer<String> news) {
        return open(address, settings, news, RETRIES, Time.SYSTEM, SILENCE);
    }

    static HubRepository open(
            HubAddress address,
            HubSettings settings,
            Consumer<String> news,
            RetryPolicy retries,
            Time time,
            Duration silence) {
        return new HubRepository(address, settings, news, new HubClient(settings, retries, time, silence));
    }

    private HubRepository(HubAddress address, HubSettings settings, Consumer<String> news, HubClient client) {
        this.settings = settings;
        this.address = address;
        this.client = client;
        this.news = news;
        this.cache = new HubCache(settings.cache(), address);
        this.commit = asked();
        List<HubFile> kept = cache.tree(commit);
        if (kept == null && !settings.offline()) {
            kept = client.files(address, commit);
            cache.keepTree(commit, kept);
        }
        this.tree = kept;
        if (tree == null && !Files.isDirectory(cache.snapshot(commit))) {
            throw new BadInput(address + ": offline (HF_HUB_OFFLINE), and the cache " + settings.cache()
                    + " has nothing of commit " + commit);
        }
    }

    private String asked() {
        String revision = address.revision();
        if (revision.matches("[0-9a-f]{40}")) {
            return revision;
        }
        if (settings.offline()) {
            String known = cache.ref(revision);
            if (known == null) {
                throw new BadInput(address + ": offline (HF_HUB_OFFLINE), and the cache " + settings.cache()
                        + " does not know revision " + revision + "; run once without HF_HUB_OFFLINE");
            }
            return known;
        }
        String found = client.commit(address);
        cache.keepRef(revision, found);
        return found;
    }

    /** The commit, 40 hexadecimal digits. */
    public String commit() {
        return commit;
    }

    /** The folder of {@link #fetch}'s files, each below it under its path. */
    public Path folder() {
        return cache.snapshot(commit);
    }

    /** The paths of all files, sorted; offline without a listing, of those that are in the cache. */
    public List<String> files() {
        if (tree != null) {
            return tree.stream().map(HubFile::path).sorted().toList();
        }
        Path folder = folder();
        try (Stream<Path> all = Files.walk(folder)) {
            return all.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new BadInput(folder + ": cannot be listed: " + e.getMessage(), e);
        }
    }

    /** Brings files into the cache, those that are there already apart; all are whole and checked afterwards. */
    public void fetch(Collection<String> paths) {
        if (tree == null) {
            refuseMissingShards(paths);
            return;
        }
        Set<String> wanted = new TreeSet<>(paths);
        for (HubFile file : tree) {
            if (wanted.remove(file.path()) && !cache.has(commit, file)) {
                if (settings.offline() && !cache.hasBlob(file)) {
                    throw new BadInput(address + ": offline (HF_HUB_OFFLINE), and the cache " + settings.cache()
                            + " does not have " + file.path() + "; run once without HF_HUB_OFFLINE");
                }
                cache.alone(
                        file,
                        () -> news.accept("hub: another process fetches " + file.path() + ", waiting for it"),
                        () -> bring(file));
            }
        }
        if (!wanted.isEmpty()) {
            throw new BadInput(address + ": no such files: " + wanted);
        }
    }

    /** Puts a file that was fetched at another place too, as a link where there are links. */
    public void link(String path, Path place) {
        HubCache.link(folder().resolve(path), place, false);
    }

    /** Without a listing nobody knows whether a snapshot is whole; names of shards say how many there are. */
    private void refuseMissingShards(Collection<String> paths) {
        Set<String> there = new TreeSet<>(files());
        for (String path : paths) {
            Matcher shard = SHARD.matcher(path);
            for (int i = 0; shard.matches() && i < Integer.parseInt(shard.group(3)); i++) {
                // Parquet counts from 0, safetensors from 1.
                String first = shard.group(1) + "00000-of-" + shard.group(3) + shard.group(4);
                int number = there.contains(first) ? i : i + 1;
                String other = String.format(
                        Locale.ROOT, "%s%05d-of-%s%s", shard.group(1), number, shard.group(3), shard.group(4));
                if (!there.contains(other)) {
                    throw new BadInput(address + ": offline (HF_HUB_OFFLINE), and the cache " + settings.cache()
                            + " has " + path + " but not " + other + "; run once without HF_HUB_OFFLINE");
                }
            }
        }
    }

    private void bring(HubFile file) {
        if (!cache.hasBlob(file)) {
            download(file);
        }
        cache.link(commit, file);
    }

    private void download(HubFile file) {
        Path part = cache.part(file);
        long[] said = {0};
        try (PartFile sink = new PartFile(part, have -> {
            if (file.size() >= LARGE && have * 10 / file.size() > said[0]) {
                said[0] = have * 10 / file.size();
                news.accept("hub: " + file.path() + ": " + said[0] * 10 + " %");
            }
        })) {
            said[0] = sink.have() * 10 / Math.max(1, file.size());
            refuseFullDisk(part, file.size() - sink.have());
            news.accept("hub: fetching " + address.repository() + " " + file.path() + ", " + Sizes.text(file.size())
                    + (sink.have() > 0 ? ", from byte " + sink.have() + " on" : ""));
            for (boolean again = true; ; again = false) {
                client.download(address, commit, file, sink);
                sink.force();
                String found = PartFile.hash(part, file);
                if (found.equals(file.blob())) {
                    break;
                }
                sink.restart();
                if (!again) {
                    throw new BadInput(address + ": " + file.path() + ": expected the "
                            + (file.sha256() == null ? "git hash " : "SHA-256 ") + file.blob()
                            + " as the hub lists it, found " + found + " twice; nothing of it was kept");
                }
                news.accept("hub: " + file.path() + ": wrong content, once more from the start");
            }
        }
        cache.keep(file);
    }

    private static void refuseFullDisk(Path part, long more) {
        long free;
        try {
            free = Files.getFileStore(part).getUsableSpace();
        } catch (IOException e) {
            return; // then writing says it
        }
        if (free < more) {
            throw new BadInput(part + ": expected room for " + Sizes.text(more) + ", found " + Sizes.text(free)
                    + " free; HF_HUB_CACHE names another place");
        }
    }
}
