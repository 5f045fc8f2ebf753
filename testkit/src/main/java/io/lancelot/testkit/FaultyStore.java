package io.lancelot.testkit;

import io.lancelot.base.CommitUnknownException;
import io.lancelot.base.StorageException;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectWriter;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// A store that counts the calls to another one and makes chosen ones go wrong.
///
/// A test that wants every crash point runs its operation once to learn [#callCount], then once per
/// `n` with [#stopAt], calls [#restart], and looks at what is left.
public final class FaultyStore implements ObjectStore {

  /// What is called: the verbs of the store, its readers and its writers.
  public enum Operation {
    OPEN,
    VIEW,
    READ,
    CREATE,
    WRITE,
    FINISH,
    FORCE,
    PUT,
    PUT_IF_ABSENT,
    LIST,
    LIST_FOLDERS,
    SIZE,
    DELETE,
    DELETE_ALL,
    DELETE_ABANDONED
  }

  /// @param number 1 for the first call since the wrapping or the last [#restart]
  /// @param operation what was called
  /// @param path of the object or folder
  /// @param bytes how many the caller asked for or gave, else 0
  public record Call(long number, Operation operation, String path, long bytes) {}

  private static final class Rule {
    private final Predicate<Call> when;
    private final Fault fault;
    private long remaining;

    Rule(Predicate<Call> when, Fault fault, long remaining) {
      this.when = when;
      this.fault = fault;
      this.remaining = remaining;
    }
  }

  private final ObjectStore inner;
  private final List<Rule> rules = new ArrayList<>();
  private final List<Call> calls = new ArrayList<>();
  private final Set<String> unsynced = new LinkedHashSet<>();
  private final Set<String> unforced = new LinkedHashSet<>();
  private boolean stopped;

  private FaultyStore(ObjectStore inner) {
    this.inner = inner;
  }

  /// A store that does what `inner` does until told otherwise, and closes it when closed.
  public static FaultyStore wrap(ObjectStore inner) {
    return new FaultyStore(inner);
  }

  // What goes wrong.

  /// Makes every matching call go wrong; of several rules that match, the first given holds.
  public FaultyStore inject(Predicate<Call> when, Fault fault) {
    return addRule(when, fault, Long.MAX_VALUE);
  }

  /// Makes the next matching call go wrong, and none after it.
  public FaultyStore injectOnce(Predicate<Call> when, Fault fault) {
    return addRule(when, fault, 1);
  }

  /// Refuses the call of this number.
  public FaultyStore failAt(long number) {
    return inject(call -> call.number() == number, Fault.REFUSE);
  }

  /// Lets the process die before the call of this number.
  public FaultyStore stopAt(long number) {
    return inject(call -> call.number() == number, Fault.STOP);
  }

  /// Refuses all calls whose path matches a regular expression.
  public FaultyStore failPaths(String pattern) {
    Predicate<String> matches = Pattern.compile(pattern).asMatchPredicate();
    return inject(call -> matches.test(call.path()), Fault.REFUSE);
  }

  private synchronized FaultyStore addRule(Predicate<Call> when, Fault fault, long times) {
    rules.add(new Rule(when, fault, times));
    return this;
  }

  /// Starts over as a new process would: no rules, no calls counted, not stopped. The objects stay.
  public synchronized void restart() {
    rules.clear();
    calls.clear();
    stopped = false;
  }

  public synchronized boolean stopped() {
    return stopped;
  }

  // What was called.

  public synchronized List<Call> calls() {
    return List.copyOf(calls);
  }

  public synchronized long callCount() {
    return calls.size();
  }

  public synchronized long callCount(Operation operation) {
    return calls.stream().filter(call -> call.operation() == operation).count();
  }

  /// Bytes asked for or given in all calls of one kind.
  public synchronized long bytes(Operation operation) {
    return calls.stream()
        .filter(call -> call.operation() == operation)
        .mapToLong(Call::bytes)
        .sum();
  }

  // Damage done to the objects themselves, past all rules.

  /// Cuts an object short, or leaves it as it is if it is not longer.
  public void truncate(String path, long sizeBytes) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment bytes = content(path, arena);
      inner.put(path, bytes.asSlice(0, Math.min(sizeBytes, bytes.byteSize())));
    }
  }

  /// Flips the bits of `mask` in one byte of an object.
  public void corrupt(String path, long position, int mask) {
    try (Arena arena = Arena.ofShared()) {
      MemorySegment bytes = content(path, arena);
      byte old = bytes.get(ValueLayout.JAVA_BYTE, position);
      bytes.set(ValueLayout.JAVA_BYTE, position, (byte) (old ^ mask));
      inner.put(path, bytes);
    }
  }

  private MemorySegment content(String path, Arena arena) {
    try (ObjectReader reader = inner.open(path)) {
      MemorySegment bytes = arena.allocate(reader.sizeBytes());
      reader.read(0, bytes);
      return bytes;
    }
  }

  /// From here on, what was written so far survives [#cutPower].
  public synchronized void sync() {
    unsynced.clear();
    unforced.clear();
  }

  /// What a power cut leaves of a store that forces nothing to the disk
  /// ([io.lancelot.storage.Durability#NONE]): each object written since [#sync] is whole, cut short
  /// or gone, as chance will have it, and every call is refused until [#restart].
  public synchronized void cutPower(RandomGenerator random) {
    stopped = true;
    damage(unsynced, random);
    unsynced.clear();
    unforced.clear();
  }

  /// What a power cut leaves of a store that keeps its word: only what was written unforced, and
  /// not forced since, is at risk. Every call is refused until [#restart].
  public synchronized void cutPowerOfForcing(RandomGenerator random) {
    stopped = true;
    damage(unforced, random);
    unsynced.clear();
    unforced.clear();
  }

  private void damage(Set<String> paths, RandomGenerator random) {
    for (String path : paths) {
      OptionalLong size = inner.size(path);
      if (size.isEmpty()) {
        continue;
      }
      switch (random.nextInt(3)) {
        case 0 -> inner.delete(path);
        case 1 -> truncate(path, random.nextLong(size.getAsLong() + 1));
        default -> {
          // survives
        }
      }
    }
  }

  // The store.

  private void run(Operation operation, String path, long bytes, Runnable action) {
    supply(
        operation,
        path,
        bytes,
        () -> {
          action.run();
          return path;
        });
  }

  private <T> T supply(Operation operation, String path, long bytes, Supplier<T> action) {
    Fault fault = record(operation, path, bytes);
    if (fault == null) {
      return done(operation, path, action);
    }
    String facts = " (injected; operation=" + operation + ", path=" + path + ")";
    if (fault == Fault.LOSE_ANSWER || fault == Fault.UNKNOWN_DONE || fault == Fault.STOP_AFTER) {
      discard(done(operation, path, action));
    }
    throw switch (fault) {
      case REFUSE, STOP -> new StorageException("call refused" + facts);
      case LOSE_ANSWER, STOP_AFTER -> new StorageException("answer lost" + facts);
      case UNKNOWN_DONE, UNKNOWN_NOT_DONE -> new CommitUnknownException("outcome unknown" + facts);
    };
  }

  private <T> T done(Operation operation, String path, Supplier<T> action) {
    T result = action.get();
    switch (operation) {
      case FINISH, PUT, PUT_IF_ABSENT -> {
        synchronized (this) {
          unsynced.add(path);
        }
      }
      default -> {
        // writes nothing that is visible
      }
    }
    return result;
  }

  /// A reader or writer that nobody will ever see.
  private static void discard(Object result) {
    switch (result) {
      case ObjectReader reader -> reader.close();
      case ObjectWriter writer -> writer.close();
      default -> {
        // holds nothing
      }
    }
  }

  private synchronized @Nullable Fault record(Operation operation, String path, long bytes) {
    Call call = new Call(calls.size() + 1L, operation, path, bytes);
    calls.add(call);
    if (stopped) {
      return Fault.STOP;
    }
    for (Rule rule : rules) {
      if (rule.remaining > 0 && rule.when.test(call)) {
        rule.remaining--;
        stopped = rule.fault == Fault.STOP || rule.fault == Fault.STOP_AFTER;
        return rule.fault;
      }
    }
    return null;
  }

  @Override
  public String uri() {
    return inner.uri();
  }

  @Override
  public ObjectReader open(String path) {
    return supply(Operation.OPEN, path, 0, () -> new Reader(inner.open(path)));
  }

  @Override
  public ObjectWriter create(String path) {
    return supply(Operation.CREATE, path, 0, () -> new Writer(inner.create(path), true));
  }

  @Override
  public ObjectWriter createUnforced(String path) {
    return supply(Operation.CREATE, path, 0, () -> new Writer(inner.createUnforced(path), false));
  }

  @Override
  public void force(Collection<String> paths) {
    run(
        Operation.FORCE,
        String.join(", ", paths),
        0,
        () -> {
          inner.force(paths);
          forced(paths);
        });
  }

  private synchronized void forced(Collection<String> paths) {
    unforced.removeAll(paths);
  }

  private synchronized void notForced(String path) {
    unforced.add(path);
  }

  @Override
  public void put(String path, MemorySegment bytes) {
    run(Operation.PUT, path, bytes.byteSize(), () -> inner.put(path, bytes));
  }

  @Override
  public void putUnforced(String path, MemorySegment bytes) {
    run(
        Operation.PUT,
        path,
        bytes.byteSize(),
        () -> {
          inner.putUnforced(path, bytes);
          notForced(path);
        });
  }

  @Override
  public void putIfAbsent(String path, MemorySegment bytes) {
    putIfAbsent(path, bytes, List.of());
  }

  @Override
  public void putIfAbsent(String path, MemorySegment bytes, Collection<String> needed) {
    run(
        Operation.PUT_IF_ABSENT,
        path,
        bytes.byteSize(),
        () -> {
          inner.putIfAbsent(path, bytes, needed);
          forced(needed);
        });
  }

  @Override
  public List<ObjectInfo> list(String prefix) {
    return supply(Operation.LIST, prefix, 0, () -> inner.list(prefix));
  }

  @Override
  public List<String> listFolders(String prefix) {
    return supply(Operation.LIST_FOLDERS, prefix, 0, () -> inner.listFolders(prefix));
  }

  @Override
  public OptionalLong size(String path) {
    return supply(Operation.SIZE, path, 0, () -> inner.size(path));
  }

  @Override
  public void delete(String path) {
    run(Operation.DELETE, path, 0, () -> inner.delete(path));
  }

  @Override
  public void deleteAll(String prefix) {
    run(Operation.DELETE_ALL, prefix, 0, () -> inner.deleteAll(prefix));
  }

  @Override
  public long deleteAbandoned(String prefix, long beforeMillis) {
    return supply(
        Operation.DELETE_ABANDONED, prefix, 0, () -> inner.deleteAbandoned(prefix, beforeMillis));
  }

  @Override
  public void close() {
    inner.close();
  }

  /// Inherits `viewAll`, so that each merged request is a call.
  private final class Reader implements ObjectReader {

    private final ObjectReader reader;

    Reader(ObjectReader reader) {
      this.reader = reader;
    }

    @Override
    public String path() {
      return reader.path();
    }

    @Override
    public long sizeBytes() {
      return reader.sizeBytes();
    }

    @Override
    public MemorySegment view(long position, long length, SegmentAllocator allocator) {
      return supply(Operation.VIEW, path(), length, () -> reader.view(position, length, allocator));
    }

    @Override
    public void read(long position, MemorySegment target) {
      run(Operation.READ, path(), target.byteSize(), () -> reader.read(position, target));
    }

    @Override
    public void close() {
      reader.close();
    }
  }

  private final class Writer implements ObjectWriter {

    private final ObjectWriter writer;
    private final boolean forced;

    Writer(ObjectWriter writer, boolean forced) {
      this.writer = writer;
      this.forced = forced;
    }

    @Override
    public String path() {
      return writer.path();
    }

    @Override
    public long position() {
      return writer.position();
    }

    @Override
    public void write(MemorySegment bytes) {
      run(Operation.WRITE, path(), bytes.byteSize(), () -> writer.write(bytes));
    }

    @Override
    public void finish() {
      run(
          Operation.FINISH,
          path(),
          0,
          () -> {
            writer.finish();
            if (!forced) {
              notForced(path());
            }
          });
    }

    @Override
    public void close() {
      writer.close();
    }
  }
}
