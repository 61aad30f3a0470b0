package org.lionalign.align.eval;

import java.nio.file.Path;

/** Where a suite keeps things below the context's store: answers and judgements of all checkpoints, and each checkpoint's official files. */
public final class SuiteFolder {
    private final Path folder;
    private final ResultStore answers;
    private final ResultStore judgements;

    public SuiteFolder(EvalContext context, String suite) {
        folder = context.store().resolve(suite);
        answers = ResultStore.open(folder.resolve("answers.jsonl"));
        judgements = ResultStore.open(folder.resolve("judgements.jsonl"));
    }

    public ResultStore answers() {
        return answers;
    }

    public ResultStore judgements() {
        return judgements;
    }

    /** Folder of the checkpoint's files in the official tool's format. */
    public Path official(EvalContext context) {
        return folder.resolve(modelName(context) + "-" + shortIdentity(context));
    }

    /** The checkpoint as official files name it, and as a file may be called. */
    public static String modelName(EvalContext context) {
        return context.name().replaceAll("[^A-Za-z0-9._-]", "_");
    }

    private static String shortIdentity(EvalContext context) {
        return ResultStore.key(context.identity()).substring(0, 12);
    }
}
