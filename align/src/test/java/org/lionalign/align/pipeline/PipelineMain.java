package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.RunRecipe;

/** A run in a process of its own, to be killed. */
final class PipelineMain {
    /** Hears nothing. */
    static final Pipeline.Listener SILENT = new Pipeline.Listener() {
        @Override
        public void onStart(List<Pipeline.Explained> nodes, double[] costs) {}

        @Override
        public void onNode(int node) {}

        @Override
        public void onProgress(int node, long done, long total, String detail) {}

        @Override
        public void onDone(int node, double seconds, JsonNode summary) {}
    };

    private PipelineMain() {}

    public static void main(String[] arguments) {
        Pipeline.of(RecipeReader.read(Path.of(arguments[0]), List.of(), RunRecipe.class), Path.of(arguments[1]))
                .run(SILENT, () -> false);
    }
}
