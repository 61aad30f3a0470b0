package org.lionalign.core.pack;

import java.io.BufferedOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.RandomAccess;
import org.lionalign.core.error.BadInput;

/**
 * Prompt trees on disk, memory-mapped: millions of them as a list that takes no heap. {@code trees.bin} holds the records one after
 * another, {@code trees.idx} an offset and a number of tokens for each.
 */
public final class TreeStore {
    private static final String RECORDS = "trees.bin";
    private static final String INDEX = "trees.idx";
    private static final int INDEX_ENTRY = 12;
    private static final long SEGMENT = 1L << 30;

    private final List<MappedByteBuffer> segments;
    private final ByteBuffer index;
    private final int size;

    private TreeStore(List<MappedByteBuffer> segments, ByteBuffer index) {
        this.segments = segments;
        this.index = index;
        this.size = index.limit() / INDEX_ENTRY;
    }

    /** Writes a store, tree after tree. */
    public static final class Writer implements AutoCloseable {
        private final MessageDigest content = sha256();
        private final DataOutputStream records;
        private final DataOutputStream index;
        private long offset;
        private int size;

        /** @param folder exists and holds no store */
        public Writer(Path folder) throws IOException {
            OutputStream file = Files.newOutputStream(folder.resolve(RECORDS));
            records = new DataOutputStream(new BufferedOutputStream(file, 1 << 20));
            index = new DataOutputStream(
                    new BufferedOutputStream(Files.newOutputStream(folder.resolve(INDEX)), 1 << 16));
        }

        public void add(PromptTree tree) throws IOException {
            byte[] bytes = bytes(tree);
            index.writeLong(offset);
            index.writeInt(tree.length());
            records.write(bytes);
            int named = 4 + ByteBuffer.wrap(bytes).getInt();
            content.update(bytes, named, bytes.length - named);
            offset += bytes.length;
            size++;
        }

        public int size() {
            return size;
        }

        /** SHA-256 over all trees so far, without their names: the same rows in another folder are the same data. */
        public String digest() {
            try {
                return HexFormat.of().formatHex(((MessageDigest) content.clone()).digest());
            } catch (CloneNotSupportedException e) {
                throw new IllegalStateException(e);
            }
        }

        @Override
        public void close() throws IOException {
            try (records) {
                index.close();
            }
        }
    }

    private static byte[] bytes(PromptTree tree) {
        byte[] id = tree.id().getBytes(StandardCharsets.UTF_8);
        int tokens = tree.length();
        ByteBuffer buffer =
                ByteBuffer.allocate(8 + id.length + tree.nodes().size() * 8 + tokens * 4 + (tokens + 7) / 8);
        buffer.putInt(id.length).put(id).putInt(tree.nodes().size());
        for (PromptTree.Node node : tree.nodes()) {
            buffer.putInt(node.parent()).putInt(node.ids().length);
        }
        byte[] flags = new byte[(tokens + 7) / 8];
        int at = 0;
        for (PromptTree.Node node : tree.nodes()) {
            for (int i = 0; i < node.ids().length; i++, at++) {
                buffer.putInt(node.ids()[i]);
                if (node.supervised()[i]) {
                    flags[at / 8] |= (byte) (1 << at % 8);
                }
            }
        }
        return buffer.put(flags).array();
    }

    /** Maps a store that was written whole. */
    public static TreeStore open(Path folder) {
        try (FileChannel records = FileChannel.open(folder.resolve(RECORDS));
                FileChannel index = FileChannel.open(folder.resolve(INDEX))) {
            List<MappedByteBuffer> segments = new ArrayList<>();
            for (long from = 0; from < records.size(); from += SEGMENT) {
                // Each reaches into the next, so that a record lies whole in the segment it starts in.
                long length = Math.min(records.size() - from, Integer.MAX_VALUE);
                segments.add(records.map(FileChannel.MapMode.READ_ONLY, from, length));
            }
            return new TreeStore(segments, index.map(FileChannel.MapMode.READ_ONLY, 0, index.size()));
        } catch (IOException e) {
            throw new BadInput(folder + ": not a readable store of trees: " + e.getMessage(), e);
        }
    }

    public int size() {
        return size;
    }

    /** Tokens of a tree, without reading it. */
    public int tokens(int tree) {
        return index.getInt(tree * INDEX_ENTRY + 8);
    }

    /** Reads a tree. */
    public PromptTree get(int tree) {
        long offset = index.getLong(tree * INDEX_ENTRY);
        ByteBuffer record = segments.get((int) (offset / SEGMENT)).duplicate();
        record.position((int) (offset % SEGMENT));
        byte[] id = new byte[record.getInt()];
        record.get(id);
        int count = record.getInt();
        int[] parents = new int[count];
        int[] lengths = new int[count];
        int total = 0;
        for (int n = 0; n < count; n++) {
            parents[n] = record.getInt();
            lengths[n] = record.getInt();
            total += lengths[n];
        }
        int flagsAt = record.position() + total * 4;
        List<PromptTree.Node> nodes = new ArrayList<>(count);
        int at = 0;
        for (int n = 0; n < count; n++) {
            int[] ids = new int[lengths[n]];
            boolean[] supervised = new boolean[lengths[n]];
            for (int i = 0; i < ids.length; i++, at++) {
                ids[i] = record.getInt();
                supervised[i] = (record.get(flagsAt + at / 8) & 1 << at % 8) != 0;
            }
            nodes.add(new PromptTree.Node(parents[n], ids, supervised));
        }
        return new PromptTree(new String(id, StandardCharsets.UTF_8), nodes);
    }

    /**
     * Some of the trees in some order, one or more times.
     *
     * @param digest of what they hold, for resuming
     */
    public View view(int[] order, String digest) {
        return new View(order, digest);
    }

    /** A list that reads from the store. */
    public final class View extends AbstractList<PromptTree> implements RandomAccess {
        private final int[] order;
        private final String digest;

        private View(int[] order, String digest) {
            this.order = order;
            this.digest = digest;
        }

        @Override
        public PromptTree get(int i) {
            return TreeStore.this.get(order[i]);
        }

        @Override
        public int size() {
            return order.length;
        }

        /** Tokens of a tree, without reading it. */
        public int tokens(int i) {
            return TreeStore.this.tokens(order[i]);
        }

        /** Hash of everything in it. */
        public String digest() {
            return digest;
        }
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
