/**
 * Studies: the cells of a grid of recipes, run over one store, and what varying each choice does, with intervals.
 *
 * <p>Knows no terminal. Start with {@link org.lionalign.align.study.Study}.
 */
@NullMarked
package org.lionalign.align.study;

import org.jspecify.annotations.NullMarked;
