package io.lancelot.table;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.CancelledException;
import io.lancelot.base.CommitConflictException;
import io.lancelot.base.CommitUnknownException;
import io.lancelot.base.Context;
import io.lancelot.base.LancelotException;
import io.lancelot.base.StorageException;
import io.lancelot.file.FileVersion;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Publishes changes: the next manifest, if nobody else published it first; else the change is
/// checked against what they did, rebased and tried again. Format: lance-format sections 3.12 and
/// A.17.
///
/// Outcomes are told apart: a [CommitConflictException] or any error before publishing means that
/// nothing happened, and the files of the write are removed; a [CommitUnknownException] means that
/// it may have happened, and nothing is touched.
final class Committer {

  private static final int MAX_ATTEMPTS = 20;
  private static final Duration MAX_TIME = Duration.ofSeconds(30);

  /// Waits double from attempt to attempt up to this many times the length of an attempt.
  private static final int MAX_SLOTS = 128;

  private final TableRoot root;
  private final Versions versions;
  private final VersionWatch watch;
  private final Context context;

  Committer(TableRoot root, Context context) {
    this.root = root;
    this.versions = new Versions(root);
    this.watch = new VersionWatch(versions);
    this.context = context;
  }

  /// Commits a change to a table that exists.
  ///
  /// @param base the version that the change was made from
  Snapshot commit(Snapshot base, Rebase change, WrittenFiles written) {
    Attempt attempt = new Attempt(base, change, written);
    try {
      return attempt.run();
    } catch (CommitUnknownException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      if (attempt.pending) {
        throw unknown(attempt.checked.version() + 1, e);
      }
      if (!attempt.refused) {
        written.discard(e);
      }
      throw e;
    }
  }

  /// Publishes a table's first version.
  Snapshot create(
      Operation.Overwrite contents,
      boolean stableRowIds,
      FileVersion fileVersion,
      Map<String, String> tableMetadata,
      WrittenFiles written) {
    Transaction transaction = new Transaction(0, newUuid(), contents, Map.of());
    boolean keep = false;
    try {
      if (!versions.list().isEmpty()) {
        throw new AlreadyExistsException("table already exists (path=" + root + ")");
      }
      putTransaction(transaction, written);
      ManifestFile.Built built =
          NextManifest.first(
              transaction, stableRowIds, fileVersion, tableMetadata, context.clock().instant());
      Published outcome = publish(1, VersionNaming.V2, built.bytes(), transaction.uuid(), written);
      keep = outcome.answer() != Answer.THEIRS;
      return switch (outcome.answer()) {
        case OURS -> published(built, 1, VersionNaming.V2, null);
        case THEIRS -> throw new AlreadyExistsException("table already exists (path=" + root + ")");
        case ABSENT -> {
          if (outcome.cause() instanceof StorageException refused) {
            throw refused;
          }
          throw unknown(1, outcome.cause());
        }
        case UNKNOWN -> throw unknown(1, outcome.cause());
      };
    } catch (CommitUnknownException e) {
      throw e;
    } catch (RuntimeException | Error e) {
      if (!keep) {
        written.discard(e);
      }
      throw e;
    }
  }

  /// One commit with all its attempts.
  private final class Attempt {

    private final Snapshot base;
    private final Rebase change;
    private final WrittenFiles written;
    private Transaction transaction;
    private Snapshot checked;

    /// Whether a manifest of ours may still come to light.
    private boolean pending;

    /// Whether the store refused to publish: our manifest is not there, but the files stay, in case
    /// the store is wrong.
    private boolean refused;

    private @Nullable LancelotException lost;

    Attempt(Snapshot base, Rebase change, WrittenFiles written) {
      this.base = base;
      this.change = change;
      this.written = written;
      this.checked = base;
      this.transaction =
          new Transaction(base.version(), newUuid(), new Operation.ReserveFragments(0), Map.of());
    }

    Snapshot run() {
      base.checkWritable();
      restate(base);
      Instant start = context.clock().instant();
      for (int attempt = 0; ; attempt++) {
        long began = System.nanoTime();
        Snapshot landed = catchUp();
        if (landed != null) {
          return landed;
        }
        Snapshot result = publishNext();
        if (result != null) {
          return result;
        }
        Duration spent = Duration.between(start, context.clock().instant());
        if (attempt + 1 >= MAX_ATTEMPTS || spent.compareTo(MAX_TIME) > 0) {
          throw giveUp(attempt + 1, spent);
        }
        backOff(attempt, System.nanoTime() - began);
      }
    }

    private LancelotException giveUp(int attempts, Duration spent) {
      if (pending) {
        return unknown(checked.version() + 1, lost);
      }
      return new CommitConflictException(
          "commit lost every race: expected at most "
              + MAX_ATTEMPTS
              + " attempts in "
              + MAX_TIME.toSeconds()
              + " s, found="
              + attempts
              + " in "
              + spent.toMillis()
              + " ms (operation="
              + transaction.operation().label()
              + ", path="
              + root
              + ")");
    }

    /// States the change for a version and writes the transaction down if it is new.
    private void restate(Snapshot latest) {
      Operation operation = change.over(latest);
      if (!operation.equals(transaction.operation())) {
        transaction = transaction.with(operation);
        putTransaction(transaction, written);
      }
    }

    /// Checks the change against everything committed since the last look. Returns our own version
    /// if it turns out to be among it, though its publishing looked lost.
    private @Nullable Snapshot catchUp() {
      Snapshot latest = watch.latest(checked);
      checkSameTable(latest);
      if (latest.version() == checked.version()) {
        checked = latest;
        return null;
      }
      for (long v = checked.version() + 1; v <= latest.version(); v++) {
        Snapshot theirs = v == latest.version() ? latest : versions.find(v, latest.naming());
        if (theirs == null) {
          throw new CommitConflictException(
              "commit cannot be checked: version "
                  + v
                  + " has been cleaned up (read version="
                  + base.version()
                  + ", path="
                  + root
                  + ")");
        }
        Transaction other = versions.transaction(theirs);
        if (other.uuid().equals(transaction.uuid())) {
          return theirs;
        }
        // This version is somebody else's, so our attempt at it has failed for good.
        pending = false;
        check(theirs, other);
      }
      latest.checkWritable();
      restate(latest);
      checked = latest;
      return null;
    }

    private void checkSameTable(Snapshot latest) {
      boolean replaced = latest.version() < checked.version();
      if (latest.version() == checked.version()) {
        replaced = !latest.manifest().equals(checked.manifest());
      } else if (!replaced && checked == base) {
        Snapshot again = versions.find(base.version(), latest.naming());
        replaced = again != null && !again.manifest().equals(base.manifest());
      }
      if (replaced) {
        throw CommitConflictException.incompatible(
            "table was dropped and created anew since it was read (read version="
                + base.version()
                + ", latest version="
                + latest.version()
                + ", path="
                + root
                + ")");
      }
    }

    private void check(Snapshot theirs, Transaction other) {
      Operation ours = transaction.operation();
      String facts =
          " (operation="
              + ours.label()
              + ", read version="
              + base.version()
              + ", conflicting version="
              + theirs.version()
              + ", conflicting operation="
              + other.operation().label()
              + ", path="
              + root
              + ")";
      switch (Conflicts.check(ours, other.operation())) {
        case COMPATIBLE -> {}
        case RETRY ->
            throw CommitConflictException.with(
                theirs.version(),
                "commit conflicts with a concurrent one: run the operation again on the latest"
                    + " version"
                    + facts);
        case INCOMPATIBLE ->
            throw CommitConflictException.incompatible(
                theirs.version(), "commit is incompatible with a concurrent one" + facts);
      }
    }

    /// Tries to publish the version after the one last checked; null if somebody else has it or
    /// nobody knows.
    private @Nullable Snapshot publishNext() {
      Snapshot restored =
          transaction.operation() instanceof Operation.Restore(long version)
              ? versions.load(version)
              : null;
      ManifestFile.Built built =
          NextManifest.of(checked, restored, transaction, timestamp(checked));
      long version = checked.version() + 1;
      pending = true;
      Published outcome =
          publish(version, checked.naming(), built.bytes(), transaction.uuid(), written);
      return switch (outcome.answer()) {
        case OURS -> published(built, version, checked.naming(), checked);
        case THEIRS -> {
          pending = false;
          yield null;
        }
        case ABSENT -> {
          lost = outcome.cause();
          if (lost instanceof StorageException failure) {
            pending = false;
            refused = true;
            throw failure;
          }
          yield null;
        }
        case UNKNOWN -> throw unknown(version, outcome.cause());
      };
    }
  }

  private enum Answer {
    OURS,
    THEIRS,
    /// No such version is there, so far.
    ABSENT,
    UNKNOWN
  }

  private record Published(Answer answer, @Nullable LancelotException cause) {}

  /// Publishes a manifest, and makes the files it refers to durable before. If the store lost its
  /// answer, the version is read back: whose transaction is it?
  private Published publish(
      long version, VersionNaming naming, byte[] bytes, String uuid, WrittenFiles written) {
    String path = root.version(naming.fileName(version));
    try {
      root.store().putIfAbsent(path, MemorySegment.ofArray(bytes), written.unforced());
      return new Published(Answer.OURS, null);
    } catch (AlreadyExistsException e) {
      return readBack(version, naming, uuid, e);
    } catch (CommitUnknownException | StorageException e) {
      return readBack(version, naming, uuid, e);
    }
  }

  private Published readBack(
      long version, VersionNaming naming, String uuid, LancelotException cause) {
    try {
      Snapshot there = versions.find(version, naming);
      if (there == null) {
        return new Published(Answer.ABSENT, cause);
      }
      boolean ours = versions.transaction(there).uuid().equals(uuid);
      return new Published(ours ? Answer.OURS : Answer.THEIRS, cause);
    } catch (StorageException e) {
      cause.addSuppressed(e);
      return new Published(Answer.UNKNOWN, cause);
    }
  }

  private CommitUnknownException unknown(long version, @Nullable Throwable cause) {
    return new CommitUnknownException(
        "commit may or may not have taken effect: look at the latest version (version="
            + version
            + ", path="
            + root
            + ")",
        cause);
  }

  private Snapshot published(
      ManifestFile.Built built, long version, VersionNaming naming, @Nullable Snapshot previous) {
    try {
      byte[] hint = ("{\"version\":" + version + "}").getBytes(StandardCharsets.UTF_8);
      root.store().putUnforced(root.versionHint(), MemorySegment.ofArray(hint));
    } catch (LancelotException _) {
      // The hint saves Lance a listing; the commit stands without it.
    }
    String path = root.version(naming.fileName(version));
    return Snapshot.of(built.at(path), naming, previous);
  }

  private void putTransaction(Transaction transaction, WrittenFiles written) {
    String path = root.transaction(transaction.fileName());
    MemorySegment bytes = MemorySegment.ofArray(TransactionCodec.encode(transaction).toByteArray());
    if (bytes.byteSize() <= ManifestFile.MAX_INLINE_TRANSACTION) {
      // The manifest holds the transaction too, and is read first.
      written.add(path);
      root.store().putUnforced(path, bytes);
    } else {
      written.put(path, bytes);
    }
  }

  /// Time does not run backwards from version to version, whatever the clocks of writers say.
  private Instant timestamp(Snapshot previous) {
    Instant now = context.clock().instant();
    return now.isBefore(previous.timestamp()) ? previous.timestamp() : now;
  }

  private String newUuid() {
    long high = context.random().nextLong();
    long low = context.random().nextLong();
    return new UUID(high & ~0xF000L | 0x4000L, low & ~(3L << 62) | 1L << 63).toString();
  }

  /// Waits a random number of times the length of the attempt just lost, out of ever more: racers
  /// spread over as many slots as there are of them.
  private void backOff(int attempt, long attemptNanos) {
    int slots = Math.min(4 << Math.min(attempt, 8), MAX_SLOTS);
    long slotNanos = Math.clamp(attemptNanos, 1_000_000, 100_000_000);
    long nanos = context.random().nextLong(slots * slotNanos);
    try {
      Thread.sleep(Duration.ofNanos(nanos));
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("commit was interrupted (path=" + root + ")", e);
    }
  }
}
