package org.lionalign.core.hub;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.function.LongConsumer;
import org.lionalign.core.error.BadInput;

/** A file on its way: what came before a kill is kept, and what does not fit on the disk is said. */
final class PartFile implements HubClient.Sink, AutoCloseable {
    private static final int BUFFER = 1 << 16;

    private final Path path;
    private final FileChannel channel;
    private final LongConsumer progress;
    private long have;

    /** @param progress hears of every byte count */
    PartFile(Path path, LongConsumer progress) {
        this.path = path;
        this.progress = progress;
        try {
            channel = FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
            have = channel.size();
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    @Override
    public long have() {
        return have;
    }

    @Override
    public void restart() {
        try {
            channel.truncate(0);
            have = 0;
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    @Override
    public void write(byte[] bytes, int count) {
        try {
            ByteBuffer buffer = ByteBuffer.wrap(bytes, 0, count);
            while (buffer.hasRemaining()) {
                have += channel.write(buffer, have);
            }
            progress.accept(have);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    /** On the disk, not only on its way there. */
    void force() {
        try {
            channel.force(true);
        } catch (IOException e) {
            throw unwritable(e);
        }
    }

    private BadInput unwritable(IOException e) {
        return new BadInput(
                path + ": cannot be written: " + e.getMessage()
                        + "; what has come is kept, and the same command goes on from there",
                e);
    }

    /** The hash that names a file's content: SHA-256 of large ones, git's blob hash of small ones. */
    static String hash(Path path, HubFile file) {
        try (InputStream in = Files.newInputStream(path)) {
            MessageDigest digest = MessageDigest.getInstance(file.sha256() == null ? "SHA-1" : "SHA-256");
            if (file.sha256() == null) {
                digest.update(("blob " + Files.size(path) + "\0").getBytes(StandardCharsets.US_ASCII));
            }
            byte[] buffer = new byte[BUFFER];
            for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
                digest.update(buffer, 0, count);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new BadInput(path + ": cannot be read: " + e.getMessage(), e);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (IOException e) {
            throw unwritable(e);
        }
    }
}
