/**
 * Optimisation: AdamW on libtorch's fused operator, schedules, clipping. Numbers as PyTorch and transformers have them.
 *
 * <p>Knows no loss and no data. Start with {@link org.lionalign.torch.optim.AdamW}.
 */
@NullMarked
package org.lionalign.torch.optim;

import org.jspecify.annotations.NullMarked;
