package org.lionalign.core.recipe;

import static org.lionalign.core.recipe.Checks.require;

/**
 * An OpenAI-compatible server: vLLM, sglang, llama-server, or a paid service. The key comes from the environment and never stands in a recipe.
 *
 * @param url address up to and without {@code /chat/completions}, e.g. {@code http://localhost:8000/v1}
 * @param model the server's name of the model
 * @param keyVariable environment variable that holds the key (default OPENAI_API_KEY; may be unset for servers that want none)
 * @param timeoutSeconds of one request, 120
 * @param retries after a 408, 409, 429 or 5xx, 5
 * @param concurrency requests at the same time, 8
 */
public record ServerRecipe(
        String url, String model, String keyVariable, Integer timeoutSeconds, Integer retries, Integer concurrency) {
    public ServerRecipe {
        require(url != null && url.matches("https?://.+"), "server.url", "http://… or https://…", url);
        require(model != null, "server.model", "the server's name of the model", "nothing");
        keyVariable = keyVariable == null ? "OPENAI_API_KEY" : keyVariable;
        timeoutSeconds = timeoutSeconds == null ? 120 : timeoutSeconds;
        require(timeoutSeconds > 0, "server.timeout_seconds", "above 0", timeoutSeconds);
        retries = retries == null ? 5 : retries;
        require(retries >= 0, "server.retries", "0 or above", retries);
        concurrency = concurrency == null ? 8 : concurrency;
        require(concurrency > 0, "server.concurrency", "above 0", concurrency);
    }
}
