package org.lionalign.cli.mutation;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.ToolProvider;
import org.lionalign.core.testing.ChildJvm;

/**
 * Lion's classes once more, tests included, with some of them changed. Only {@code org.lionalign} is loaded anew: libtorch, JUnit and AssertJ
 * are the process's own, so that a mutant costs no native library.
 */
final class MutantLoader extends ClassLoader {
    private static final Path ROOT = Path.of(System.getProperty("lion.root", ".."));
    private static final List<String> MODULES = List.of("core", "torch", "align");

    private final Map<String, byte[]> changed;

    /** @param changed bytes of classes by full name */
    MutantLoader(Map<String, byte[]> changed) {
        super(MutantLoader.class.getClassLoader());
        this.changed = changed;
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("org.lionalign.")) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            if (loaded == null) {
                byte[] bytes = changed.containsKey(name) ? changed.get(name) : read(name);
                loaded = defineClass(name, bytes, 0, bytes.length);
            }
            return loaded;
        }
    }

    private byte[] read(String name) throws ClassNotFoundException {
        String path = name.replace('.', '/') + ".class";
        try (InputStream in = getParent().getResourceAsStream(path)) {
            if (in != null) {
                return in.readAllBytes();
            }
            for (String module : MODULES) {
                Path file = ROOT.resolve(module).resolve("target/test-classes").resolve(path);
                if (Files.exists(file)) {
                    return Files.readAllBytes(file);
                }
            }
        } catch (IOException e) {
            throw new ClassNotFoundException(name, e);
        }
        throw new ClassNotFoundException(name);
    }

    private static final class Source extends SimpleJavaFileObject {
        private final String text;

        Source(String type, String text) {
            super(URI.create("string:///" + type.replace('.', '/') + ".java"), JavaFileObject.Kind.SOURCE);
            this.text = text;
        }

        @Override
        public CharSequence getCharContent(boolean ignoreEncodingErrors) {
            return text;
        }
    }

    /** Source of a class of the product. */
    static String source(String type) throws IOException {
        for (String module : MODULES) {
            Path file = ROOT.resolve(module).resolve("src/main/java").resolve(type.replace('.', '/') + ".java");
            if (Files.exists(file)) {
                return Files.readString(file);
            }
        }
        throw new AssertionError("no source of " + type);
    }

    /** The mutant's classes, compiled. */
    static Map<String, byte[]> compile(Mutant mutant, Path folder) throws IOException {
        Map<String, String> texts = new HashMap<>();
        for (Mutant.Edit edit : mutant.edits()) {
            String text = texts.containsKey(edit.type()) ? texts.get(edit.type()) : source(edit.type());
            int at = text.indexOf(edit.from());
            if (at < 0 || text.indexOf(edit.from(), at + 1) >= 0) {
                throw new AssertionError("mutant \"" + mutant.name() + "\": expected once in " + edit.type() + ": "
                        + edit.from() + "\n(the code moved on: give the mutant its new place)");
            }
            texts.put(
                    edit.type(),
                    text.substring(0, at)
                            + edit.to()
                            + text.substring(at + edit.from().length()));
        }
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        java.io.StringWriter said = new java.io.StringWriter();
        boolean compiled = compiler.getTask(
                        said,
                        null,
                        null,
                        List.of("-d", folder.toString(), "-cp", ChildJvm.classPath(), "-proc:none", "-nowarn"),
                        null,
                        texts.entrySet().stream()
                                .map(entry -> new Source(entry.getKey(), entry.getValue()))
                                .toList())
                .call();
        if (!compiled) {
            throw new AssertionError("mutant \"" + mutant.name() + "\" does not compile: " + said);
        }
        Map<String, byte[]> classes = new HashMap<>();
        try (Stream<Path> files = Files.walk(folder)) {
            for (Path file : files.filter(f -> f.toString().endsWith(".class")).toList()) {
                String path = folder.relativize(file).toString();
                classes.put(
                        path.substring(0, path.length() - ".class".length()).replace('/', '.'),
                        Files.readAllBytes(file));
            }
        }
        return classes;
    }
}
