package org.lionalign.align.train;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;

/** Supervised fine-tuning on documents (or any trees) with supervised tokens. */
public final class SftTask extends TreeTask {
    /** @param trees each with at least one supervised token */
    public SftTask(List<PromptTree> trees) {
        super(trees, digestOf("sft", trees));
        for (PromptTree tree : trees) {
            if (tree.supervisedTokens() == 0) {
                throw new BadInput(tree.id() + ": expected at least one supervised token, found none");
            }
        }
    }

    @Override
    public StepObjective objective(List<PackedBatch> batches) {
        return new CrossEntropy(
                batches.stream().mapToLong(PackedBatch::supervised).sum());
    }

    /** SHA-256 over ids and supervised flags of every node, in order. */
    static String digestOf(String kind, List<PromptTree> trees) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(kind.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            for (PromptTree tree : trees) {
                for (PromptTree.Node node : tree.nodes()) {
                    ByteBuffer bytes = ByteBuffer.allocate(8 + node.ids().length * 5);
                    bytes.putInt(node.parent()).putInt(node.ids().length);
                    for (int i = 0; i < node.ids().length; i++) {
                        bytes.putInt(node.ids()[i]).put((byte) (node.supervised()[i] ? 1 : 0));
                    }
                    digest.update(bytes.array());
                }
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
