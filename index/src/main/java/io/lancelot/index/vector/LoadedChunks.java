package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.ResourceExhaustedException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.atomic.LongAdder;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A segment's partitions in memory, some neighbouring ones together, within the segment's share of
/// the budget. They are kept as they are loaded until that is spent. From then on a search reads
/// those that are missing for itself, and lets them go: what is kept may then be used without
/// counting its users, and partitions that are searched in turn do not push each other out.
/// Thread-safe.
final class LoadedChunks {

  /// Partitions loaded together have about so many bytes, less where memory is scarce.
  static final long CHUNK_BYTES = 1 << 20;

  private final IvfIndex index;
  private final IvfIndex.Parts parts;
  private final Context context;
  private final long shareBytes;
  private final int[] chunkOf;
  private final int[] starts;
  private final AtomicReferenceArray<@Nullable Chunk> chunks;
  private final ReentrantLock loading = new ReentrantLock();
  private final LongAdder partitionLoads = new LongAdder();
  private volatile long heldBytes;
  private volatile boolean full;

  /// @param heldBytes what the segment holds already
  LoadedChunks(IvfIndex index, IvfIndex.Parts parts, Context context, long heldBytes) {
    this.index = index;
    this.parts = parts;
    this.context = context;
    this.heldBytes = heldBytes;
    // All the open segments have half of the budget: a large one leaves room for small ones.
    this.shareBytes = context.memory().limitBytes() / 8 * 3;
    int[] lengths = parts.lengths();
    this.chunkOf = new int[lengths.length];
    long most = Math.min(CHUNK_BYTES, shareBytes / 8);
    List<Integer> found = new ArrayList<>();
    long bytes = 0;
    for (int p = 0; p < lengths.length; p++) {
      if (p == 0 || bytes > most || parts.model().graph()) {
        found.add(p);
        bytes = 0;
      }
      bytes += (long) lengths[p] * (parts.model().codec().recordBytes() + 8);
      chunkOf[p] = found.size() - 1;
    }
    found.add(lengths.length);
    this.starts = found.stream().mapToInt(Integer::intValue).toArray();
    this.chunks = new AtomicReferenceArray<>(starts.length - 1);
  }

  long heldBytes() {
    return heldBytes;
  }

  /// How often a partition was read from the file, be it to be kept or not.
  long partitionLoads() {
    return partitionLoads.sum();
  }

  /// Partitions in memory.
  int partitions() {
    int count = 0;
    for (int i = 0; i < chunks.length(); i++) {
      count += chunks.getAcquire(i) == null ? 0 : starts[i + 1] - starts[i];
    }
    return count;
  }

  /// The chunk that a partition lies in, loaded if need be; null if there is no room for it.
  @Nullable Chunk chunk(int partition) {
    Chunk chunk = chunks.getAcquire(chunkOf[partition]);
    return chunk != null || full ? chunk : load(chunkOf[partition]);
  }

  boolean isLoaded(int partition) {
    return chunks.getAcquire(chunkOf[partition]) != null;
  }

  /// How many rows are loaded together with a partition, its own among them.
  long rowsBeside(int partition) {
    int number = chunkOf[partition];
    int last = starts[number + 1] - 1;
    return parts.offsets()[last] + parts.lengths()[last] - parts.offsets()[starts[number]];
  }

  /// Whether a chunk is still kept.
  boolean keeps(Chunk chunk) {
    return chunks.getAcquire(chunkOf[chunk.first()]) == chunk;
  }

  /// Reads a partition for one search, which closes its memory: without a graph, as to read that
  /// takes longer than to compare all the codes.
  Chunk read(int partition) {
    partitionLoads.increment();
    return reader().chunk(partition, partition + 1, context.memory().scratch());
  }

  ChunkReader reader() {
    return new ChunkReader(index, parts, context);
  }

  private @Nullable Chunk load(int number) {
    loading.lock();
    try {
      Chunk chunk = chunks.getAcquire(number);
      if (chunk != null || full) {
        return chunk;
      }
      if (parts.model().graph()) {
        chunk = kept(number, true);
      }
      chunk = chunk == null ? kept(number, false) : chunk;
      full = chunk == null;
      return chunk;
    } catch (ResourceExhaustedException _) {
      // Others have the memory for now.
      return null;
    } finally {
      loading.unlock();
    }
  }

  /// Loads a chunk to be kept; null if it has no room.
  private @Nullable Chunk kept(int number, boolean graph) {
    int first = starts[number];
    int end = starts[number + 1];
    Chunk chunk;
    try {
      partitionLoads.add(end - first);
      chunk = reader().chunk(first, end, context.memory().scratch());
      chunk = graph ? reader().withGraph(chunk) : chunk;
    } catch (ResourceExhaustedException e) {
      if (graph) {
        return null;
      }
      throw e;
    }
    if (!reserve(chunk.heldBytes())) {
      chunk.memory().close();
      return null;
    }
    chunks.setRelease(number, chunk);
    return chunk;
  }

  /// Takes memory of the share; false if it has not so much.
  @SuppressWarnings("NonAtomicVolatileUpdate") // Written under the lock alone.
  boolean reserve(long bytes) {
    loading.lock();
    try {
      if (heldBytes + bytes > shareBytes) {
        return false;
      }
      heldBytes += bytes;
      return true;
    } finally {
      loading.unlock();
    }
  }

  /// Counts memory as held, whatever the share; as given back if negative.
  @SuppressWarnings("NonAtomicVolatileUpdate") // Written under the lock alone.
  void hold(long bytes) {
    loading.lock();
    try {
      heldBytes += bytes;
      full &= bytes >= 0;
    } finally {
      loading.unlock();
    }
  }

  /// How many chunks there may be.
  int count() {
    return chunks.length();
  }

  /// The number of the chunk that a partition lies in.
  int chunkOf(int partition) {
    return chunkOf[partition];
  }

  /// Lets all go; nothing is loaded any more.
  void close() {
    loading.lock();
    try {
      for (int i = 0; i < chunks.length(); i++) {
        drop(i);
      }
      full = true;
    } finally {
      loading.unlock();
    }
  }

  /// Lets a chunk go that nobody uses.
  ///
  /// @return the bytes that are free now
  long drop(int number) {
    Chunk chunk = chunks.getAndSet(number, null);
    if (chunk == null) {
      return 0;
    }
    long bytes = chunk.heldBytes();
    chunk.memory().close();
    hold(-bytes);
    return bytes;
  }
}
