/**
 * The whole way as a graph of content-addressed artifacts: what a recipe needs, what is there already, what has to run and why.
 *
 * <p>Knows no terminal. Start with {@link org.lionalign.align.pipeline.RunGraph}, then {@link org.lionalign.align.pipeline.Pipeline}.
 */
@NullMarked
package org.lionalign.align.pipeline;

import org.jspecify.annotations.NullMarked;
