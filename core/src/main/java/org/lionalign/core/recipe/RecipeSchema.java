package org.lionalign.core.recipe;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.lang.annotation.Annotation;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.json.Json;

/** JSON schema (draft 2020-12) of recipes, from their records: what editors complete and check while a recipe is written. */
public final class RecipeSchema {
    private static final PropertyNamingStrategies.SnakeCaseStrategy NAMES =
            new PropertyNamingStrategies.SnakeCaseStrategy();

    /**
     * A section with no more than it must have.
     *
     * @param yaml reads back with every default filled in; empty where the defaults depend on what else is written
     * @param required keys that it cannot be without
     */
    private record Minimal(String yaml, List<String> required) {
        static Minimal of(String yaml, String... required) {
            return new Minimal(yaml, List.of(required));
        }
    }

    /** Sections that have keys which they cannot be without, and those whose keys depend on each other. */
    private static final Map<Class<?>, Minimal> MINIMAL = Map.ofEntries(
            Map.entry(StageRecipe.class, Minimal.of("{model: {path: x}, data: {train: [x]}}", "model", "data")),
            Map.entry(StageRecipe.Model.class, Minimal.of("{path: x}", "path")),
            Map.entry(StageRecipe.Data.class, Minimal.of("{train: [x]}", "train")),
            Map.entry(StageRecipe.Source.class, Minimal.of("{path: x}", "path")),
            Map.entry(StageRecipe.Rows.class, Minimal.of("{from: 0, to: 1}", "from", "to")),
            Map.entry(LossRecipe.Part.class, Minimal.of("{type: sft}", "type")),
            Map.entry(RunRecipe.class, Minimal.of("{model: {path: x}, sft: {data: {train: [x]}}}", "model")),
            Map.entry(RunRecipe.Sft.class, Minimal.of("{data: {train: [x]}}", "data")),
            Map.entry(RunRecipe.RewardModel.class, Minimal.of("{data: {train: [x]}}", "data")),
            Map.entry(RunRecipe.Dpo.class, Minimal.of("{data: {train: [x]}}", "data")),
            Map.entry(
                    RunRecipe.Online.class,
                    Minimal.of("{prompts: [x], judges: [{type: rule, rule: {json: true}}]}", "prompts", "judges")),
            Map.entry(RunRecipe.Compare.class, Minimal.of("")),
            Map.entry(JudgeRecipe.class, Minimal.of("{type: rule, rule: {json: true}}", "type")),
            Map.entry(JudgeRecipe.Rule.class, Minimal.of("")),
            Map.entry(ServerRecipe.class, Minimal.of("{url: 'http://x', model: x}", "url", "model")),
            Map.entry(
                    StudyRecipe.class,
                    Minimal.of(
                            "{about: x, recipe: x, axes: [{name: x, cells: [{name: x}, {name: y}]}], measure: x}",
                            "about",
                            "recipe",
                            "axes",
                            "measure")),
            Map.entry(StudyRecipe.Axis.class, Minimal.of("", "name", "cells")),
            Map.entry(StudyRecipe.Cell.class, Minimal.of("{name: x}", "name")));

    private RecipeSchema() {}

    /** Any recipe that a file may hold: of one stage, of a whole run, or of a study. */
    public static ObjectNode any() {
        ObjectNode schema = head("Lion recipe");
        ArrayNode kinds = schema.putArray("anyOf");
        kinds.add(named(RunRecipe.class, "The whole way: lion run"));
        kinds.add(named(StageRecipe.class, "One stage: lion pretrain, sft, dpo, reward"));
        kinds.add(named(StudyRecipe.class, "A study: lion study"));
        return schema;
    }

    private static @Nullable OneOf allowed(RecordComponent component) {
        OneOf own = component.getAnnotation(OneOf.class);
        for (Annotation annotation : component.getAnnotations()) {
            own = own == null ? annotation.annotationType().getAnnotation(OneOf.class) : own;
        }
        return own;
    }

    private static ObjectNode named(Class<?> type, String title) {
        ObjectNode schema = Json.object().put("title", title);
        return schema.setAll(object(type));
    }

    /** The schema of one kind of recipe, or of a section of one; every default that does not depend on other keys is in it. */
    public static ObjectNode of(Class<?> recipe) {
        ObjectNode schema = head("Lion recipe: " + recipe.getSimpleName());
        return schema.setAll(object(recipe));
    }

    /** The schema of a file that holds a list of sections, as judges are. */
    public static ObjectNode listOf(Class<?> section) {
        ObjectNode schema = head("Lion recipe: a list of " + section.getSimpleName());
        schema.put("type", "array").set("items", object(section));
        return schema;
    }

    private static ObjectNode head(String title) {
        return Json.object()
                .put("$schema", "https://json-schema.org/draft/2020-12/schema")
                .put("title", title);
    }

    private static ObjectNode object(Class<?> type) {
        Minimal minimal = MINIMAL.getOrDefault(type, Minimal.of("{}"));
        ObjectNode defaults = defaults(type, minimal);
        ObjectNode node = Json.object().put("type", "object").put("additionalProperties", false);
        ObjectNode properties = node.putObject("properties");
        for (RecordComponent component : type.getRecordComponents()) {
            String name = NAMES.translate(component.getName());
            JsonNode value = defaults.path(name);
            ObjectNode property = schema(component.getGenericType());
            OneOf allowed = allowed(component);
            if (allowed != null) {
                ArrayNode values = property.putArray("enum");
                List.of(allowed.value()).forEach(values::add);
            }
            boolean filled = !value.isMissingNode() && !value.isNull() && !value.isObject();
            if (allowed != null && !allowed.byMachine().isEmpty()) {
                property.put("default", allowed.byMachine());
            } else if (filled && !minimal.required().contains(name)) {
                property.set("default", value);
            }
            properties.set(name, property);
        }
        if (!minimal.required().isEmpty()) {
            minimal.required().forEach(node.putArray("required")::add);
        }
        return node;
    }

    private static ObjectNode defaults(Class<?> type, Minimal minimal) {
        if (minimal.yaml().isEmpty()) {
            return Json.object();
        }
        try {
            return RecipeReader.tree(RecipeReader.parse(minimal.yaml(), "schema", type));
        } catch (BadInput e) {
            return Json.object(); // a record of another package, whose keys depend on each other
        }
    }

    private static ObjectNode schema(Type type) {
        if (type instanceof ParameterizedType generic) {
            if (generic.getRawType() == Map.class) {
                ObjectNode node = Json.object().put("type", "object");
                node.set("additionalProperties", schema(generic.getActualTypeArguments()[1]));
                return node;
            }
            ObjectNode node = Json.object().put("type", "array");
            node.set("items", schema(generic.getActualTypeArguments()[0]));
            return node;
        }
        if (type == StageRecipe.Source.class) {
            ObjectNode either = Json.object();
            ArrayNode options = either.putArray("anyOf");
            options.addObject().put("type", "string");
            options.add(object(StageRecipe.Source.class));
            return either;
        }
        if (type instanceof Class<?> simple && simple.isRecord()) {
            return object(simple);
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
