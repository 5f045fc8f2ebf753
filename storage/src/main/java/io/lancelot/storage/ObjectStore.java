package io.lancelot.storage;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.NotFoundException;
import java.lang.foreign.MemorySegment;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;

/// A flat space of immutable objects under a root, named by relative paths with `/` between their
/// parts.
///
/// Objects are written once and never changed; the only atomic step is [#putIfAbsent]. Paths are
/// checked by [ObjectPath]: no empty part, no `.` or `..`, no leading `/`, no backslash, no NUL, no
/// part that begins with `.tmp-`; such a path is an [io.lancelot.base.InvalidInputException], and
/// so is any call after the close. A missing object is a [NotFoundException], a failing store a
/// [io.lancelot.base.StorageException] that names operation and path; a thread that is interrupted
/// before its write took effect gets a [io.lancelot.base.CancelledException]. Thread-safe.
public interface ObjectStore extends AutoCloseable {

  /// The root as a user would write it: `/data/films`, `memory://`.
  String uri();

  /// Opens an object for reading; the caller closes it.
  ///
  /// @throws NotFoundException if there is no such object
  ObjectReader open(String path);

  /// Reads a few bytes of an object without keeping it open; costs less than [#open] where that
  /// reads or maps the whole.
  ///
  /// @return fewer bytes than asked for if the object ends before
  /// @throws NotFoundException if there is no such object
  default Piece peek(String path, long position, int length) {
    try (ObjectReader reader = open(path)) {
      byte[] bytes = new byte[Math.clamp(reader.sizeBytes() - position, 0, length)];
      if (bytes.length > 0) {
        reader.read(position, MemorySegment.ofArray(bytes));
      }
      return new Piece(reader.sizeBytes(), bytes);
    }
  }

  /// Starts a new object that appears, whole and durable, when [ObjectWriter#finish] returns, in
  /// place of one that was there.
  ObjectWriter create(String path);

  /// Starts a new object that appears whole, but is not yet durable: [#force] makes it so, or a
  /// [#putIfAbsent(String, MemorySegment, Collection)] that needs it. Until then a power cut may
  /// leave a part of it, or nothing. For objects that nobody refers to before that.
  default ObjectWriter createUnforced(String path) {
    return create(path);
  }

  /// Makes objects durable that were written unforced. Costs less than forcing each by itself.
  default void force(Collection<String> paths) {}

  /// Writes a small object durably, replacing one that is there: readers see the old or the new
  /// one, whole. The bytes may be native or on the heap, here and in [#putIfAbsent].
  void put(String path, MemorySegment bytes);

  /// Writes a small object that its reader can do without: readers see the old or the new one,
  /// whole, or for a moment none, and a power cut may leave either, a part, or none. Costs less
  /// than [#put] where forcing bytes to a disk does.
  default void putUnforced(String path, MemorySegment bytes) {
    put(path, bytes);
  }

  /// Writes a small object durably and atomically unless one of that name exists. Of several
  /// callers exactly one succeeds, and no reader ever sees a part of it.
  ///
  /// @throws AlreadyExistsException if the object was there; nothing was changed
  /// @throws io.lancelot.base.CommitUnknownException if the store cannot say whether the object was
  ///   written
  void putIfAbsent(String path, MemorySegment bytes);

  /// The same for an object that refers to others: these are durable before it appears.
  ///
  /// @param needed objects that were written unforced
  default void putIfAbsent(String path, MemorySegment bytes, Collection<String> needed) {
    force(needed);
    putIfAbsent(path, bytes);
  }

  /// Every object below `prefix` (a folder path, or empty for the root), at any depth, in no order.
  /// A missing folder is an empty one.
  List<ObjectInfo> list(String prefix);

  /// The names of the folders directly under `prefix`, in no order. Whether a folder without any
  /// object is one depends on the store.
  List<String> listFolders(String prefix);

  /// Size of an object in bytes; empty if there is none.
  OptionalLong size(String path);

  /// Removes an object; no error if there is none. A power cut may bring it back.
  void delete(String path);

  /// Removes every object below `prefix`, and the folder itself.
  void deleteAll(String prefix);

  /// Removes what interrupted writers left below `prefix` before the given time; [#list] never
  /// shows it. The time must be older than any write that may still be under way.
  ///
  /// @return how many leftovers were removed
  long deleteAbandoned(String prefix, long beforeMillis);

  @Override
  void close();

  /// Some bytes of an object.
  ///
  /// @param sizeBytes length of the whole object
  /// @param bytes not to be changed
  @SuppressWarnings("ArrayRecordComponent")
  record Piece(long sizeBytes, byte[] bytes) {}

  /// @param path relative to the store's root
  /// @param sizeBytes length of the object
  /// @param modifiedMillis when it was written, in milliseconds since the epoch
  record ObjectInfo(String path, long sizeBytes, long modifiedMillis) {}
}
