package org.lionalign.core.format;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.lionalign.core.error.BadInput;

/**
 * A file of lines that grows: a line is there whole or not at all. What a kill tore off the end is passed over when reading and cut off before
 * the next line is written, so that the file of a killed and continued run has the bytes of an uninterrupted one. Processes may share it.
 */
public final class AppendLog {
    private final Path file;

    /** @param file is made, with its folders, by the first line */
    public AppendLog(Path file) {
        this.file = file;
    }

    /** Where a line stands. */
    public record Place(long offset, int length) {}

    /** Takes whole lines. */
    @FunctionalInterface
    public interface Reader {
        void onLine(Place place, String line);
    }

    public Path file() {
        return file;
    }

    /** All whole lines, in order; empty ones are left out. */
    public void read(Reader reader) {
        if (!Files.exists(file)) {
            return;
        }
        try (InputStream in = new BufferedInputStream(Files.newInputStream(file), 1 << 16)) {
            ByteArrayOutputStream line = new ByteArrayOutputStream(1024);
            long start = 0;
            for (int b = in.read(); b >= 0; b = in.read()) {
                if (b != '\n') {
                    line.write(b);
                    continue;
                }
                int length = line.size();
                if (length > 0) {
                    reader.onLine(new Place(start, length), line.toString(StandardCharsets.UTF_8));
                }
                start += length + 1L;
                line.reset();
            }
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** One line again. */
    public String read(Place place) {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            ByteBuffer bytes = ByteBuffer.allocate(place.length());
            while (bytes.hasRemaining()) {
                if (channel.read(bytes, place.offset() + bytes.position()) < 0) {
                    throw new BadInput(file + ": expected a line of " + place.length() + " bytes at " + place.offset()
                            + ", found the end: was it changed meanwhile?");
                }
            }
            return new String(bytes.array(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** Adds a line, or several joined by line breaks in one go, on disk when this returns; a kill leaves the first of them. */
    public Place append(String line) {
        byte[] bytes = (line + "\n").getBytes(StandardCharsets.UTF_8);
        // The lock keeps other processes away, the monitor this one's threads: a JVM may not lock a file twice.
        synchronized (AppendLog.class) {
            try {
                Path folder = file.toAbsolutePath().getParent();
                if (folder != null) {
                    Files.createDirectories(folder);
                }
                try (FileChannel channel = FileChannel.open(
                                file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                        FileLock lock = channel.lock()) {
                    long end = endOfWholeLines(channel);
                    channel.truncate(end);
                    channel.position(end);
                    SafetensorsWriter.writeFully(channel, ByteBuffer.wrap(bytes));
                    channel.force(false);
                    return new Place(end, bytes.length - 1);
                }
            } catch (IOException e) {
                throw new BadInput(file + ": cannot be written: " + e.getMessage(), e);
            }
        }
    }

    private static long endOfWholeLines(FileChannel channel) throws IOException {
        ByteBuffer one = ByteBuffer.allocate(1);
        for (long end = channel.size(); end > 0; end--) {
            one.clear();
            channel.read(one, end - 1);
            if (one.get(0) == '\n') {
                return end;
            }
        }
        return 0;
    }
}
