package org.lionalign.core.hub;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.node.TextNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.data.RowFiles;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.hub.HubAddress.Kind;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * {@code hub:org/name[@revision][/path]} wherever a folder or file is named: the files are fetched, and their place in the cache, which names the commit,
 * stands there instead. Recipes and the command line pass through here, and nothing behind them knows the hub.
 */
public final class HubPaths {
    private static final Logger LOG = LoggerFactory.getLogger(HubPaths.class);

    /** What a model folder is made of; other frameworks' weights stay where they are. */
    private static final Pattern OF_MODEL =
            Pattern.compile("(?!consolidated)(.+\\.(json|jinja|txt|model)|(model|adapter_model)\\b.*\\.safetensors)");

    private static final Pattern WEIGHTS = Pattern.compile(".+\\.safetensors");
    private static final Pattern IN_ARGUMENT = Pattern.compile("(?<=^|[=:,])hub:[^,]+");

    /** Keys, and options without their dashes, below which rows are named; below all others it is models. */
    private static final Set<String> OF_DATA = Set.of(
            "train",
            "eval",
            "prompts",
            "mix",
            "decontaminate",
            "data",
            "in",
            "answers",
            "from",
            "baseline",
            "suite_baseline");

    private static final Set<String> OF_MODELS = Set.of("model", "judges", "judge", "reference", "suite_judge");

    private static final int SHOWN = 8;
    private static final Map<String, String> KNOWN = new ConcurrentHashMap<>();

    private HubPaths() {}

    /**
     * Fetches what an address names and says where it lies.
     *
     * @param usual what it is where the address does not say
     * @param split of a data set's folder, null for {@code train}
     */
    public static Path local(
            String text,
            Kind usual,
            @Nullable String split,
            boolean weights,
            HubSettings settings,
            Consumer<String> news) {
        HubAddress address = HubAddress.parse(text, usual);
        HubRepository repository = HubRepository.open(address, settings, news);
        repository.fetch(wanted(address, repository.files(), split, weights));
        return repository.folder().resolve(address.path());
    }

    private static List<String> wanted(
            HubAddress address, List<String> files, @Nullable String split, boolean weights) {
        if (files.contains(address.path())) {
            return List.of(address.path());
        }
        String folder = address.path().isEmpty() ? "" : address.path() + "/";
        List<String> below = files.stream()
                .filter(file -> file.startsWith(folder))
                .map(file -> file.substring(folder.length()))
                .toList();
        List<String> found = address.kind() == Kind.MODEL
                ? below.stream()
                        .filter(file -> !file.contains("/")
                                && OF_MODEL.matcher(file).matches()
                                && (weights || !WEIGHTS.matcher(file).matches()))
                        .toList()
                : below.isEmpty() ? List.of() : RowFiles.ofSplit(address.toString(), below, split);
        if (found.isEmpty()) {
            List<String> all = below.isEmpty() ? files : below;
            throw new BadInput(address + ": expected "
                    + (address.kind() == Kind.MODEL ? "the files of a model" : "rows") + ", found "
                    + (all.isEmpty() ? "no files" : String.join(", ", all.subList(0, Math.min(SHOWN, all.size()))))
                    + (all.size() > SHOWN ? " and " + (all.size() - SHOWN) + " more" : ""));
        }
        return found.stream().map(file -> folder + file).toList();
    }

    /** The same with the process's settings; one command asks once for the same thing, and so gets one commit. */
    private static String local(String text, Kind usual, @Nullable String split, boolean weights) {
        return KNOWN.computeIfAbsent(text + "\n" + usual + "\n" + split + "\n" + weights, key -> local(
                        text, usual, split, weights, HubSettings.ofEnvironment(), LOG::info)
                .toString());
    }

    /**
     * Puts local paths into a recipe's tree.
     *
     * @return whether there were any addresses
     */
    public static boolean resolve(JsonNode tree) {
        return resolve(tree, Kind.MODEL);
    }

    private static boolean resolve(JsonNode node, Kind above) {
        boolean any = false;
        if (node instanceof ObjectNode object) {
            for (Map.Entry<String, JsonNode> entry : List.copyOf(object.properties())) {
                Kind kind = kind(entry.getKey(), above);
                String split = object.path("split").textValue();
                JsonNode value = entry.getValue();
                if (value.isTextual() && HubAddress.is(value.textValue())) {
                    object.put(entry.getKey(), local(value.textValue(), kind, split, true));
                    any = true;
                } else {
                    any |= resolve(value, kind);
                }
            }
        } else if (node instanceof ArrayNode array) {
            for (int i = 0; i < array.size(); i++) {
                JsonNode value = array.get(i);
                if (value.isTextual() && HubAddress.is(value.textValue())) {
                    array.set(i, TextNode.valueOf(local(value.textValue(), above, null, true)));
                    any = true;
                } else {
                    any |= resolve(value, above);
                }
            }
        }
        return any;
    }

    /** What a key, or an option without its dashes, names; as what is above it where it does not say. */
    private static Kind kind(String key, Kind above) {
        return OF_DATA.contains(key) ? Kind.DATASET : OF_MODELS.contains(key) ? Kind.MODEL : above;
    }

    /**
     * Puts local paths into one argument of a command: {@code hub:…}, {@code NAME=hub:…}, {@code reward:hub:…}.
     *
     * @param option that it belongs to, with dashes; empty for none
     * @param weights whether a model's weights are wanted with it
     */
    public static String resolve(String argument, String option, boolean weights) {
        Matcher address = IN_ARGUMENT.matcher(argument);
        return address.replaceAll(found -> Matcher.quoteReplacement(
                local(found.group(), kind(option.replaceFirst("^-+", ""), Kind.MODEL), null, weights)));
    }

    /** {@code org/name} of a path in the cache; null for any other. */
    public static @Nullable String repository(Path path) {
        for (Path at = path.toAbsolutePath(); at != null; at = at.getParent()) {
            String name = String.valueOf(at.getFileName());
            if (name.matches("(models|datasets|spaces)--.+")
                    && at.relativize(path.toAbsolutePath()).startsWith("snapshots")) {
                return name.substring(name.indexOf("--") + 2).replace("--", "/");
            }
        }
        return null;
    }

    /** What a folder is called: {@code org/name} in the cache, where the last name is a commit; any other by itself. */
    public static Path named(Path folder) {
        String repository = repository(folder);
        return repository == null ? folder.toAbsolutePath().normalize() : Path.of(repository);
    }
}
