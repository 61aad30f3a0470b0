package org.lionalign.cli.mutation;

import java.util.List;

/**
 * A bug that is put into one place of the code, to see whether a test notices (PITFALLS 3.4). It is a change of source text that this suite
 * compiles into memory: the shipped program cannot contain it.
 *
 * @param name what docs/numerics.md lists it under
 * @param pitfall number of the failure mode in PITFALLS.md
 * @param edits what is changed
 * @param killers tests that must fail: {@code Class#method} or {@code Class#method(argument)}
 */
record Mutant(String name, int pitfall, List<Edit> edits, List<String> killers) {
    /**
     * One change.
     *
     * @param type class whose source is changed, by full name
     * @param from text that occurs once
     * @param to what takes its place
     */
    record Edit(String type, String from, String to) {}

    Mutant(String name, int pitfall, String type, String from, String to, String... killers) {
        this(name, pitfall, List.of(new Edit("org.lionalign." + type, from, to)), List.of(killers));
    }

    /** The same with a further change. */
    Mutant and(String type, String from, String to) {
        List<Edit> more = new java.util.ArrayList<>(edits);
        more.add(new Edit("org.lionalign." + type, from, to));
        return new Mutant(name, pitfall, more, killers);
    }

    @Override
    public String toString() {
        return name;
    }
}
