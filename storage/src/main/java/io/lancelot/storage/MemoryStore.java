package io.lancelot.storage;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.NavigableMap;
import java.util.OptionalLong;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListMap;
import org.jspecify.annotations.Nullable;

/// Objects in native memory, gone with the store.
///
/// An object's memory is freed by the garbage collector once it is deleted and no reader holds it,
/// so that a table that is compacted and cleaned up for long does not grow.
public final class MemoryStore implements ObjectStore {

  private static final String URI = "memory://";

  private record Entry(MemorySegment bytes, long modifiedMillis) {}

  private final InstantSource clock;
  private final ConcurrentSkipListMap<String, Entry> entries = new ConcurrentSkipListMap<>();
  private volatile boolean closed;

  private MemoryStore(InstantSource clock) {
    this.clock = clock;
  }

  /// An empty store, known to nobody else.
  public static MemoryStore create() {
    return create(InstantSource.system());
  }

  /// An empty store whose objects carry the times of `clock`.
  public static MemoryStore create(InstantSource clock) {
    return new MemoryStore(clock);
  }

  @Override
  public String uri() {
    return URI;
  }

  @Override
  public ObjectReader open(String path) {
    Entry entry = entries.get(check(path));
    if (entry == null) {
      throw new NotFoundException("object not found (path=" + path + ", store=" + URI + ")");
    }
    return SegmentReader.of(path, entry.bytes());
  }

  @Override
  public ObjectWriter create(String path) {
    return new MemoryWriter(check(path));
  }

  @Override
  public void put(String path, MemorySegment bytes) {
    entries.put(check(path), entry(bytes));
  }

  @Override
  public void putIfAbsent(String path, MemorySegment bytes) {
    if (entries.containsKey(check(path)) || entries.putIfAbsent(path, entry(bytes)) != null) {
      throw new AlreadyExistsException(
          "object exists: expected=no object, found=one (path=" + path + ", store=" + URI + ")");
    }
  }

  private Entry entry(MemorySegment bytes) {
    MemorySegment copy = Arena.ofAuto().allocate(bytes.byteSize(), 64).copyFrom(bytes);
    return new Entry(copy.asReadOnly(), clock.millis());
  }

  @Override
  public List<ObjectInfo> list(String prefix) {
    List<ObjectInfo> found = new ArrayList<>();
    below(prefix)
        .forEach((path, entry) ->
            found.add(new ObjectInfo(path, entry.bytes().byteSize(), entry.modifiedMillis())));
    return found;
  }

  @Override
  public List<String> listFolders(String prefix) {
    int start = prefix.isEmpty() ? 0 : prefix.length() + 1;
    TreeSet<String> found = new TreeSet<>();
    for (String path : below(prefix).keySet()) {
      int end = path.indexOf('/', start);
      if (end >= 0) {
        found.add(path.substring(start, end));
      }
    }
    return List.copyOf(found);
  }

  @Override
  public OptionalLong size(String path) {
    Entry entry = entries.get(check(path));
    return entry == null ? OptionalLong.empty() : OptionalLong.of(entry.bytes().byteSize());
  }

  @Override
  public void delete(String path) {
    entries.remove(check(path));
  }

  @Override
  public void deleteAll(String prefix) {
    below(prefix).clear();
  }

  @Override
  public long deleteAbandoned(String prefix, long beforeMillis) {
    checkOpen();
    ObjectPath.checkPrefix(prefix);
    return 0;
  }

  /// Open readers stay as they are.
  @Override
  public void close() {
    closed = true;
    entries.clear();
  }

  /// The live part of the map whose paths lie below a folder: `0` is the character after `/`.
  private NavigableMap<String, Entry> below(String prefix) {
    checkOpen();
    ObjectPath.checkPrefix(prefix);
    return prefix.isEmpty() ? entries : entries.subMap(prefix + "/", true, prefix + "0", false);
  }

  private String check(String path) {
    checkOpen();
    return ObjectPath.check(path);
  }

  private void checkOpen() {
    if (closed) {
      throw new InvalidInputException(
          "store is closed: expected=an open store, found=a closed one (store=" + URI + ")");
    }
  }

  /// Gathers bytes on the heap until the object's size is known.
  private final class MemoryWriter implements ObjectWriter {

    private static final int CHUNK_BYTES = 1 << 20;

    private final String path;
    private final List<byte[]> full = new ArrayList<>();
    private byte @Nullable [] chunk = new byte[4096];
    private int used;
    private long position;

    MemoryWriter(String path) {
      this.path = path;
    }

    @Override
    public String path() {
      return path;
    }

    @Override
    public long position() {
      return position;
    }

    @Override
    public void write(MemorySegment bytes) {
      byte[] current = current();
      long done = 0;
      while (done < bytes.byteSize()) {
        if (used == current.length) {
          current = grown(current);
        }
        int length = (int) Math.min(bytes.byteSize() - done, current.length - used);
        MemorySegment.copy(
            bytes.asSlice(done, length), 0, MemorySegment.ofArray(current), used, length);
        used += length;
        done += length;
      }
      position += done;
    }

    private byte[] grown(byte[] current) {
      byte[] next;
      if (current.length < CHUNK_BYTES) {
        next = Arrays.copyOf(current, current.length * 4);
      } else {
        full.add(current);
        next = new byte[CHUNK_BYTES];
        used = 0;
      }
      chunk = next;
      return next;
    }

    private byte[] current() {
      byte[] current = chunk;
      if (current == null) {
        throw new InvalidInputException(
            "writer takes no more bytes: expected=an open writer, found=a finished or closed one"
                + " (path="
                + path
                + ")");
      }
      return current;
    }

    @Override
    public void finish() {
      byte[] current = current();
      chunk = null;
      checkOpen();
      MemorySegment bytes = Arena.ofAuto().allocate(position, 64);
      long at = 0;
      for (byte[] piece : full) {
        MemorySegment.copy(piece, 0, bytes, ValueLayout.JAVA_BYTE, at, piece.length);
        at += piece.length;
      }
      MemorySegment.copy(current, 0, bytes, ValueLayout.JAVA_BYTE, at, used);
      full.clear();
      entries.put(path, new Entry(bytes.asReadOnly(), clock.millis()));
    }

    @Override
    public void close() {
      chunk = null;
      full.clear();
    }
  }
}
