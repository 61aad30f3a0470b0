/**
 * JSON as Lion reads and writes it: one strict mapper, and JSON Lines with file, line and column in every error.
 *
 * <p>Knows no schema. Start with {@link org.lionalign.core.json.JsonLines}.
 */
@NullMarked
package org.lionalign.core.json;

import org.jspecify.annotations.NullMarked;
