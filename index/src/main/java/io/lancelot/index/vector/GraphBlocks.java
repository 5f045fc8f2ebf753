package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.Parallel;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.kernels.ByteDistances;
import io.lancelot.kernels.NeighbourScan;
import io.lancelot.kernels.SignQuery;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/// A graph's lowest level laid out for searching: all that a visit to a node needs lies in one
/// block. Its own bytes, the sign bits of its neighbours' rotated differences from it, the factors
/// that turn products with these into distances (as RaBitQ has them, with the node for a centre),
/// and the neighbours' numbers. A visit so waits for memory once, where a walk over bytes waits for
/// every neighbour; the distances it gives for them are estimates, exact is that of the node
/// visited.
///
/// Derived in memory when the graph has been loaded, and left out where the budget does not allow
/// it. Technique: Gou and others, "SymphonyQG" (2025).
final class GraphBlocks implements AutoCloseable {

  /// A node that more edges than this lead to can lose one.
  private static final int SPARE = 3;

  private static final int TASK_NODES = 2048;
  private static final int SLOTS = NeighbourScan.SLOTS;

  /// Searches start from the best of about so many nodes.
  private static final int ENTRIES = 256;

  private final SqCodec codec;
  private final int nodes;
  private final int lines;
  private final long codesAt;
  private final long idsAt;
  private final long stride;
  private final Scratch memory;
  private final MemorySegment blocks;
  private final int[] entries;
  private final MemorySegment entryBytes;

  /// Codes of the entries, [NeighbourScan#SLOTS] together, as differences from their mean.
  private final MemorySegment entryCodes;

  private final Rotation rotation;
  private final ConcurrentLinkedQueue<BlockWalk> idle = new ConcurrentLinkedQueue<>();

  private GraphBlocks(SqCodec codec, int nodes, int[] entries, Scratch memory) {
    this.codec = codec;
    this.nodes = nodes;
    this.lines = codec.dim() / 8;
    this.codesAt = (codec.dim() + 63) / 64 * 64L;
    this.idsAt = codesAt + NeighbourScan.bytes(lines);
    this.stride = stride(codec.dim());
    this.memory = memory;
    this.blocks = memory.allocateBytes(nodes * stride);
    this.entries = entries;
    this.entryBytes = memory.allocateBytes((long) entries.length * codec.dim());
    this.entryCodes = memory.allocateBytes((long) groups() * NeighbourScan.bytes(lines));
    this.rotation = Rotation.random(codec.dim(), 29);
  }

  private static long stride(int dim) {
    return (dim + 63) / 64 * 64L + NeighbourScan.bytes(dim / 8) + 4L * SLOTS;
  }

  /// Whether rows of so many dimensions can be laid out like this.
  static boolean fits(int dim) {
    return dim % 8 == 0 && dim <= 4096;
  }

  /// Bytes that the blocks of a graph take.
  static long bytes(int nodes, int dim) {
    return nodes * stride(dim);
  }

  /// Lays a graph out.
  ///
  /// @param codec what the rows are coded by
  /// @param rows bytes of the nodes
  /// @param work for the time of the work
  /// @param stop asked now and then; null comes back when it says so
  static @Nullable GraphBlocks of(
      Context context,
      GraphLinks links,
      SqCodec codec,
      MemorySegment rows,
      int nodes,
      Scratch work,
      BooleanSupplier stop) {
    Scratch memory = context.memory().scratch();
    boolean done = false;
    try {
      GraphBlocks made = new GraphBlocks(codec, nodes, links.entries(ENTRIES), memory);
      AtomicIntegerArray incoming = new AtomicIntegerArray(links.incoming());
      MemorySegment rotated = work.allocateBytes(4L * nodes * codec.dim());
      made.inTasks(context, (from, to) -> made.rotate(rows, rotated, from, to));
      made.inTasks(
          context,
          (from, to) -> {
            if (!stop.getAsBoolean()) {
              made.lay(links, rows, rotated, incoming, from, to);
            }
          });
      if (stop.getAsBoolean()) {
        return null;
      }
      made.layEntries(rows, rotated);
      done = true;
      return made;
    } finally {
      if (!done) {
        memory.close();
      }
    }
  }

  /// Bytes of native memory.
  long heldBytes() {
    return memory.heldBytes();
  }

  /// To be called when nobody walks here any more.
  @Override
  public void close() {
    memory.close();
  }

  private interface Range {
    void run(int from, int to);
  }

  private void inTasks(Context context, Range work) {
    List<Integer> tasks = new ArrayList<>();
    for (int first = 0; first < nodes; first += TASK_NODES) {
      tasks.add(first);
    }
    Parallel.run(
        context,
        tasks,
        first -> {
          work.run(first, Math.min(nodes, first + TASK_NODES));
          return first;
        },
        _ -> {});
  }

  private void lay(
      GraphLinks links,
      MemorySegment rows,
      MemorySegment rotated,
      AtomicIntegerArray incoming,
      int from,
      int to) {
    Edges edges = new Edges(links, rotated, incoming);
    for (int node = from; node < to; node++) {
      MemorySegment.copy(rows, (long) node * codec.dim(), blocks, node * stride, codec.dim());
      edges.lay(node);
    }
  }

  private int groups() {
    return (entries.length + SLOTS - 1) / SLOTS;
  }

  /// Where the codes of an entry's group begin.
  private long groupAt(int entry) {
    return (long) (entry / SLOTS) * NeighbourScan.bytes(lines);
  }

  private void layEntries(MemorySegment rows, MemorySegment rotated) {
    int dim = codec.dim();
    float[] mean = new float[dim];
    for (int i = 0; i < entries.length; i++) {
      MemorySegment.copy(rows, (long) entries[i] * dim, entryBytes, (long) i * dim, dim);
      for (int d = 0; d < dim; d++) {
        mean[d] +=
            rotated.get(FixedColumn.FLOAT, 4L * (entries[i] * (long) dim + d)) / entries.length;
      }
    }
    Coder coder = new Coder(entryCodes, rotated, mean);
    for (int i = 0; i < groups() * SLOTS; i++) {
      long block = groupAt(i);
      if (i < entries.length) {
        coder.code(block, i % SLOTS, entries[i]);
      } else {
        coder.none(block, i % SLOTS);
      }
    }
  }

  private void rotate(MemorySegment rows, MemorySegment rotated, int from, int to) {
    int dim = codec.dim();
    float[] row = new float[dim];
    float[] turned = new float[dim];
    for (int node = from; node < to; node++) {
      for (int d = 0; d < dim; d++) {
        row[d] = rows.get(ValueLayout.JAVA_BYTE, (long) node * dim + d) & 0xff;
      }
      rotation.apply(row, 0, turned);
      MemorySegment.copy(turned, 0, rotated, FixedColumn.FLOAT, 4L * node * dim, dim);
    }
  }

  /// Codes rows as differences from a centre.
  private final class Coder {
    private final MemorySegment to;
    private final MemorySegment rotated;
    private final float[] centre;
    private final float[] row = new float[codec.dim()];

    /// @param centre rotated; may be set anew between rows
    Coder(MemorySegment to, MemorySegment rotated, float[] centre) {
      this.to = to;
      this.rotated = rotated;
      this.centre = centre;
    }

    /// Codes a row in a block of zeros.
    void code(long block, int slot, int node) {
      MemorySegment.copy(rotated, FixedColumn.FLOAT, 4L * node * row.length, row, 0, row.length);
      float square = 0;
      float length = 0;
      float product = 0;
      for (int line = 0; line < lines; line++) {
        int bits = 0;
        for (int b = 0; b < 8; b++) {
          float c = centre[8 * line + b];
          float r = row[8 * line + b] - c;
          int negative = Float.floatToRawIntBits(r) >>> 31;
          bits |= (1 - negative) << b;
          square += r * r;
          length += Math.abs(r);
          product += negative == 0 ? c : -c;
        }
        to.set(ValueLayout.JAVA_BYTE, block + NeighbourScan.place(slot, line), (byte) bits);
      }
      // Signs stand for halves: the product with them is half of `length` and of `product`.
      float ratio = length == 0 ? 0 : 2 * square / length;
      factors(block, slot, square + ratio * product, -2 * ratio);
    }

    /// Leaves a slot empty: infinitely far.
    void none(long block, int slot) {
      factors(block, slot, Float.POSITIVE_INFINITY, 0);
    }

    private void factors(long block, int slot, float add, float scale) {
      long at = block + NeighbourScan.codeBytes(lines) + 4L * slot;
      to.set(FixedColumn.INT, at, NeighbourScan.factors(add, scale));
    }
  }

  /// Codes the neighbours of one node after the other.
  private final class Edges {
    private final GraphLinks links;
    private final MemorySegment rotated;
    private final float[] own = new float[codec.dim()];
    private final Coder coder;
    private final AtomicIntegerArray incoming;
    private final int[] neighbours;

    Edges(GraphLinks links, MemorySegment rotated, AtomicIntegerArray incoming) {
      this.incoming = incoming;
      this.links = links;
      this.rotated = rotated;
      this.coder = new Coder(blocks, rotated, own);
      this.neighbours = new int[links.maxDegree()];
    }

    void lay(int node) {
      long at = node * stride;
      int count = fitting(links.neighbours(0, node, neighbours));
      MemorySegment.copy(rotated, FixedColumn.FLOAT, 4L * node * own.length, own, 0, own.length);
      blocks.asSlice(at + codesAt, NeighbourScan.codeBytes(lines)).fill((byte) 0);
      for (int slot = 0; slot < SLOTS; slot++) {
        int neighbour = slot < count ? neighbours[slot] : node;
        blocks.set(FixedColumn.INT, at + idsAt + 4L * slot, neighbour);
        if (slot < count) {
          coder.code(at + codesAt, slot, neighbour);
        } else {
          coder.none(at + codesAt, slot);
        }
      }
    }

    /// Leaves out far neighbours that others lead to as well: every node must stay reachable.
    private int fitting(int count) {
      int left = count;
      for (int i = count - 1; i >= 0 && left > SLOTS; i--) {
        if (incoming.get(neighbours[i]) > SPARE) {
          incoming.decrementAndGet(neighbours[i]);
          left--;
          System.arraycopy(neighbours, i + 1, neighbours, i, left - i);
        }
      }
      return Math.min(left, SLOTS);
    }
  }

  /// The square of the codes' unit.
  float squareUnit() {
    double unit = (codec.end() - codec.start()) / 255;
    return (float) (unit * unit);
  }

  /// A walk to be given back.
  BlockWalk walk() {
    BlockWalk walk = idle.poll();
    return walk == null ? new BlockWalk(nodes) : walk;
  }

  void giveBack(BlockWalk walk) {
    idle.add(walk);
  }

  /// What a query is compared by.
  final class Query {
    private final byte[] bytes;
    private final SignQuery signs;

    Query(float[] vector) {
      this(codec.codes(vector));
    }

    /// @param bytes as the rows have them
    Query(byte[] bytes) {
      this.bytes = bytes;
      float[] coded = new float[bytes.length];
      for (int d = 0; d < coded.length; d++) {
        coded[d] = bytes[d] & 0xff;
      }
      this.signs = new SignQuery(rotation.apply(coded, 0));
    }

    /// Nodes that are compared to find where to start.
    int entryCount() {
      return entries.length;
    }

    /// The node to start from: the nearest of those that are estimated the nearest of their group.
    ///
    /// @param sums of [NeighbourScan#SLOTS], as `estimates`
    int entry(short[] sums, float[] estimates) {
      int best = 0;
      float least = Float.POSITIVE_INFINITY;
      for (int first = 0; first < entries.length; first += SLOTS) {
        estimate(entryCodes, groupAt(first), 0, 0, sums, estimates);
        int near = 0;
        for (int i = 1; i < SLOTS; i++) {
          near = estimates[i] < estimates[near] ? i : near;
        }
        float distance =
            ByteDistances.square(bytes, entryBytes, (long) (first + near) * bytes.length);
        if (distance < least) {
          least = distance;
          best = first + near;
        }
      }
      return entries[best];
    }

    /// The squared distance of a node, in the codes' unit.
    float distance(int node) {
      return ByteDistances.square(bytes, blocks, node * stride);
    }

    /// Estimates the distances of a node's neighbours.
    ///
    /// @param own the node's own distance
    /// @return a bit for each that is below the limit
    int neighbours(int node, float own, float limit, short[] sums, float[] out) {
      return estimate(blocks, node * stride + codesAt, own, limit, sums, out);
    }

    private int estimate(
        MemorySegment codes, long at, float own, float limit, short[] sums, float[] out) {
      return NeighbourScan.below(codes, at, signs, own, limit, sums, out);
    }

    int neighbour(int node, int slot) {
      return blocks.get(FixedColumn.INT, node * stride + idsAt + 4L * slot);
    }

    /// Loads a node's block, as it may be visited next.
    int touch(int node) {
      long at = node * stride;
      int all = 0;
      for (long o = 0; o < stride; o += 64) {
        all ^= blocks.get(ValueLayout.JAVA_BYTE, at + o);
      }
      return all;
    }
  }
}
