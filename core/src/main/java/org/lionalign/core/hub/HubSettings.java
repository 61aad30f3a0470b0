package org.lionalign.core.hub;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;

/**
 * Where the hub is, where its files are kept, and who asks; from the variables that {@code huggingface_hub} reads.
 *
 * @param endpoint {@code HF_ENDPOINT}, {@code https://huggingface.co}
 * @param cache {@code HF_HUB_CACHE}, {@code $HF_HOME/hub}, {@code ~/.cache/huggingface/hub}
 * @param token {@code HF_TOKEN}, or the file {@code $HF_HOME/token} that {@code hf auth login} writes; null for none
 * @param offline {@code HF_HUB_OFFLINE}: the cache alone
 */
public record HubSettings(
        URI endpoint, Path cache, @Nullable String token, boolean offline) {
    /** @param home the user's folder */
    public static HubSettings of(Map<String, String> environment, Path home) {
        String caches = environment.get("XDG_CACHE_HOME");
        Path hub = folder(
                first(environment, "HF_HOME"),
                home,
                (caches == null || caches.isBlank() ? home.resolve(".cache") : Path.of(caches)).resolve("huggingface"));
        Path cache = folder(first(environment, "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE"), home, hub.resolve("hub"));
        String offline = first(environment, "HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE");
        return new HubSettings(
                endpoint(first(environment, "HF_ENDPOINT")),
                cache,
                token(environment, folder(first(environment, "HF_TOKEN_PATH"), home, hub.resolve("token"))),
                isTrue(offline));
    }

    /** The process's own. */
    public static HubSettings ofEnvironment() {
        return of(System.getenv(), Path.of(System.getProperty("user.home", ".")));
    }

    private static @Nullable String first(Map<String, String> environment, String... names) {
        for (String name : names) {
            String value = environment.get(name);
            if (value != null && !value.isBlank()) {
                return value.strip();
            }
        }
        return null;
    }

    private static boolean isTrue(@Nullable String value) {
        return value != null && List.of("1", "on", "yes", "true").contains(value.toLowerCase(Locale.ROOT));
    }

    private static Path folder(@Nullable String given, Path home, Path usual) {
        if (given == null) {
            return usual;
        }
        return given.startsWith("~/") ? home.resolve(given.substring(2)) : Path.of(given);
    }

    private static URI endpoint(@Nullable String given) {
        String text = given == null ? "https://huggingface.co" : given.replaceAll("/+$", "");
        try {
            URI uri = URI.create(text);
            if (uri.getHost() != null
                    && uri.getUserInfo() == null
                    && uri.getQuery() == null
                    && List.of("http", "https").contains(uri.getScheme())) {
                return uri;
            }
        } catch (IllegalArgumentException e) {
            // said below, without what may be a secret in it
        }
        throw new BadInput(
                "environment variable HF_ENDPOINT: expected http(s)://host[:port][/path], found something else");
    }

    private static @Nullable String token(Map<String, String> environment, Path file) {
        String token = first(environment, "HF_TOKEN", "HUGGING_FACE_HUB_TOKEN");
        String where = "environment variable HF_TOKEN";
        if (token == null && Files.isReadable(file) && !isTrue(environment.get("HF_HUB_DISABLE_IMPLICIT_TOKEN"))) {
            where = file.toString();
            try {
                token = Files.readString(file).strip();
            } catch (IOException e) {
                throw new BadInput(file + ": cannot be read: " + e.getClass().getSimpleName(), e);
            }
        }
        if (token == null || token.isEmpty()) {
            return null;
        }
        if (!token.chars().allMatch(c -> c > ' ' && c < 127)) {
            throw new BadInput(where + ": expected a token of visible ASCII characters, found others (not shown)");
        }
        return token;
    }

    /** Without the token. */
    @Override
    public String toString() {
        return endpoint + ", " + cache + (offline ? ", offline" : "") + (token == null ? ", no token" : ", a token");
    }
}
