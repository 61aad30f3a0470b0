package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The options of a recipe's records as paths: {@code sft.data.train[].fraction}. */
final class RecipeLeaves {
    private static final PropertyNamingStrategies.SnakeCaseStrategy NAMES =
            new PropertyNamingStrategies.SnakeCaseStrategy();

    private RecipeLeaves() {}

    static List<String> of(Class<?> recipe) {
        List<String> leaves = new ArrayList<>();
        walk(recipe, "", leaves);
        return leaves;
    }

    private static void walk(Class<?> type, String prefix, List<String> leaves) {
        for (RecordComponent component : type.getRecordComponents()) {
            String path = prefix + NAMES.translate(component.getName());
            Type of = component.getGenericType();
            if (of instanceof ParameterizedType generic && generic.getRawType() != Map.class) {
                of = generic.getActualTypeArguments()[0];
                path += of instanceof Class<?> element && element.isRecord() ? "[]" : "";
            }
            if (of instanceof Class<?> section && section.isRecord()) {
                walk(section, path + ".", leaves);
            } else {
                leaves.add(path);
            }
        }
    }
}
