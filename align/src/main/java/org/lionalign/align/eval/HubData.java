package org.lionalign.align.eval;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.format.AtomicFiles;
import org.lionalign.core.format.Folders;
import org.lionalign.core.hub.HubAddress;
import org.lionalign.core.hub.HubRepository;
import org.lionalign.core.hub.HubSettings;
import org.lionalign.core.json.Json;

/**
 * What a data folder lacks of suites' files, from the hub: {@code DATA/hub/org/name/…} with the names that they have there, as links into the cache, and
 * {@code hub.json} with the commits. A repository's folder is replaced as a whole, so that a kill leaves no half of a split; and it
 * stays at its commit until it is deleted.
 *
 * @param folder of the files
 * @param hub whether the hub may be asked for what it lacks
 */
public record HubData(Path folder, boolean hub) {
    /** The branch on which the hub keeps its own Parquet of data sets that have other files. */
    private static final String CONVERTED = "refs/convert/parquet";

    private static final String USUAL = "eval-data";
    private static final String MANIFEST = "hub.json";

    /** {@code DIR}, {@code DIR,hub}, or {@code hub} for {@code eval-data,hub}. */
    public static HubData parse(String text) {
        if (text.equals(DataPlaces.HUB)) {
            return new HubData(Path.of(USUAL), true);
        }
        String end = "," + DataPlaces.HUB;
        return text.endsWith(end)
                ? new HubData(Path.of(text.substring(0, text.length() - end.length())), true)
                : new HubData(Path.of(text), false);
    }

    /** Fetches what the suites want and the folder lacks, where that is allowed; what the hub does not have is left to whoever checks. */
    public void fetch(List<Suite> suites, HubSettings settings, Consumer<String> news) {
        if (!hub) {
            return;
        }
        Map<HubAddress, List<Suite.Data>> wanted = new LinkedHashMap<>();
        for (Suite suite : suites) {
            for (Suite.Data data : suite.needs().data()) {
                HubAddress address = data.repository();
                if (address != null && DataPlaces.first(folder, data.places()).isEmpty()) {
                    wanted.computeIfAbsent(address, a -> new ArrayList<>()).add(data);
                }
            }
        }
        wanted.forEach((address, data) -> fetch(address, data, settings, news));
    }

    /** The same with the process's own settings, which are not read where nothing may be fetched. */
    public void fetch(List<Suite> suites, Consumer<String> news) {
        if (hub) {
            fetch(suites, HubSettings.ofEnvironment(), news);
        }
    }

    private void fetch(HubAddress address, List<Suite.Data> wanted, HubSettings settings, Consumer<String> news) {
        Path target = folder.resolve(DataPlaces.HUB).resolve(address.repository());
        SortedMap<String, String> commits = new TreeMap<>(); // of every file
        JsonNode before = manifest(target);
        before.path("files")
                .properties()
                .forEach(file -> commits.put(file.getKey(), file.getValue().asText()));
        String pinned = before.path("commit").asText("");
        HubRepository main = HubRepository.open(address.at(pinned.isEmpty() ? "main" : pinned), settings, news);
        List<Suite.Data> missing = add(main, address, wanted, commits);
        boolean any = missing.size() < wanted.size();
        boolean rows = missing.stream().flatMap(data -> data.places().stream()).anyMatch(place -> place.contains(":"));
        if (rows) {
            HubRepository converted = null;
            try {
                converted = HubRepository.open(address.at(CONVERTED), settings, news);
            } catch (BadInput none) {
                news.accept("hub: " + none.getMessage());
            }
            if (converted != null) {
                any |= add(converted, address, missing, commits).size() < missing.size();
            }
        }
        if (!any) {
            return;
        }
        Path part = target.resolveSibling(target.getFileName() + ".part");
        delete(part);
        for (String commit : new TreeSet<>(commits.values())) {
            HubRepository repository = HubRepository.open(address.at(commit), settings, news);
            List<String> files = commits.keySet().stream()
                    .filter(file -> commit.equals(commits.get(file)))
                    .toList();
            repository.fetch(files);
            files.forEach(file -> repository.link(file, part.resolve(file)));
        }
        ObjectNode manifest =
                Json.object().put("repository", address.repository()).put("commit", main.commit());
        ObjectNode files = manifest.putObject("files");
        commits.forEach(files::put);
        AtomicFiles.write(part.resolve(MANIFEST), manifest.toPrettyString() + "\n");
        delete(target);
        try {
            Files.move(part, target);
        } catch (IOException e) {
            throw new BadInput(target + ": cannot be written: " + e, e);
        }
    }

    private static JsonNode manifest(Path target) {
        Path file = target.resolve(MANIFEST);
        return Files.isRegularFile(file) ? Json.read(file) : Json.object();
    }

    /** Brings what a repository has of the wanted; gives back what it has not. */
    private static List<Suite.Data> add(
            HubRepository repository, HubAddress address, List<Suite.Data> wanted, Map<String, String> commits) {
        List<Suite.Data> missing = new ArrayList<>();
        for (Suite.Data data : wanted) {
            List<String> found = data.places().stream()
                    .filter(place -> place.startsWith(address.repository()))
                    .map(place -> matching(
                            repository.files(),
                            place.substring(address.repository().length())))
                    .filter(files -> !files.isEmpty())
                    .findFirst()
                    .orElse(List.of());
            repository.fetch(found);
            found.forEach(file -> commits.put(file, repository.commit()));
            if (found.isEmpty()) {
                missing.add(data);
            }
        }
        return missing;
    }

    /** As {@link DataPlaces#files}, on names: {@code :split}, {@code /folder:split}, {@code /file}, {@code /folder/}. */
    private static List<String> matching(List<String> names, String place) {
        int colon = place.indexOf(':');
        if (colon < 0) {
            String name = place.replaceFirst("^/", "");
            return names.stream()
                    .filter(file -> name.isEmpty() || name.endsWith("/")
                            ? file.startsWith(name)
                            : file.equals(name) || file.equals(name + ".gz"))
                    .toList();
        }
        String inside = colon == 0 ? "" : place.substring(1, colon) + "/";
        List<String> below = names.stream()
                .filter(file -> file.startsWith(inside))
                .map(file -> file.substring(inside.length()))
                .toList();
        try {
            return RowFiles.ofSplit(place, below, place.substring(colon + 1)).stream()
                    .map(file -> inside + file)
                    .toList();
        } catch (BadInput noSuchSplit) {
            return List.of();
        }
    }

    /** The commits of the repositories that suites read from this folder, by their names. */
    public SortedMap<String, String> commits(List<Suite> suites) {
        SortedMap<String, String> commits = new TreeMap<>();
        for (Suite suite : suites) {
            for (Suite.Data data : suite.needs().data()) {
                HubAddress address = data.repository();
                Path root = folder.resolve(DataPlaces.HUB);
                if (address != null
                        && DataPlaces.first(folder, data.places()).stream().anyMatch(file -> file.startsWith(root))) {
                    commits.put(
                            address.repository(),
                            manifest(root.resolve(address.repository()))
                                    .path("commit")
                                    .asText());
                }
            }
        }
        return commits;
    }

    private static void delete(Path folder) {
        try {
            Folders.delete(folder);
        } catch (IOException e) {
            throw new BadInput(folder + ": cannot be replaced: " + e, e);
        }
    }
}
