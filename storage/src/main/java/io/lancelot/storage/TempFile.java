package io.lancelot.storage;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/// An object under way: a file beside its final name that listings hide. Closing it removes what
/// has not been published.
final class TempFile implements AutoCloseable {

  private static final int ATTEMPTS = 20;
  private static final long MAX_WRITE_BYTES = 1 << 30;

  private final Path path;
  private final FileChannel channel;
  private boolean published;

  private TempFile(Path path, FileChannel channel) {
    this.path = path;
    this.channel = channel;
  }

  /// Makes a new one in the folder of `target`.
  static TempFile beside(Path target, LocalFolders folders) throws IOException {
    Path folder = target.getParent();
    if (folder == null) {
      throw new IOException("no folder above " + target);
    }
    for (int attempt = 1; ; attempt++) {
      folders.prepare(folder);
      Path path = fresh(folder);
      try {
        return new TempFile(
            path, FileChannel.open(path, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE));
      } catch (NoSuchFileException e) {
        // Somebody removed the folder behind our back: make it again.
        folders.forget(folder);
        if (attempt == ATTEMPTS) {
          throw e;
        }
      } catch (FileAlreadyExistsException e) {
        if (attempt == ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  /// A name in `folder` that nobody uses. Chance needs no source of its own here: a clash is seen
  /// and tried again.
  static Path fresh(Path folder) {
    long chance = ThreadLocalRandom.current().nextLong();
    return folder.resolve(ObjectPath.RESERVED_PREFIX + HexFormat.of().toHexDigits(chance));
  }

  Path path() {
    return path;
  }

  /// Writes bytes that are native or in a `byte[]`.
  void write(MemorySegment bytes) throws IOException {
    long done = 0;
    while (done < bytes.byteSize()) {
      long length = Math.min(MAX_WRITE_BYTES, bytes.byteSize() - done);
      done += channel.write(bytes.asSlice(done, length).asByteBuffer());
    }
  }

  void force() throws IOException {
    channel.force(false);
  }

  void endWriting() throws IOException {
    channel.close();
  }

  /// Gives the file its final name, in place of one that is there.
  void renameTo(Path target) throws IOException {
    Files.move(path, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    published = true;
  }

  /// Errors are of no interest: a file that stays is hidden, and swept up later.
  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // see above
    }
    if (published) {
      return;
    }
    try {
      Files.deleteIfExists(path);
    } catch (IOException e) {
      // see above
    }
  }
}
