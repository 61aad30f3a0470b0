package org.lionalign.align.eval.formula;

import java.util.Map;

/** Greek letters as characters; commands carry their names. */
final class Greek {
    private static final Map<String, String> LETTERS = Map.ofEntries(
            Map.entry("α", "alpha"),
            Map.entry("β", "beta"),
            Map.entry("γ", "gamma"),
            Map.entry("Γ", "Gamma"),
            Map.entry("δ", "delta"),
            Map.entry("Δ", "Delta"),
            Map.entry("ε", "epsilon"),
            Map.entry("ζ", "zeta"),
            Map.entry("η", "eta"),
            Map.entry("θ", "theta"),
            Map.entry("Θ", "Theta"),
            Map.entry("κ", "kappa"),
            Map.entry("λ", "lambda"),
            Map.entry("Λ", "Lambda"),
            Map.entry("μ", "mu"),
            Map.entry("ν", "nu"),
            Map.entry("ξ", "xi"),
            Map.entry("π", "pi"),
            Map.entry("ρ", "rho"),
            Map.entry("σ", "sigma"),
            Map.entry("Σ", "Sigma"),
            Map.entry("τ", "tau"),
            Map.entry("φ", "phi"),
            Map.entry("ϕ", "varphi"),
            Map.entry("χ", "chi"),
            Map.entry("ψ", "psi"),
            Map.entry("ω", "omega"),
            Map.entry("Ω", "Omega"));

    private Greek() {}

    static boolean isLetter(String word) {
        return LETTERS.containsKey(word);
    }

    /** The symbol's name: of a Greek character, or of a command without its backslash; in small letters, as all symbols are. */
    static String name(String word) {
        String name = LETTERS.getOrDefault(word, word.startsWith("\\") ? word.substring(1) : word);
        return name.equals("Gamma") ? name : name.toLowerCase(java.util.Locale.ROOT);
    }
}
