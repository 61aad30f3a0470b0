package org.lionalign.core.hub;

import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.lionalign.core.error.BadInput;

/**
 * {@code hub:[datasets/|spaces/|models/]org/name[@revision][/path]}.
 *
 * @param kind what the repository holds
 * @param repository {@code org/name}; old ones have no {@code org/}
 * @param revision a branch, a tag or a commit, {@code main} where none is given
 * @param path of a file or folder in the repository, empty for all of it
 */
public record HubAddress(Kind kind, String repository, String revision, String path) {
    /** What an address starts with. */
    public static final String SCHEME = "hub:";

    private static final String WORD = "[A-Za-z0-9][\\w.-]{0,95}";
    private static final Pattern FORM = Pattern.compile("(?:(models|datasets|spaces)/)?(" + WORD + "(?:/" + WORD
            + ")?)(?:@((?:refs/(?:pr|convert)/)?[^/@]+))?(?:/(.+?))?/*");

    /** What a repository holds, with its names in addresses of the hub's interface and of pages for people. */
    public enum Kind {
        MODEL("models", ""),
        DATASET("datasets", "datasets/"),
        SPACE("spaces", "spaces/");

        private final String plural;
        private final String page;

        Kind(String plural, String page) {
            this.plural = plural;
            this.page = page;
        }

        String plural() {
            return plural;
        }

        String page() {
            return page;
        }
    }

    public HubAddress {
        if (List.of(path.split("/", -1)).contains("..") || path.startsWith("/")) {
            throw new BadInput(SCHEME + repository + ": expected a path inside the repository, found " + path);
        }
    }

    /** Whether a text is meant for one. */
    public static boolean is(String text) {
        return text.startsWith(SCHEME);
    }

    /** @param usual the kind where the address names none */
    public static HubAddress parse(String text, Kind usual) {
        Matcher parts = FORM.matcher(text.substring(Math.min(SCHEME.length(), text.length())));
        if (!is(text) || !parts.matches()) {
            throw new BadInput(text
                    + ": expected hub:org/name[@revision][/path], with datasets/ or models/ before org where needed");
        }
        Kind kind = usual;
        for (Kind one : Kind.values()) {
            kind = one.plural.equals(parts.group(1)) ? one : kind;
        }
        String revision = parts.group(3) == null ? "main" : parts.group(3);
        return new HubAddress(kind, parts.group(2), revision, parts.group(4) == null ? "" : parts.group(4));
    }

    /** The same at another revision. */
    public HubAddress at(String other) {
        return new HubAddress(kind, repository, other, path);
    }

    /** As {@link #parse} reads it. */
    @Override
    public String toString() {
        return SCHEME + (kind == Kind.MODEL ? "" : kind.page) + repository + "@" + revision
                + (path.isEmpty() ? "" : "/" + path);
    }
}
