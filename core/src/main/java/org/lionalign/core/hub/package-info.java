/**
 * Files of the Hugging Face hub, in the cache that Python's {@code huggingface_hub} shares: {@code models--org--name/{blobs,refs,snapshots,trees}}.
 *
 * <p>A file enters {@code blobs} when its size and its hash are those of the listing, and a snapshot when it is in {@code blobs}: nothing half-written is ever
 * taken for whole. The token goes into a header of requests to the hub's own address, and nowhere else.
 *
 * <p>Start with {@link org.lionalign.core.hub.HubPaths}: {@code hub:org/name} wherever a folder is named.
 */
@NullMarked
package org.lionalign.core.hub;

import org.jspecify.annotations.NullMarked;
