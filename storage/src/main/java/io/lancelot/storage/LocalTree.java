package io.lancelot.storage;

import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileSystemLoopException;
import java.nio.file.FileVisitOption;
import java.nio.file.FileVisitResult;
import java.nio.file.FileVisitor;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Walks through folders that others may change at the same time: what vanishes on the way was
/// never there.
final class LocalTree {

  private static final int REMOVE_ATTEMPTS = 10;

  private LocalTree() {}

  /// Told of each file that is not a folder, links followed.
  @FunctionalInterface
  interface FileAction {
    void on(Path file, BasicFileAttributes attributes);
  }

  static String nameOf(Path file) {
    Path name = file.getFileName();
    return name == null ? "" : name.toString();
  }

  static boolean reserved(Path file) {
    return nameOf(file).startsWith(ObjectPath.RESERVED_PREFIX);
  }

  /// Whether `e` only says that there is no `file`: no such name, or a file where its folder should
  /// be.
  static boolean missing(Path file, IOException e) {
    if (e instanceof NoSuchFileException || e instanceof NotDirectoryException) {
      return true;
    }
    for (Path at = file.getParent(); at != null; at = at.getParent()) {
      if (Files.exists(at)) {
        return !Files.isDirectory(at);
      }
    }
    return false;
  }

  static void walk(Path folder, FileAction action) throws IOException {
    if (!Files.isDirectory(folder)) {
      return;
    }
    FileVisitor<Path> visitor =
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
            action.on(file, attributes);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (e instanceof FileSystemLoopException || missing(file, e)) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }
        };
    Set<FileVisitOption> follow = EnumSet.of(FileVisitOption.FOLLOW_LINKS);
    Files.walkFileTree(folder, follow, Integer.MAX_VALUE, visitor);
  }

  static List<String> folders(Path folder) throws IOException {
    List<String> found = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
      for (Path entry : entries) {
        if (!reserved(entry) && Files.isDirectory(entry)) {
          found.add(nameOf(entry));
        }
      }
    } catch (DirectoryIteratorException e) {
      throw e.getCause();
    }
    return found;
  }

  /// Removes a folder and all in it, again when somebody wrote into it meanwhile. Links are
  /// removed, not followed; a file is left alone.
  static void remove(Path folder) throws IOException {
    for (int attempt = 1; Files.isDirectory(folder); attempt++) {
      try {
        if (Files.isSymbolicLink(folder)) {
          Files.deleteIfExists(folder);
        } else {
          removeOnce(folder);
        }
        return;
      } catch (DirectoryNotEmptyException e) {
        if (attempt == REMOVE_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private static void removeOnce(Path folder) throws IOException {
    Files.walkFileTree(
        folder,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            Files.deleteIfExists(file);
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
            if (missing(file, e)) {
              return FileVisitResult.CONTINUE;
            }
            throw e;
          }

          @Override
          public FileVisitResult postVisitDirectory(Path at, @Nullable IOException e)
              throws IOException {
            if (e != null) {
              throw e;
            }
            Files.deleteIfExists(at);
            return FileVisitResult.CONTINUE;
          }
        });
  }
}
