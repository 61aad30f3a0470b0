package org.lionalign.align.pipeline;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.lionalign.core.recipe.JudgeRecipe;
import org.lionalign.core.recipe.RecipeReader;
import org.lionalign.core.recipe.SampleRecipe;
import org.lionalign.core.recipe.StageRecipe;

/**
 * Sections of a recipe as they stand in keys: without what cannot change an artifact. How often a checkpoint is written changes nothing, for a
 * resumed run ends in the same bits; nor do the key of a server and the number of requests at a time. How many answers may fail decides whether
 * there is an artifact, not what is in it.
 */
final class Shaping {
    private Shaping() {}

    static ObjectNode stage(StageRecipe recipe) {
        ObjectNode tree = RecipeReader.tree(recipe);
        if (tree.get("train") instanceof ObjectNode train) {
            train.remove("checkpoint_every_steps");
            train.remove("keep_checkpoints");
        }
        return tree;
    }

    static ObjectNode sample(SampleRecipe recipe) {
        ObjectNode tree = server(RecipeReader.tree(recipe));
        tree.remove("failed_share");
        return tree;
    }

    static ObjectNode judge(JudgeRecipe recipe) {
        return server(RecipeReader.tree(recipe));
    }

    /** Timeout and retries decide which requests fail, and what failed is asked for again: raising them must not pay for the rest twice. */
    private static ObjectNode server(ObjectNode tree) {
        if (tree.get("server") instanceof ObjectNode server) {
            server.remove("key_variable");
            server.remove("concurrency");
            server.remove("timeout_seconds");
            server.remove("retries");
        }
        return tree;
    }
}
