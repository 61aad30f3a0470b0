package org.lionalign.core.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import org.lionalign.core.json.Json;

/** JSON schema (draft 2020-12) of the recipe, from its records: what editors complete and check while a recipe is written. */
public final class RecipeSchema {
    private static final PropertyNamingStrategies.SnakeCaseStrategy NAMES =
            new PropertyNamingStrategies.SnakeCaseStrategy();

    private RecipeSchema() {}

    /** The schema of {@link StageRecipe}, with the defaults that a minimal recipe resolves to. */
    public static ObjectNode of() {
        StageRecipe minimal = RecipeReader.parse("model: {path: x}\ndata: {train: [x]}", "schema", StageRecipe.class);
        ObjectNode schema = Json.object();
        schema.put("$schema", "https://json-schema.org/draft/2020-12/schema");
        schema.put("title", "Lion recipe");
        schema.setAll(object(StageRecipe.class, RecipeReader.tree(minimal)));
        schema.putArray("required").add("model").add("data");
        ((ObjectNode) schema.get("properties").get("model"))
                .putArray("required")
                .add("path");
        ((ObjectNode) schema.get("properties").get("data")).putArray("required").add("train");
        return schema;
    }

    private static ObjectNode object(Class<?> type, JsonNode defaults) {
        ObjectNode node = Json.object().put("type", "object").put("additionalProperties", false);
        ObjectNode properties = node.putObject("properties");
        for (RecordComponent component : type.getRecordComponents()) {
            String name = NAMES.translate(component.getName());
            JsonNode value = defaults.path(name);
            ObjectNode property = schema(component.getGenericType(), value);
            OneOf allowed = component.getAnnotation(OneOf.class);
            if (allowed != null) {
                ArrayNode values = property.putArray("enum");
                List.of(allowed.value()).forEach(values::add);
            }
            boolean filled = !value.isMissingNode() && !value.isNull() && !value.isObject();
            if (filled && !name.equals("path") && !name.equals("train")) {
                property.set("default", value);
            }
            properties.set(name, property);
        }
        return node;
    }

    private static ObjectNode schema(Type type, JsonNode defaults) {
        if (type instanceof ParameterizedType list) {
            ObjectNode node = Json.object().put("type", "array");
            node.set("items", schema(list.getActualTypeArguments()[0], Json.object()));
            return node;
        }
        if (type == StageRecipe.Source.class) {
            ObjectNode either = Json.object();
            ArrayNode options = either.putArray("anyOf");
            options.addObject().put("type", "string");
            options.add(object(StageRecipe.Source.class, Json.object()));
            return either;
        }
        if (type instanceof Class<?> simple && simple.isRecord()) {
            return object(simple, defaults);
        }
        return Json.object()
                .put(
                        "type",
                        type == Boolean.class
                                ? "boolean"
                                : type == Integer.class || type == Long.class
                                        ? "integer"
                                        : type == Double.class ? "number" : "string");
    }
}
