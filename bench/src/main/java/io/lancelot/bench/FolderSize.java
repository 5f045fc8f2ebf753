package io.lancelot.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.stream.Stream;

/// What folders take on disk.
final class FolderSize {

  private FolderSize() {}

  /// Bytes of all files below a folder.
  static long of(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      return files.filter(Files::isRegularFile).mapToLong(FolderSize::size).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// Bytes of the folder in a folder that was written last: indices that have been replaced stay
  /// until they are cleaned up.
  static long newest(Path folder) {
    try (Stream<Path> folders = Files.list(folder)) {
      return folders
          .max(Comparator.comparingLong(FolderSize::written))
          .map(FolderSize::of)
          .orElse(0L);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long size(Path file) {
    try {
      return Files.size(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static long written(Path file) {
    try {
      return Files.getLastModifiedTime(file).toMillis();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
