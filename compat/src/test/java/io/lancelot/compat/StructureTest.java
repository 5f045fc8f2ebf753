package io.lancelot.compat;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.Location;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.jar.JarFile;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// The house: data flows one way, and the embedded path stays a plain jar.
final class StructureTest {

  /// Modules on which nothing ships.
  private static final List<String> ASIDE = List.of("testkit", "compat", "bench");

  private static final JavaClasses CLASSES =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importLocations(Embedded.allOurs().stream().map(StructureTest::location).toList());

  /// A module is a folder of classes in `mvn test` and a jar in `mvn verify`.
  private static Location location(Path module) {
    if (!module.toString().endsWith(".jar")) {
      return Location.of(module.toUri());
    }
    return Location.of(URI.create("jar:" + module.toUri() + "!/"));
  }

  /// Bottom to top, as the build lists them.
  static List<String> modules() throws IOException {
    return Pattern.compile("<module>(.*?)</module>")
        .matcher(Files.readString(Path.of("../pom.xml")))
        .results()
        .map(m -> m.group(1))
        .filter(m -> !ASIDE.contains(m))
        .toList();
  }

  @Test
  void theBuildListsTheModulesFromBottomToTop() throws IOException {
    assertThat(modules())
        .containsSubsequence(
            "base", "kernels", "columnar", "storage", "file", "table", "engine", "sdk", "cli")
        .containsSubsequence("columnar", "expr", "engine");
  }

  @ParameterizedTest
  @MethodSource("modules")
  void aModuleUsesOnlyWhatStandsBelowIt(String module) throws IOException {
    List<String> all = modules();
    List<String> above = all.subList(all.indexOf(module) + 1, all.size());
    noClasses()
        .that(describe("live in " + module, c -> module.equals(moduleOf(c))))
        .should()
        .dependOnClassesThat(
            describe("live above, in one of " + above, c -> above.contains(moduleOf(c))))
        .allowEmptyShould(true)
        .check(CLASSES);
  }

  @Test
  void everyClassLivesInAModulesPackage() throws IOException {
    List<String> all = modules();
    assertThat(CLASSES)
        .isNotEmpty()
        .allSatisfy(c ->
            assertThat(all.contains(moduleOf(c)) || ASIDE.contains(moduleOf(c)))
                .as("%s in %s", c.getName(), all)
                .isTrue());
  }

  @Test
  void onlyKernelsKnowTheVectorModule() {
    noClasses()
        .that(describe("live outside kernels", c -> !"kernels".equals(moduleOf(c))))
        .should()
        .dependOnClassesThat(resideInAnyPackage("jdk.incubator.vector.."))
        .check(CLASSES);
  }

  @Test
  void noClassReachesIntoTheJdk() {
    noClasses()
        .should()
        .dependOnClassesThat(resideInAnyPackage("sun..", "jdk.internal..", "com.sun.."))
        .check(CLASSES);
  }

  /// Reflection and JNI would escape the rule above; the libraries on the embedded path are pure
  /// Java because none of them carries a native library.
  @Test
  void noJarOnTheEmbeddedPathCarriesNativeCode() throws IOException {
    for (Path entry : Embedded.entries()) {
      if (Files.isRegularFile(entry)) {
        try (var jar = new JarFile(entry.toFile())) {
          assertThat(jar.stream().map(ZipEntry::getName))
              .as("%s", entry.getFileName())
              .noneMatch(name -> name.matches(".*\\.(so|dll|dylib|jnilib)"));
        }
      }
    }
    assertThat(Embedded.ours()).as("our own modules on the embedded path").hasSizeGreaterThan(7);
  }

  /// The module folder of a class: its package under `io.lancelot`, or the SDK's for that itself.
  private static String moduleOf(JavaClass c) {
    String name = c.getPackageName();
    if (!name.startsWith("io.lancelot")) {
      return "";
    }
    List<String> parts = Stream.of(name.split("\\.")).toList();
    return parts.size() < 3 ? "sdk" : parts.get(2);
  }
}
