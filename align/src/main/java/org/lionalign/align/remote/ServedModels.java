package org.lionalign.align.remote;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** The models that an OpenAI-compatible server offers ({@code GET …/models}). */
public final class ServedModels {
    private static final Duration PATIENCE = Duration.ofSeconds(10);

    private ServedModels() {}

    /** The server's name of its only model; an error that lists them where it has several. */
    public static String only(String url, String keyVariable) {
        List<String> names = names(url, keyVariable);
        if (names.size() != 1) {
            throw new BadInput(url + ": expected a server of one model, or URL,MODEL to choose one, found " + names);
        }
        return names.get(0);
    }

    private static List<String> names(String url, String keyVariable) {
        try {
            URI address = URI.create(url.replaceAll("/+$", "") + "/models");
            HttpRequest.Builder request =
                    HttpRequest.newBuilder(address).timeout(PATIENCE).GET();
            String key = System.getenv(keyVariable);
            if (key != null && !key.isBlank()) {
                request.header("Authorization", "Bearer " + key.strip());
            }
            HttpResponse<String> response = HttpClient.newBuilder()
                    .version(HttpClient.Version.HTTP_1_1)
                    .connectTimeout(PATIENCE)
                    .build()
                    .send(request.build(), HttpResponse.BodyHandlers.ofString());
            if (response.statusCode() != 200) {
                throw new BadInput(
                        url + ": expected a list of models at /models (or URL,MODEL to name one), found HTTP "
                                + response.statusCode());
            }
            List<String> names = new ArrayList<>();
            for (JsonNode model :
                    Json.parse(response.body(), address.toString()).path("data")) {
                names.add(model.path("id").asText());
            }
            return names;
        } catch (IllegalArgumentException e) {
            throw new BadInput("judge: expected an address, found one with forbidden characters", e);
        } catch (IOException e) {
            throw new BadInput(
                    url + ": expected a server that lists its models (or URL,MODEL to name one), found "
                            + e.getClass().getSimpleName() + ": " + e.getMessage(),
                    e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BadInput(url + ": interrupted", e);
        }
    }
}
