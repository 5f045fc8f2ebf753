package io.lancelot.storage;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.CancelledException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.StorageException;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.ArrayBlockingQueue;
import org.jspecify.annotations.Nullable;

/// Objects as files below a folder, which is made by the first write.
///
/// Files of at least [#MAPPED_BYTES] are mapped, smaller ones are read whole when opened. A new
/// object is written under a hidden name, forced, given its name in one step, and its folder forced
/// too. Symbolic links below the root are followed for reading and listing, but removed themselves
/// by [#deleteAll]. Closing the store leaves its open readers and writers as they are.
public final class LocalStore implements ObjectStore {

  /// Below this size mapping a file costs more than reading it.
  public static final long MAPPED_BYTES = 64 << 10;

  private static final long BUFFER_BYTES = 1 << 20;
  private static final int IDLE_BUFFERS = 4;

  private final Path root;
  private final Durability durability;
  private final LocalFolders folders;
  private final FirstNaming naming;
  private final ArrayBlockingQueue<MemorySegment> idleBuffers =
      new ArrayBlockingQueue<>(IDLE_BUFFERS);
  private volatile boolean closed;

  private LocalStore(Path root, Durability durability, boolean links) {
    this.root = root.toAbsolutePath();
    this.durability = durability;
    this.folders = new LocalFolders(this.root, durability);
    this.naming = new FirstNaming(root.toString(), links);
  }

  /// A store that survives power cuts.
  public static LocalStore open(Path root) {
    return open(root, Durability.SYNC);
  }

  public static LocalStore open(Path root, Durability durability) {
    return new LocalStore(root, durability, true);
  }

  /// For tests of what happens on file systems without hard links.
  static LocalStore withoutLinks(Path root) {
    return new LocalStore(root, Durability.SYNC, false);
  }

  @Override
  public String uri() {
    return root.toString();
  }

  @Override
  public ObjectReader open(String path) {
    Path file = resolve(path);
    try {
      // Looked at first, because opening a pipe would wait and opening a folder succeed.
      if (attributes(file) == null) {
        throw notFound(path);
      }
      return openFile(path, file);
    } catch (NoSuchFileException e) {
      throw notFound(path);
    } catch (IOException e) {
      throw failure("open", path, e);
    }
  }

  @Override
  public Piece peek(String path, long position, int length) {
    Path file = resolve(path);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      long size = channel.size();
      byte[] bytes = new byte[Math.clamp(size - position, 0, length)];
      MappedReader.readFully(channel, path, position, MemorySegment.ofArray(bytes));
      return new Piece(size, bytes);
    } catch (NoSuchFileException e) {
      throw notFound(path);
    } catch (IOException e) {
      throw failure("read", path, e);
    }
  }

  private NotFoundException notFound(String path) {
    return new NotFoundException("object not found (path=" + path + ", store=" + root + ")");
  }

  private static ObjectReader openFile(String path, Path file) throws IOException {
    FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
    boolean kept = false;
    try {
      long size = channel.size();
      if (size < MAPPED_BYTES) {
        return SegmentReader.filled(
            path, size, target -> MappedReader.readFully(channel, path, 0, target));
      }
      ObjectReader reader = MappedReader.map(path, channel, size);
      kept = true;
      return reader;
    } finally {
      if (!kept) {
        channel.close();
      }
    }
  }

  @Override
  public ObjectWriter create(String path) {
    return create(path, true);
  }

  @Override
  public ObjectWriter createUnforced(String path) {
    return create(path, false);
  }

  private ObjectWriter create(String path, boolean forced) {
    Path target = resolve(path);
    MemorySegment buffer = takeBuffer();
    try {
      TempFile temp = TempFile.beside(target, folders);
      return new LocalWriter(this, path, target, temp, forced, buffer);
    } catch (IOException e) {
      giveBuffer(buffer);
      throw failure("create", path, e);
    }
  }

  @Override
  public void put(String path, MemorySegment bytes) {
    Path target = resolve(path);
    try (TempFile temp = writeTemp(target, bytes)) {
      publish(temp, target);
    } catch (IOException e) {
      throw failure("put", path, e);
    }
  }

  @Override
  public void putUnforced(String path, MemorySegment bytes) {
    Path target = resolve(path);
    try (TempFile temp = writeTemp(target, bytes)) {
      temp.endWriting();
      // Renaming over a file makes some file systems force the new one first.
      Files.deleteIfExists(target);
      temp.renameTo(target);
    } catch (IOException e) {
      throw failure("put", path, e);
    }
  }

  @Override
  public void force(Collection<String> paths) {
    List<Path> files = paths.stream().map(this::resolve).toList();
    if (durability != Durability.SYNC) {
      return;
    }
    try {
      Forcing.force(files, null, folders);
    } catch (IOException e) {
      throw failure("force", String.join(", ", paths), e);
    }
  }

  @Override
  public void putIfAbsent(String path, MemorySegment bytes) {
    putIfAbsent(path, bytes, List.of());
  }

  @Override
  public void putIfAbsent(String path, MemorySegment bytes, Collection<String> needed) {
    Path target = resolve(path);
    List<Path> before = needed.stream().map(this::resolve).toList();
    if (FirstNaming.taken(target)) {
      throw alreadyExists(path);
    }
    try (TempFile temp = writeTemp(target, bytes)) {
      if (durability == Durability.SYNC) {
        Forcing.force(before, temp, folders);
      }
      temp.endWriting();
      if (!naming.name(temp, target)) {
        throw alreadyExists(path);
      }
    } catch (IOException e) {
      throw failure("put-if-absent", path, e);
    }
    try {
      syncFolderOf(target);
    } catch (IOException e) {
      throw naming.unknown(target, e);
    }
  }

  private AlreadyExistsException alreadyExists(String path) {
    return new AlreadyExistsException(
        "object exists: expected=no object, found=one (path=" + path + ", store=" + root + ")");
  }

  private TempFile writeTemp(Path target, MemorySegment bytes) throws IOException {
    TempFile temp = TempFile.beside(target, folders);
    boolean written = false;
    try {
      temp.write(writable(bytes));
      written = true;
      return temp;
    } finally {
      if (!written) {
        temp.close();
      }
    }
  }

  /// Channels take native memory and bytes; other arrays are rare enough to be copied.
  private static MemorySegment writable(MemorySegment bytes) {
    if (bytes.isNative() || bytes.heapBase().orElse(null) instanceof byte[]) {
      return bytes;
    }
    return Arena.ofAuto().allocate(bytes.byteSize()).copyFrom(bytes);
  }

  /// Makes a written file durable under its name, in place of one that is there.
  void publish(TempFile temp, Path target) throws IOException {
    force(temp);
    temp.renameTo(target);
    syncFolderOf(target);
  }

  /// Gives a written file its name, and leaves it to somebody else to make both durable.
  static void publishUnforced(TempFile temp, Path target) throws IOException {
    temp.endWriting();
    temp.renameTo(target);
  }

  /// The same for a name that nobody has seen yet: it is given before the bytes are forced, so that
  /// name and bytes go to the disk together. What a power cut leaves of it is a file that nobody
  /// refers to.
  void publishNew(TempFile temp, Path target) throws IOException {
    if (durability != Durability.SYNC || Files.exists(target)) {
      publish(temp, target);
      return;
    }
    temp.renameTo(target);
    boolean forced = false;
    try {
      force(temp);
      syncFolderOf(target);
      forced = true;
    } finally {
      if (!forced) {
        Files.deleteIfExists(target);
      }
    }
  }

  private void force(TempFile temp) throws IOException {
    if (durability == Durability.SYNC) {
      temp.force();
    }
    temp.endWriting();
  }

  private void syncFolderOf(Path target) throws IOException {
    Path folder = target.getParent();
    if (folder != null) {
      folders.sync(folder);
    }
  }

  @Override
  public List<ObjectInfo> list(String prefix) {
    Path folder = resolvePrefix(prefix);
    List<ObjectInfo> found = new ArrayList<>();
    try {
      LocalTree.walk(
          folder,
          (file, attributes) -> {
            if (attributes.isRegularFile() && !LocalTree.reserved(file)) {
              long modifiedMillis = attributes.lastModifiedTime().toMillis();
              found.add(new ObjectInfo(pathOf(file), attributes.size(), modifiedMillis));
            }
          });
    } catch (IOException e) {
      throw failure("list", prefix, e);
    }
    return found;
  }

  @Override
  public List<String> listFolders(String prefix) {
    Path folder = resolvePrefix(prefix);
    try {
      return LocalTree.folders(folder);
    } catch (IOException e) {
      if (LocalTree.missing(folder, e)) {
        return List.of();
      }
      throw failure("list-folders", prefix, e);
    }
  }

  @Override
  public OptionalLong size(String path) {
    Path file = resolve(path);
    try {
      BasicFileAttributes attributes = attributes(file);
      return attributes == null ? OptionalLong.empty() : OptionalLong.of(attributes.size());
    } catch (IOException e) {
      throw failure("size", path, e);
    }
  }

  /// What is known of a regular file; null if there is none of that name.
  private static @Nullable BasicFileAttributes attributes(Path file) throws IOException {
    // Every reader asks for the next version, which mostly is not there: that should not cost an
    // exception. A folder that may not be entered is another matter.
    Path folder = file.getParent();
    if (!Files.exists(file) && folder != null && Files.isExecutable(folder)) {
      return null;
    }
    try {
      BasicFileAttributes found = Files.readAttributes(file, BasicFileAttributes.class);
      return found.isRegularFile() ? found : null;
    } catch (IOException e) {
      if (LocalTree.missing(file, e)) {
        return null;
      }
      throw e;
    }
  }

  @Override
  public void delete(String path) {
    Path file = resolve(path);
    try {
      if (!Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS)) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      if (!LocalTree.missing(file, e)) {
        throw failure("delete", path, e);
      }
    }
  }

  @Override
  public void deleteAll(String prefix) {
    Path folder = resolvePrefix(prefix);
    try {
      LocalTree.remove(folder);
    } catch (IOException e) {
      throw failure("delete-all", prefix, e);
    } finally {
      folders.forget(folder);
    }
  }

  @Override
  public long deleteAbandoned(String prefix, long beforeMillis) {
    Path folder = resolvePrefix(prefix);
    List<Path> abandoned = new ArrayList<>();
    try {
      LocalTree.walk(
          folder,
          (file, attributes) -> {
            if (LocalTree.reserved(file)
                && attributes.lastModifiedTime().toMillis() < beforeMillis
                && !LocalTree.nameOf(file).equals(FirstNaming.LOCK_NAME)) {
              abandoned.add(file);
            }
          });
      for (Path file : abandoned) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      throw failure("delete-abandoned", prefix, e);
    }
    return abandoned.size();
  }

  @Override
  public void close() {
    closed = true;
    idleBuffers.clear();
  }

  private Path resolve(String path) {
    return resolveChecked(ObjectPath.check(path));
  }

  private Path resolvePrefix(String prefix) {
    return resolveChecked(ObjectPath.checkPrefix(prefix));
  }

  private Path resolveChecked(String path) {
    if (closed) {
      throw new InvalidInputException(
          "store is closed: expected=an open store, found=a closed one (store=" + root + ")");
    }
    Path resolved;
    try {
      resolved = path.isEmpty() ? root : root.resolve(path);
    } catch (InvalidPathException e) {
      throw new InvalidInputException(
          "object path cannot be a file name here: " + e.getReason() + " (path=" + path + ")", e);
    }
    // A drive letter, say, could still lead elsewhere.
    if (!resolved.startsWith(root)) {
      throw new InvalidInputException(
          "object path leaves the root: expected=a path below "
              + root
              + ", found="
              + resolved
              + " (path="
              + path
              + ")");
    }
    return resolved;
  }

  private String pathOf(Path file) {
    String separator = root.getFileSystem().getSeparator();
    int start = root.toString().length();
    if (!root.toString().endsWith(separator)) {
      start += separator.length();
    }
    return file.toString().substring(start).replace(separator, "/");
  }

  LancelotException failure(String operation, String path, IOException e) {
    String facts = " (path=" + path + ", store=" + root + ")";
    if (e instanceof ClosedByInterruptException) {
      return new CancelledException(operation + " interrupted" + facts, e);
    }
    return new StorageException(operation + " failed: " + reason(e) + facts, e);
  }

  private static String reason(IOException e) {
    if (e instanceof FileSystemException f && f.getReason() != null) {
      return f.getReason();
    }
    return e.getClass().getSimpleName() + (e.getMessage() == null ? "" : ": " + e.getMessage());
  }

  private MemorySegment takeBuffer() {
    MemorySegment idle = idleBuffers.poll();
    return idle != null ? idle : Arena.ofAuto().allocate(BUFFER_BYTES);
  }

  void giveBuffer(MemorySegment buffer) {
    if (!closed) {
      idleBuffers.offer(buffer);
    }
  }
}
