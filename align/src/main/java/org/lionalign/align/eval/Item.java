package org.lionalign.align.eval;

import com.fasterxml.jackson.databind.node.ObjectNode;

/**
 * One question's outcome: what paired tests compare between checkpoints, and what people browse.
 *
 * @param id stable over checkpoints
 * @param category of the question, or the task's name
 * @param score what the headline averages: 0 or 1 for accuracies; NaN where the question failed
 * @param detail prompt, answer, judge's text, both orders …
 */
public record Item(String id, String category, double score, ObjectNode detail) {}
