package org.lionalign.core.tokenizer;

/**
 * Token ids with the characters each came from.
 *
 * @param ids the tokens
 * @param starts first UTF-16 unit of each token's text; several byte-level tokens of one character share it
 * @param ends one past the last
 */
public record Encoded(int[] ids, int[] starts, int[] ends) {}
