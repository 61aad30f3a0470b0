package org.lionalign.align.text;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.List;
import java.util.stream.Stream;
import org.lionalign.core.data.Digests;
import org.lionalign.core.error.BadInput;

/** Hashes of model folders by content: what caches and manifests name a model by, wherever the folder lies. */
public final class ModelDigest {
    private ModelDigest() {}

    /** Hash over config and weight files, hexadecimal. */
    public static String weights(Path model) {
        try (Stream<Path> files = Files.list(model)) {
            List<Path> sorted = files.filter(f -> {
                        String name = String.valueOf(f.getFileName());
                        return name.endsWith(".safetensors") || name.equals("config.json");
                    })
                    .sorted()
                    .toList();
            StringBuilder all = new StringBuilder();
            for (Path file : sorted) {
                all.append(file.getFileName()).append(' ').append(file(file)).append('\n');
            }
            return text(all.toString());
        } catch (IOException e) {
            throw new BadInput(model + ": cannot be listed: " + e.getMessage(), e);
        }
    }

    /** Hash of a file's bytes, hexadecimal; {@code none} when it is not there. */
    public static String file(Path file) {
        if (!Files.exists(file)) {
            return "none";
        }
        try (InputStream in = Files.newInputStream(file)) {
            MessageDigest digest = Digests.sha256();
            byte[] buffer = new byte[1 << 20];
            for (int n = in.read(buffer); n >= 0; n = in.read(buffer)) {
                digest.update(buffer, 0, n);
            }
            return HexFormat.of().formatHex(digest.digest());
        } catch (IOException e) {
            throw new BadInput(file + ": cannot be read: " + e.getMessage(), e);
        }
    }

    /** Hash of a text, hexadecimal. */
    public static String text(String text) {
        return HexFormat.of().formatHex(Digests.sha256(text.getBytes(StandardCharsets.UTF_8)));
    }
}
