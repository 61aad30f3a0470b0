package org.lionalign.cli.mutation;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.reflect.Field;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * The tests can fail: each {@link Mutant} makes the tests that are named for it fail, and these pass without it (PITFALLS 3.4). A mutant that
 * does not compile, or is killed by a crash instead of a check, fails the suite.
 */
class MutationTest {
    /** What a check throws: an assertion, or an error that the product itself gives for what it finds. */
    private static final Set<String> CHECKS =
            Set.of("org.lionalign.core.error.BadInput", "org.lionalign.core.error.CheckFailed");

    private static final Map<String, String> HEALTHY = new HashMap<>();

    @TempDir
    Path dir;

    static Stream<Mutant> mutants() {
        return Mutants.ALL.stream();
    }

    @ParameterizedTest
    @MethodSource("mutants")
    void isKilled(Mutant mutant) throws IOException {
        for (String killer : mutant.killers()) {
            if (!HEALTHY.containsKey(killer)) {
                HEALTHY.put(killer, outcome(killer, Map.of()));
            }
            assertThat(HEALTHY.get(killer)).as(killer + " without the mutant").isEqualTo("passes");
        }
        Map<String, byte[]> changed = MutantLoader.compile(mutant, Files.createTempDirectory(dir, "classes"));
        for (String killer : mutant.killers()) {
            assertThat(outcome(killer, changed)).as(killer).startsWith("fails: ");
        }
    }

    @Test
    void theTableInTheDocumentsIsThisOne() throws IOException {
        String text =
                Files.readString(Path.of(System.getProperty("lion.root", "..")).resolve("docs/numerics.md"));
        for (Mutant mutant : Mutants.ALL) {
            String killers = String.join(
                    ", ",
                    mutant.killers().stream()
                            .map(k -> "`" + k.substring(k.lastIndexOf('.', k.indexOf('#')) + 1) + "`")
                            .toList());
            assertThat(text).contains("| " + mutant.pitfall() + " | " + mutant.name() + " | " + killers + " |");
        }
        assertThat(Mutants.ALL.stream().map(Mutant::name)).doesNotHaveDuplicates();
    }

    private String outcome(String killer, Map<String, byte[]> changed) throws IOException {
        int hash = killer.indexOf('#');
        int bracket = killer.indexOf('(');
        String method = killer.substring(hash + 1, bracket < 0 ? killer.length() : bracket);
        String argument = bracket < 0 ? null : killer.substring(bracket + 1, killer.length() - 1);
        try {
            run(
                    new MutantLoader(changed).loadClass("org.lionalign." + killer.substring(0, hash)),
                    method,
                    argument,
                    Files.createTempDirectory(dir, "test"));
            return "passes";
        } catch (InvocationTargetException e) {
            Throwable thrown = e.getCause();
            // Seeded properties put what a check threw into an assertion of their own.
            while (thrown instanceof AssertionError && thrown.getCause() != null) {
                thrown = thrown.getCause();
            }
            boolean check = thrown instanceof AssertionError
                    || CHECKS.contains(thrown.getClass().getName());
            return (check ? "fails: " : "crashes: ") + thrown;
        } catch (ReflectiveOperationException e) {
            return "cannot be run: " + e;
        }
    }

    private static void run(Class<?> test, String method, @Nullable String argument, Path folder)
            throws ReflectiveOperationException {
        var constructor = test.getDeclaredConstructor();
        constructor.setAccessible(true);
        Object instance = constructor.newInstance();
        for (Field field : test.getDeclaredFields()) {
            if (field.isAnnotationPresent(TempDir.class)) {
                field.setAccessible(true);
                field.set(Modifier.isStatic(field.getModifiers()) ? null : instance, folder);
            }
        }
        for (var before : List.of(BeforeAll.class, BeforeEach.class)) {
            for (Method each : test.getDeclaredMethods()) {
                if (each.isAnnotationPresent(before)) {
                    each.setAccessible(true);
                    each.invoke(instance);
                }
            }
        }
        try {
            for (Method each : test.getDeclaredMethods()) {
                if (each.getName().equals(method)) {
                    each.setAccessible(true);
                    if (argument == null) {
                        each.invoke(instance);
                    } else {
                        each.invoke(instance, argument);
                    }
                    return;
                }
            }
            throw new NoSuchMethodException(method);
        } finally {
            for (Method each : test.getDeclaredMethods()) {
                if (each.isAnnotationPresent(AfterAll.class)) {
                    each.setAccessible(true);
                    each.invoke(instance);
                }
            }
        }
    }
}
