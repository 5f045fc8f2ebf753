package io.lancelot.compat;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/// The class path that a user of the SDK has, as the build resolved it.
final class Embedded {

  private Embedded() {}

  static String classPath() {
    try {
      return Files.readString(Path.of("target/embedded.classpath")).strip();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<Path> entries() {
    return List.of(classPath().split(File.pathSeparator)).stream().map(Path::of).toList();
  }

  /// The entries that are our own modules.
  static List<Path> ours() {
    return own(classPath());
  }

  /// Our own modules on the class path of these tests: those above the SDK, too.
  static List<Path> allOurs() {
    return own(System.getProperty("java.class.path"));
  }

  private static List<Path> own(String classPath) {
    Path root = Path.of("..").toAbsolutePath().normalize();
    return List.of(classPath.split(File.pathSeparator)).stream()
        .map(p -> Path.of(p).toAbsolutePath().normalize())
        .filter(p -> p.startsWith(root))
        .toList();
  }
}
