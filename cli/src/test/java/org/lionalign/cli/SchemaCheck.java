package org.lionalign.cli;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The part of JSON schema (draft 2020-12) that recipes' schemas use; a keyword that it does not know is an error. */
final class SchemaCheck {
    private static final List<String> SAYS_NOTHING = List.of("$schema", "title", "default", "description");

    private SchemaCheck() {}

    /** What is wrong with a value, with places; empty when it is valid. */
    static List<String> errors(JsonNode schema, JsonNode value) {
        List<String> errors = new ArrayList<>();
        check(schema, value, "", errors);
        return errors;
    }

    private static void check(JsonNode schema, JsonNode value, String at, List<String> errors) {
        for (Map.Entry<String, JsonNode> keyword : schema.properties()) {
            JsonNode says = keyword.getValue();
            switch (keyword.getKey()) {
                case "type" -> {
                    if (!is(says.asText(), value)) {
                        errors.add(at + ": expected " + says.asText() + ", found " + value);
                    }
                }
                case "properties" ->
                    value.properties().forEach(entry -> {
                        if (says.has(entry.getKey())) {
                            check(says.get(entry.getKey()), entry.getValue(), at + "." + entry.getKey(), errors);
                        }
                    });
                case "additionalProperties" ->
                    value.properties().forEach(entry -> {
                        if (!schema.path("properties").has(entry.getKey())) {
                            if (says.isObject()) {
                                check(says, entry.getValue(), at + "." + entry.getKey(), errors);
                            } else if (!says.asBoolean()) {
                                errors.add(at + ": unknown key " + entry.getKey());
                            }
                        }
                    });
                case "required" ->
                    says.forEach(name -> {
                        if (value.isObject() && !value.has(name.asText())) {
                            errors.add(at + ": " + name.asText() + " is missing");
                        }
                    });
                case "items" -> {
                    for (int i = 0; value.isArray() && i < value.size(); i++) {
                        check(says, value.get(i), at + "[" + i + "]", errors);
                    }
                }
                case "enum" -> {
                    boolean found = false;
                    for (JsonNode one : says) {
                        found |= one.equals(value);
                    }
                    if (!found) {
                        errors.add(at + ": expected one of " + says + ", found " + value);
                    }
                }
                case "anyOf" -> {
                    List<String> all = new ArrayList<>();
                    for (JsonNode one : says) {
                        List<String> of = errors(one, value);
                        if (of.isEmpty()) {
                            all = null;
                            break;
                        }
                        all.addAll(of);
                    }
                    if (all != null) {
                        errors.add(at + ": none of " + all);
                    }
                }
                default -> {
                    if (!SAYS_NOTHING.contains(keyword.getKey())) {
                        throw new IllegalArgumentException("unknown keyword " + keyword.getKey());
                    }
                }
            }
        }
    }

    private static boolean is(String type, JsonNode value) {
        return switch (type) {
            case "object" -> value.isObject();
            case "array" -> value.isArray();
            case "string" -> value.isTextual();
            case "boolean" -> value.isBoolean();
            case "integer" -> value.isIntegralNumber();
            case "number" -> value.isNumber();
            default -> throw new IllegalArgumentException("unknown type " + type);
        };
    }
}
