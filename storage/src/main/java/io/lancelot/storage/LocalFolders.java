package io.lancelot.storage;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/// The folders of a local store: makes them, and forces their names to the disk.
///
/// A forced file is lost with its folder if the folder's own name was never forced, and a folder
/// that is there may be one that somebody made a moment ago. So the first write into each folder
/// forces the names of all folders above it, up to the root; later writes find it in `known`.
final class LocalFolders {

  private static final int MOST_NEIGHBOURS = 16;

  private final Path root;
  private final boolean forced;
  private final Set<Path> known = ConcurrentHashMap.newKeySet();

  LocalFolders(Path root, Durability durability) {
    this.root = root;
    // Windows cannot open a folder as a file, and needs not: NTFS journals names by itself.
    boolean windows = root.getFileSystem().getSeparator().equals("\\");
    this.forced = durability == Durability.SYNC && !windows;
  }

  /// Makes `folder` and those above it, durably.
  void prepare(Path folder) throws IOException {
    if (known.contains(folder)) {
      return;
    }
    makeMissing(folder);
    List<Path> named = new ArrayList<>();
    for (Path at = folder; !at.equals(root) && !known.contains(at); at = parent(at)) {
      Path above = parent(at);
      // What lies beside the folder is most likely written to next, and its name is forced with it.
      named.addAll(at.equals(folder) ? foldersIn(above) : List.of(at));
      sync(above);
    }
    known.add(folder);
    known.addAll(named);
  }

  private static List<Path> foldersIn(Path folder) throws IOException {
    try (Stream<Path> entries = Files.list(folder)) {
      return entries.filter(Files::isDirectory).limit(MOST_NEIGHBOURS).toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private void makeMissing(Path folder) throws IOException {
    ArrayDeque<Path> missing = new ArrayDeque<>();
    for (Path at = folder; !Files.isDirectory(at); at = parent(at)) {
      missing.push(at);
    }
    for (Path at : missing) {
      try {
        Files.createDirectory(at);
      } catch (FileAlreadyExistsException e) {
        if (!Files.isDirectory(at)) {
          throw e;
        }
      }
      if (!at.startsWith(root) || at.equals(root)) {
        syncAboveRoot(parent(at));
      }
    }
  }

  /// Above the root we may be allowed to make a folder but not to open the one that holds it.
  private void syncAboveRoot(Path folder) throws IOException {
    try {
      sync(folder);
    } catch (AccessDeniedException e) {
      return;
    }
  }

  /// Forces the names in `folder` to the disk. An interrupt is put off: it comes too late to undo
  /// what is being made durable.
  void sync(Path folder) throws IOException {
    if (!forced) {
      return;
    }
    boolean interrupted = Thread.interrupted();
    try {
      while (!syncUnlessInterrupted(folder)) {
        interrupted |= Thread.interrupted();
      }
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }

  private static boolean syncUnlessInterrupted(Path folder) throws IOException {
    try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
      channel.force(true);
      return true;
    } catch (ClosedByInterruptException e) {
      return false;
    }
  }

  /// Forgets `folder` and those below it: they were, or may have been, removed.
  void forget(Path folder) {
    known.removeIf(at -> at.startsWith(folder));
  }

  private static Path parent(Path path) throws IOException {
    Path parent = path.getParent();
    if (parent == null) {
      throw new IOException("no folder above " + path);
    }
    return parent;
  }
}
