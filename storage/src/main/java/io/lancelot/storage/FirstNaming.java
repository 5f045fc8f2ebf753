package io.lancelot.storage;

import io.lancelot.base.CommitUnknownException;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// Gives a whole file its name unless the name is taken: the step that decides who commits.
///
/// A hard link does it where the file system has them: made atomically, refused if the name is
/// taken, by whomever. Java has no rename that refuses (a move without `REPLACE_EXISTING` looks
/// first and renames then), and `CREATE_NEW` of the final name would show readers a part of the
/// file. So without hard links (FAT, some FUSE and network mounts) writers take turns under the
/// lock of a file in the folder, look whether the name is free, and rename. The system drops that
/// lock with its process, so a crash blocks nobody; but it only holds off writers that take it,
/// which on such a file system means Lancelot's.
final class FirstNaming {

  static final String LOCK_NAME = ObjectPath.RESERVED_PREFIX + "lock";

  private static final long LOCK_PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(30);

  /// One for the whole process, because the system's locks belong to a process: closing any channel
  /// of a locked file drops the lock that another thread holds.
  private static final ReentrantLock IN_PROCESS = new ReentrantLock();

  private final String uri;
  private volatile boolean links;

  FirstNaming(String uri, boolean links) {
    this.uri = uri;
    this.links = links;
  }

  static boolean taken(Path target) {
    return Files.exists(target, LinkOption.NOFOLLOW_LINKS);
  }

  /// Whether `temp` is now `target`; if not, another file has that name.
  ///
  /// @throws CommitUnknownException if the file system will not say
  boolean name(TempFile temp, Path target) throws IOException {
    if (links) {
      try {
        Files.createLink(target, temp.path());
        return true;
      } catch (FileAlreadyExistsException e) {
        return isSame(temp, target, e);
      } catch (NoSuchFileException | AccessDeniedException e) {
        throw e;
      } catch (IOException | UnsupportedOperationException e) {
        if (taken(target)) {
          return isSame(temp, target, e);
        }
        if (linksWork(temp)) {
          // On a network the link may still be made after its request was given up.
          throw unknown(target, e);
        }
        links = false;
      }
    }
    return nameUnderLock(temp, target);
  }

  /// A network file system may answer a link it has made with an error, when its first answer was
  /// lost and the request sent again.
  private boolean isSame(TempFile temp, Path target, Exception failure) {
    try {
      return Files.isSameFile(temp.path(), target);
    } catch (NoSuchFileException e) {
      // The file that was in the way has been deleted since.
      return false;
    } catch (IOException e) {
      failure.addSuppressed(e);
      throw unknown(target, failure);
    }
  }

  /// Whether this file system links at all: asked once, when a link failed for a reason of its own.
  private static boolean linksWork(TempFile temp) throws IOException {
    Path folder = temp.path().getParent();
    Path probe = TempFile.fresh(folder == null ? temp.path() : folder);
    try {
      Files.createLink(probe, temp.path());
      return true;
    } catch (IOException | UnsupportedOperationException e) {
      // If a plain file fails as well, it is the disk and not the links.
      Files.createFile(probe);
      return false;
    } finally {
      Files.deleteIfExists(probe);
    }
  }

  private boolean nameUnderLock(TempFile temp, Path target) throws IOException {
    IN_PROCESS.lock();
    try (FileChannel channel =
            FileChannel.open(
                target.resolveSibling(LOCK_NAME),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock _ = lock(channel)) {
      if (taken(target)) {
        return false;
      }
      if (!Files.notExists(target, LinkOption.NOFOLLOW_LINKS)) {
        throw new IOException("the file system cannot say whether the name is taken");
      }
      try {
        temp.renameTo(target);
      } catch (IOException e) {
        if (!taken(temp.path())) {
          throw unknown(target, e);
        }
        throw e;
      }
      return true;
    } finally {
      IN_PROCESS.unlock();
    }
  }

  /// Waits by asking again: a blocking lock could wait for ever for a process that hangs.
  private static FileLock lock(FileChannel channel) throws IOException {
    long start = System.nanoTime();
    while (true) {
      FileLock lock = channel.tryLock();
      if (lock != null) {
        return lock;
      }
      if (Thread.currentThread().isInterrupted()) {
        throw new ClosedByInterruptException();
      }
      if (System.nanoTime() - start > LOCK_PATIENCE_NANOS) {
        throw new IOException("another process has held the lock " + LOCK_NAME + " for 30 s");
      }
      LockSupport.parkNanos(TimeUnit.MILLISECONDS.toNanos(1));
    }
  }

  CommitUnknownException unknown(Path target, @Nullable Throwable cause) {
    return new CommitUnknownException(
        "put-if-absent has no known outcome: expected=written or refused, found="
            + (cause == null ? "neither" : cause.getMessage())
            + " (path="
            + target
            + ", store="
            + uri
            + ")",
        cause);
  }
}
