package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// What the documents show is true of the code: their Java compiles, the first example runs and
/// prints what the README says, commands name verbs and options that exist, and names and links
/// lead somewhere.
final class DocumentsTest {

  private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();

  private static final Pattern FENCE = Pattern.compile("(?ms)^```(\\w+)\\n(.*?)^```$");
  private static final Pattern LINK =
      Pattern.compile("\\]\\((?!https?:)([^)#\\s]+)(?:#[^)\\s]*)?\\)");

  /// A type, or a type and one of its members, in a code span: `Batch`, `Table.append`,
  /// `Memory.scratch()`.
  private static final Pattern NAME =
      Pattern.compile("`([A-Z][a-z0-9]\\w*)(?:\\.([A-Za-z]\\w*))?(?:\\([^`]*\\))?`");

  /// Where types that are not ours may come from.
  private static final List<String> KNOWN_PACKAGES =
      List.of(
          "java.lang", "java.lang.foreign", "java.util", "java.util.concurrent", "java.nio.file");

  /// A fenced block of a document.
  ///
  /// @param number counts the blocks of its language in the document, from 1
  record Block(Path document, String language, int number, String text) {
    @Override
    public String toString() {
      return ROOT.relativize(document) + " " + language + " " + number;
    }

    boolean isProgram() {
      return text.contains("void main(");
    }
  }

  private static List<Path> documents() throws IOException {
    List<Path> documents = new ArrayList<>();
    try (Stream<Path> root = Files.list(ROOT);
        Stream<Path> docs = Files.walk(ROOT.resolve("docs"))) {
      Stream.concat(root, docs)
          .filter(path -> path.toString().endsWith(".md"))
          .sorted()
          .forEach(documents::add);
    }
    return documents;
  }

  private static List<Block> blocks(Path document) throws IOException {
    Map<String, Integer> counts = new TreeMap<>();
    return FENCE
        .matcher(Files.readString(document))
        .results()
        .map(m ->
            new Block(document, m.group(1), counts.merge(m.group(1), 1, Integer::sum), m.group(2)))
        .toList();
  }

  private static List<Block> blocks(String language) throws IOException {
    List<Block> found = new ArrayList<>();
    for (Path document : documents()) {
      blocks(document).stream()
          .filter(block -> block.language().equals(language))
          .forEach(found::add);
    }
    return found;
  }

  static List<Block> java() throws IOException {
    return blocks("java");
  }

  static List<Block> shell() throws IOException {
    return blocks("sh");
  }

  @ParameterizedTest
  @MethodSource("java")
  void javaCompiles(Block block, @TempDir Path dir) throws IOException {
    compile(block, dir);
  }

  /// Compiles a program as it is and a fragment inside a method that has `db`, `films` and
  /// `queryVector` at hand.
  private static void compile(Block block, Path dir) throws IOException {
    Path source = dir.resolve("Example.java");
    Files.writeString(source, block.isProgram() ? block.text() : wrapped(block.text()));
    List<String> arguments =
        List.of(
            "--release",
            "25",
            "-proc:none",
            "-Xlint:all,-classfile,-path",
            "-d",
            dir.resolve("classes").toString(),
            "-cp",
            System.getProperty("java.class.path"),
            source.toString());
    var messages = new java.io.ByteArrayOutputStream();
    int code =
        ToolProvider.getSystemJavaCompiler()
            .run(null, messages, messages, arguments.toArray(String[]::new));
    assertThat(messages.toString(java.nio.charset.StandardCharsets.UTF_8))
        .as(block.toString())
        .isEmpty();
    assertThat(code).isZero();
  }

  private static String wrapped(String fragment) {
    StringBuilder imports = new StringBuilder();
    StringBuilder statements = new StringBuilder();
    fragment
        .lines()
        .forEach(
            line -> (line.startsWith("import ") ? imports : statements).append(line).append('\n'));
    return "import io.lancelot.*;\nimport io.lancelot.base.*;\nimport java.util.List;\nimport java.util.Map;\n"
        + imports
        + "final class Example {\n"
        + "  void example(Database db, Table films, float[] queryVector) throws Exception {\n"
        + statements
        + "  }\n}\n";
  }

  /// In a JVM of its own, as a reader would run it; what it prints is the block of text that
  /// follows it.
  @Test
  void theExampleOfTheReadmeRuns(@TempDir Path dir) throws Exception {
    List<Block> blocks = blocks(ROOT.resolve("README.md"));
    Block program = blocks.stream().filter(Block::isProgram).findFirst().orElseThrow();
    Block output =
        blocks.subList(blocks.indexOf(program) + 1, blocks.size()).stream()
            .filter(block -> block.language().equals("text"))
            .findFirst()
            .orElseThrow();
    compile(program, dir);
    Path printed = dir.resolve("printed");
    Process process =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Dstdout.encoding=UTF-8",
                "-cp",
                dir.resolve("classes")
                    + java.io.File.pathSeparator
                    + System.getProperty("java.class.path"),
                "Example")
            .directory(dir.toFile())
            .redirectErrorStream(true)
            .redirectOutput(printed.toFile())
            .start();
    if (!process.waitFor(2, TimeUnit.MINUTES)) {
      process.destroyForcibly();
      throw new AssertionError("still running after two minutes: " + program);
    }
    assertThat(Files.readString(printed)).isEqualTo(output.text());
    assertThat(process.exitValue()).isZero();
  }

  @ParameterizedTest
  @MethodSource("shell")
  void commandsExist(Block block) throws IOException {
    String cli = sources(ROOT.resolve("cli/src/main/java"));
    Set<String> verbs = group(Pattern.compile("verbs\\.put\\(\"([a-z]+)\"").matcher(cli).results());
    Set<String> options = group(Pattern.compile("\"(--?[a-z-]+)\"").matcher(cli).results());
    for (String line : block.text().replace("\\\n", " ").lines().map(String::strip).toList()) {
      List<String> words = List.of(line.replaceAll("'[^']*'|\"[^\"]*\"", "''").split("\\s+"));
      String command = words.getFirst();
      if (command.equals("./lancelot")) {
        assertThat(verbs).as(line).contains(words.get(1));
        assertThat(options)
            .as(line)
            .containsAll(words.stream().filter(word -> word.startsWith("-")).toList());
      } else if (command.startsWith("./")) {
        assertThat(ROOT.resolve(command)).as(line).isExecutable();
      }
    }
  }

  @Test
  void linksLeadSomewhere() throws IOException {
    for (Path document : documents()) {
      for (String target : group(LINK.matcher(Files.readString(document)).results())) {
        assertThat(document.resolveSibling(target))
            .as("%s in %s", target, ROOT.relativize(document))
            .exists();
      }
    }
  }

  /// A renamed class or method is renamed in the map of the house, too.
  @Test
  void theArchitectureNamesWhatThereIs() throws IOException {
    Map<String, String> types = types();
    List<String> unknown = new ArrayList<>();
    String text = Files.readString(ROOT.resolve("ARCHITECTURE.md"));
    List<MatchResult> names = NAME.matcher(text).results().toList();
    for (MatchResult name : names) {
      String source = types.get(name.group(1));
      boolean found =
          source == null
              ? name.group(2) == null && isKnown(name.group(1))
              : name.group(2) == null
                  || Pattern.compile("\\b" + name.group(2) + "\\b").matcher(source).find();
      if (!found) {
        unknown.add(name.group());
      }
    }
    assertThat(names).hasSizeGreaterThan(20);
    assertThat(unknown)
        .as("names in ARCHITECTURE.md without a type or member in the code")
        .isEmpty();
  }

  /// Every type of ours by its simple name, with the text of the files that declare one of that
  /// name.
  private static Map<String, String> types() throws IOException {
    Pattern declaration = Pattern.compile("\\b(?:class|record|interface|enum) ([A-Z]\\w*)");
    Map<String, String> types = new TreeMap<>();
    for (Path file : javaFiles(ROOT)) {
      String text = Files.readString(file);
      group(declaration.matcher(text).results())
          .forEach(name -> types.merge(name, text, String::concat));
    }
    return types;
  }

  private static boolean isKnown(String name) {
    return KNOWN_PACKAGES.stream()
        .anyMatch(known -> {
          try {
            Class.forName(known + "." + name, false, DocumentsTest.class.getClassLoader());
            return true;
          } catch (ClassNotFoundException e) {
            return false;
          }
        });
  }

  private static String sources(Path folder) throws IOException {
    StringBuilder text = new StringBuilder();
    for (Path file : javaFiles(folder)) {
      text.append(Files.readString(file));
    }
    return text.toString();
  }

  /// Sources only: builds and what the scripts keep aside come and go.
  private static List<Path> javaFiles(Path folder) throws IOException {
    List<Path> files = new ArrayList<>();
    try (Stream<Path> children = Files.list(folder)) {
      for (Path child : children.sorted().toList()) {
        String name = child.getFileName().toString();
        if (Files.isDirectory(child) && !name.startsWith(".") && !name.equals("target")) {
          files.addAll(javaFiles(child));
        } else if (name.endsWith(".java")) {
          files.add(child);
        }
      }
    }
    return files;
  }

  private static Set<String> group(Stream<MatchResult> results) {
    Set<String> found = new TreeSet<>();
    results.forEach(result -> found.add(result.group(1)));
    return found;
  }
}
