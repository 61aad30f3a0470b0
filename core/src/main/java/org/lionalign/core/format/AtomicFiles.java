package org.lionalign.core.format;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.function.Consumer;
import org.lionalign.core.error.BadInput;

/** Files that appear whole or not at all: written aside, synced, moved. */
public final class AtomicFiles {
    private AtomicFiles() {}

    /** Writes the content of a file through its channel. */
    @FunctionalInterface
    public interface Content {
        void writeTo(FileChannel channel) throws IOException;
    }

    /** Replaces {@code target}; a crash at any point leaves the old or the new content. */
    public static void write(Path target, Content content) {
        Path part = target.resolveSibling(target.getFileName() + ".part");
        try {
            Path parent = target.toAbsolutePath().getParent();
            if (parent != null) {
                Files.createDirectories(parent);
            }
            try (FileChannel channel = FileChannel.open(
                    part, StandardOpenOption.CREATE, StandardOpenOption.WRITE, StandardOpenOption.TRUNCATE_EXISTING)) {
                content.writeTo(channel);
                channel.force(true);
            }
            Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            try {
                Files.deleteIfExists(part);
            } catch (IOException suppressed) {
                e.addSuppressed(suppressed);
            }
            throw new BadInput(target + ": cannot be written: " + e.getMessage(), e);
        }
    }

    /** Writes lines as they are handed on: {@code content} is given what takes them. */
    public static void writeLines(Path target, Consumer<Consumer<String>> content) {
        write(target, channel -> {
            OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), 1 << 16);
            content.accept(line -> {
                try {
                    out.write(line.getBytes(StandardCharsets.UTF_8));
                    out.write('\n');
                } catch (IOException e) {
                    throw new BadInput(target + ": cannot be written: " + e.getMessage(), e);
                }
            });
            out.flush();
        });
    }

    public static void write(Path target, byte[] bytes) {
        write(target, channel -> SafetensorsWriter.writeFully(channel, ByteBuffer.wrap(bytes)));
    }

    public static void write(Path target, String text) {
        write(target, text.getBytes(StandardCharsets.UTF_8));
    }
}
