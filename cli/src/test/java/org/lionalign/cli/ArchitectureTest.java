package org.lionalign.cli;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.lionalign.core.recipe.StageRecipe;

/** The shape of ARCHITECTURE.md, kept by a test. */
class ArchitectureTest {
    private static final JavaClasses CLASSES = new ClassFileImporter()
            .withImportOption(new ImportOption.DoNotIncludeTests())
            .importPackages("org.lionalign");

    @Test
    void modulesPointDownwards() {
        noClasses()
                .that()
                .resideInAPackage("org.lionalign.core..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(
                        "org.lionalign.torch..", "org.lionalign.align..", "org.lionalign.cli..", "org.lionalign.cub..")
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("org.lionalign.torch..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.lionalign.align..", "org.lionalign.cli..", "org.lionalign.cub..")
                .allowEmptyShould(true)
                .check(CLASSES);
        noClasses()
                .that()
                .resideInAPackage("org.lionalign.align..")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage("org.lionalign.cli..")
                .allowEmptyShould(true)
                .check(CLASSES);
    }

    @Test
    void onlyTorchKnowsTheBinding() {
        noClasses()
                .that()
                .resideOutsideOfPackage("org.lionalign.torch..")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("org.bytedeco..")
                .check(CLASSES);
    }

    @Test
    void packagesHaveNoCycles() {
        slices().matching("org.lionalign.(**)").should().beFreeOfCycles().check(CLASSES);
    }

    /** {@code LossRecipe.parts} reads these and hands them on. */
    private static final List<String> READ_BY_PARTS =
            List.of("LossRecipe.type", "LossRecipe.labelSmoothing", "LossRecipe.gamma", "LossRecipe.mix");

    /** PITFALLS 16, invariant 9: an accepted key that no code outside the recipe reads would be silently ignored. */
    @Test
    void everyKeyOfARecipeIsRead() {
        List<String> unread = new ArrayList<>();
        int keys = 0;
        String recipes = StageRecipe.class.getPackageName();
        for (JavaClass section : CLASSES) {
            if (!section.getPackageName().equals(recipes)
                    || !section.isRecord()
                    || !section.getModifiers().contains(JavaModifier.PUBLIC)) {
                continue;
            }
            for (RecordComponent component : section.reflect().getRecordComponents()) {
                keys++;
                boolean read = section.getMethod(component.getName()).getAccessesToSelf().stream()
                        .anyMatch(access ->
                                !access.getOriginOwner().getPackageName().equals(recipes));
                if (!read) {
                    unread.add(section.getSimpleName() + "." + component.getName());
                }
            }
        }
        unread.removeAll(READ_BY_PARTS);
        assertThat(unread).isEmpty();
        assertThat(keys).isGreaterThan(150);
    }

    @Test
    void onlyTheCommandLinePrints() {
        noClasses()
                .that()
                .resideOutsideOfPackages("org.lionalign.cli..", "org.lionalign.bench..")
                .should()
                .accessField(System.class, "out")
                .check(CLASSES);
    }

    @Test
    void everyPackageSaysWhatItHoldsAndNoFileIsTooLong() throws IOException {
        Path root = Path.of(System.getProperty("lion.root", ".."));
        for (String module : List.of("core", "cub", "torch", "align", "cli", "bench")) {
            Path sources = root.resolve(module).resolve("src/main/java");
            try (Stream<Path> files = Files.walk(sources)) {
                for (Path file :
                        files.filter(f -> f.toString().endsWith(".java")).toList()) {
                    assertThat(file.resolveSibling("package-info.java")).exists();
                    assertThat(Files.readAllLines(file).size())
                            .as(file.toString())
                            .isLessThanOrEqualTo(600);
                }
            }
        }
    }
}
