package org.lionalign.align.train;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.lionalign.core.error.BadInput;
import org.lionalign.core.pack.PackedBatch;
import org.lionalign.core.pack.PromptTree;
import org.lionalign.core.pack.TreeStore;

/** Supervised fine-tuning on documents (or any trees) with supervised tokens. */
public final class SftTask extends TreeTask {
    /** How the documents of one forward pass lie in it. */
    public enum Layout {
        /** One after another; nobody sees another. */
        ISOLATED,
        /** One after another as a single sequence: later documents see earlier ones. */
        JOINED,
        /** Each filled up to the longest, as tools without packing do: the same loss, more work. */
        PADDED
    }

    private final Layout layout;

    /** @param trees each with at least one supervised token */
    public SftTask(List<PromptTree> trees) {
        this(trees, Layout.ISOLATED);
    }

    /** @param trees each with at least one supervised token; roots alone unless isolated */
    public SftTask(List<PromptTree> trees, Layout layout) {
        super(trees, digestOf(layout == Layout.ISOLATED ? "sft" : "sft/" + layout, trees));
        this.layout = layout;
        for (PromptTree tree :
                trees instanceof TreeStore.View ? List.<PromptTree>of() : trees) { // stored ones were checked
            if (tree.supervisedTokens() == 0) {
                throw new BadInput(tree.id() + ": expected at least one supervised token, found none");
            }
        }
    }

    @Override
    public PackedBatch batch(int[] examples) {
        List<PromptTree> trees = Arrays.stream(examples).mapToObj(this::tree).toList();
        return switch (layout) {
            case ISOLATED -> PackedBatch.of(trees);
            case JOINED -> PackedBatch.of(List.of(join(trees)));
            case PADDED -> PackedBatch.of(padded(trees));
        };
    }

    /** Several documents as one. */
    static PromptTree join(List<PromptTree> documents) {
        int total = documents.stream().mapToInt(PromptTree::length).sum();
        int[] ids = new int[total];
        boolean[] supervised = new boolean[total];
        int at = 0;
        for (PromptTree document : documents) {
            PromptTree.Node root = document.nodes().get(0);
            System.arraycopy(root.ids(), 0, ids, at, root.ids().length);
            System.arraycopy(root.supervised(), 0, supervised, at, root.ids().length);
            at += root.ids().length;
        }
        return PromptTree.document(documents.get(0).id() + " and on", ids, supervised);
    }

    private static List<PromptTree> padded(List<PromptTree> documents) {
        int longest = documents.stream().mapToInt(PromptTree::length).max().orElse(0);
        return documents.stream()
                .map(document -> {
                    PromptTree.Node root = document.nodes().get(0);
                    return PromptTree.document(
                            document.id(),
                            Arrays.copyOf(root.ids(), longest),
                            Arrays.copyOf(root.supervised(), longest));
                })
                .toList();
    }

    @Override
    public StepObjective objective(List<PackedBatch> batches) {
        return new CrossEntropy(
                batches.stream().mapToLong(PackedBatch::supervised).sum());
    }

    /** SHA-256 over ids and supervised flags of every node, in order. */
    public static String digestOf(String kind, List<PromptTree> trees) {
        try {
            MessageDigest digest = MessageDigest.getInstance("SHA-256");
            digest.update(kind.getBytes(java.nio.charset.StandardCharsets.UTF_8));
            if (trees instanceof TreeStore.View stored) {
                return HexFormat.of()
                        .formatHex(digest.digest(stored.digest().getBytes(java.nio.charset.StandardCharsets.UTF_8)));
            }
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
