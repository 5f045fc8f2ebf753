package io.lancelot.index.vector;

import io.lancelot.base.Context;
import io.lancelot.base.Parallel;
import io.lancelot.index.BuildProgress;
import io.lancelot.kernels.ByteDistances;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;

/// Builds a hierarchical graph over vectors of bytes: nodes come one after the other, several
/// threads at once, and link themselves to near nodes in different directions.
///
/// Neighbour lists may grow half over their limit before they are cut, which spreads the cost of
/// choosing. In the end every node can be reached from the entry: nodes that nothing leads to get
/// an edge from a neighbour of theirs.
final class GraphBuilder {

  private static final int TASK_NODES = 256;
  private static final int STRIPES = 1024;

  /// Parts of the nodes' order that are worked on side by side.
  private static final int STRETCHES = 16;

  private static final int MANY_NODES = 10_000;

  private final Context context;
  private final MemorySegment codes;
  private final int nodes;
  private final int dim;
  private final int m;
  private final int width;
  private final byte[] levelOf;
  private final List<AtomicReferenceArray<int[]>> layers = new ArrayList<>();
  private final ReentrantLock[] locks = new ReentrantLock[STRIPES];
  private final ReentrantLock entryLock = new ReentrantLock();
  private final ConcurrentLinkedQueue<Worker> idle = new ConcurrentLinkedQueue<>();
  private volatile int entry;

  /// @param codes `nodes × dim` bytes
  GraphBuilder(
      Context context, MemorySegment codes, int nodes, int dim, int m, int efConstruction) {
    this.context = context;
    this.codes = codes;
    this.nodes = nodes;
    this.dim = dim;
    this.m = m;
    this.width = Math.max(efConstruction, m);
    this.levelOf = new byte[nodes];
    Arrays.setAll(locks, _ -> new ReentrantLock());
  }

  Graph build(BuildProgress progress) {
    if (nodes == 0) {
      return Graph.EMPTY;
    }
    if (nodes >= MANY_NODES) {
      // A build would not be ahead of the compiler for long, and wait all the longer.
      ByteDistances.warm();
    } else {
      ByteDistances.warmSoon();
    }
    SplittableRandom random = new SplittableRandom(42);
    double scale = 1 / Math.log(m);
    int top = 0;
    for (int i = 0; i < nodes; i++) {
      double level = -Math.log(1 - random.nextDouble()) * scale;
      levelOf[i] = (byte) Math.min(level, IvfParams.MAX_LEVEL - 1);
      top = Math.max(top, levelOf[i]);
    }
    for (int level = 0; level <= top; level++) {
      layers.add(new AtomicReferenceArray<>(nodes));
    }
    for (int level = 0; level <= levelOf[0]; level++) {
      layers.get(level).set(0, new int[0]);
    }
    List<Integer> tasks = tasks();
    int[] done = {0};
    Parallel.run(
        context,
        tasks,
        first -> {
          Worker worker = idle.poll();
          worker = worker == null ? new Worker() : worker;
          for (int node = first; node < Math.min(first + TASK_NODES, nodes); node++) {
            worker.insert(node);
          }
          idle.add(worker);
          return first;
        },
        _ -> {
          done[0] = Math.min(nodes, done[0] + TASK_NODES);
          progress.report("graph", done[0], nodes);
        });
    Worker worker = idle.poll();
    worker = worker == null ? new Worker() : worker;
    for (int level = 0; level <= top; level++) {
      for (int node = 0; node < nodes; node++) {
        int[] links = layers.get(level).get(node);
        if (links != null && links.length > limit(level)) {
          layers.get(level).set(node, worker.choose(node, links, limit(level)));
        }
      }
    }
    connect(worker);
    return finish(top);
  }

  /// Nodes come about in the order of their numbers. What runs at the same time lies far apart in
  /// it: nodes that are near to each other would not see each other, and miss their edges.
  private List<Integer> tasks() {
    List<Integer> tasks = new ArrayList<>();
    int early = nodes / NearOrder.EARLY;
    for (int first = 1; first < nodes; first += TASK_NODES) {
      tasks.add(first);
    }
    int from = Math.min(tasks.size(), early / TASK_NODES + 1);
    List<Integer> late = tasks.subList(from, tasks.size());
    int stretch = Math.ceilDiv(late.size(), STRETCHES);
    List<Integer> apart = new ArrayList<>(tasks.subList(0, from));
    for (int i = 0; i < stretch; i++) {
      for (int at = i; at < late.size(); at += stretch) {
        apart.add(late.get(at));
      }
    }
    return apart;
  }

  private int limit(int level) {
    return level == 0 ? 2 * m : m;
  }

  /// Copies a node's bytes to where they serve as a query.
  private byte[] query(int node, byte[] query) {
    MemorySegment.copy(codes, ValueLayout.JAVA_BYTE, (long) node * dim, query, 0, dim);
    return query;
  }

  private ReentrantLock lock(int node) {
    return locks[node % STRIPES];
  }

  /// Arrays of one thread.
  private final class Worker implements Walk.Links {
    private final Walk walk = new Walk(nodes, 4 * m);
    private float[] toNode = new float[width + 4 * m];
    private final float[] toChosen = new float[width + 4 * m];
    private final byte[] inserted = new byte[dim];
    private final byte[] compared = new byte[dim];
    private int[] pool = new int[width + 4 * m];
    private int[] rest = new int[width + 4 * m];

    @Override
    public int neighbours(int level, int node, int[] out) {
      int[] links = layers.get(level).get(node);
      if (links == null) {
        return 0;
      }
      System.arraycopy(links, 0, out, 0, links.length);
      return links.length;
    }

    @Override
    public int touch(int node) {
      int[] links = layers.getFirst().get(node);
      int all = 0;
      for (int i = 0; links != null && i < links.length; i += 16) {
        all ^= links[i];
      }
      return all;
    }

    @Override
    public int maxDegree() {
      return 4 * m;
    }

    void insert(int node) {
      byte[] bytes = query(node, inserted);
      Walk.Distances query =
          (wanted, count, out) -> ByteDistances.squares(bytes, codes, wanted, count, out);
      int from = entry;
      int top = levelOf[from];
      int level = levelOf[node];
      int near = Walk.descend(walk, this, from, top, level, query);
      int[][] chosen = new int[Math.min(level, top) + 1][];
      for (int l = chosen.length - 1; l >= 0; l--) {
        walk.start(near, query, width);
        walk.run(this, l, query, width);
        near = walk.node(0);
        chosen[l] = choose();
      }
      // From below: whoever comes down to a node must find a way on from it.
      for (int l = 0; l < chosen.length; l++) {
        link(node, l, chosen[l]);
      }
      if (level > top) {
        entryLock.lock();
        try {
          for (int l = top + 1; l <= level; l++) {
            layers.get(l).compareAndSet(node, null, new int[0]);
          }
          if (level > levelOf[entry]) {
            entry = node;
          }
        } finally {
          entryLock.unlock();
        }
      }
    }

    /// The neighbours of a new node, of what the walk has found.
    private int[] choose() {
      for (int i = 0; i < walk.size(); i++) {
        pool[i] = walk.node(i);
        toNode[i] = walk.distance(i);
      }
      return choose(walk.size(), m);
    }

    /// Links a new node and its neighbours both ways. Nobody comes to it before.
    private void link(int node, int level, int[] chosen) {
      AtomicReferenceArray<int[]> layer = layers.get(level);
      layer.set(node, chosen);
      int limit = limit(level);
      for (int other : chosen) {
        lock(other).lock();
        try {
          int[] links = layer.get(other);
          links = links == null ? new int[0] : links;
          int[] more = Arrays.copyOf(links, links.length + 1);
          more[links.length] = node;
          layer.set(other, more.length > limit + limit / 2 ? choose(other, more, limit) : more);
        } finally {
          lock(other).unlock();
        }
      }
    }

    /// The neighbours that a node keeps.
    int[] choose(int node, int[] links, int limit) {
      float[] all = new float[links.length];
      ByteDistances.squares(query(node, compared), codes, links, links.length, all);
      long[] order = new long[links.length];
      for (int i = 0; i < links.length; i++) {
        order[i] = (long) Float.floatToRawIntBits(all[i]) << 32 | i;
      }
      Arrays.sort(order);
      for (int i = 0; i < links.length; i++) {
        int at = (int) order[i];
        pool[i] = links[at];
        toNode[i] = all[at];
      }
      return choose(links.length, limit);
    }

    /// Of candidates, nearest first, those that are not nearer to one already chosen: edges in all
    /// directions, also out of a crowd of equal vectors.
    private int[] choose(int count, int limit) {
      int[] chosen = new int[limit];
      int size = 0;
      int rejected = 0;
      int left = count;
      int[] spare = new int[count];
      while (left > 0 && size < limit) {
        int next = pool[0];
        chosen[size++] = next;
        if (size == limit) {
          break;
        }
        for (int i = 1; i < left; i++) {
          rest[i - 1] = pool[i];
        }
        left--;
        ByteDistances.squaresOfLoaded(query(next, compared), codes, rest, left, toChosen);
        int kept = 0;
        for (int i = 0; i < left; i++) {
          float d = toNode[i + 1];
          if (toChosen[i] > d || (toChosen[i] == d && d > 0)) {
            pool[kept] = rest[i];
            toNode[kept++] = d;
          } else {
            spare[rejected++] = rest[i];
          }
        }
        left = kept;
      }
      // Few directions: fill up with near ones, which cost little and help to find their like.
      int wanted = Math.min(limit / 2, count);
      for (int i = 0; i < rejected && size < wanted; i++) {
        chosen[size++] = spare[i];
      }
      return Arrays.copyOf(chosen, size);
    }
  }

  /// Gives nodes that cannot be reached on the lowest level an edge from one that can.
  private void connect(Worker worker) {
    AtomicReferenceArray<int[]> layer = layers.getFirst();
    boolean[] reached = new boolean[nodes];
    int[] stack = new int[nodes];
    int[] incoming = new int[nodes];
    for (int node = 0; node < nodes; node++) {
      for (int link : links(layer, node)) {
        incoming[link]++;
      }
    }
    int bottom = entry;
    reach(layer, bottom, reached, stack);
    for (int node = 0; node < nodes; node++) {
      if (reached[node]) {
        continue;
      }
      byte[] bytes = query(node, worker.inserted);
      Walk.Distances query =
          (wanted, count, out) -> ByteDistances.squares(bytes, codes, wanted, count, out);
      worker.walk.start(bottom, query, width);
      worker.walk.run(worker, 0, query, width);
      int host = -1;
      for (int i = 0; i < worker.walk.size() && host < 0; i++) {
        int candidate = worker.walk.node(i);
        int[] links = links(layer, candidate);
        int last = links.length < 2 * m ? links.length : replaceable(links, incoming);
        if (reached[candidate] && last >= 0) {
          host = candidate;
          int[] more = Arrays.copyOf(links, Math.max(links.length, last + 1));
          if (last < links.length) {
            incoming[links[last]]--;
          }
          more[last] = node;
          incoming[node]++;
          layer.set(candidate, more);
        }
      }
      if (host >= 0) {
        reach(layer, node, reached, stack);
      }
    }
  }

  /// The farthest neighbour that others lead to as well.
  private static int replaceable(int[] links, int[] incoming) {
    for (int i = links.length - 1; i >= links.length / 2; i--) {
      if (incoming[links[i]] > 3) {
        return i;
      }
    }
    return -1;
  }

  private static int[] links(AtomicReferenceArray<int[]> layer, int node) {
    int[] links = layer.get(node);
    return links == null ? new int[0] : links;
  }

  private static void reach(
      AtomicReferenceArray<int[]> layer, int from, boolean[] reached, int[] stack) {
    int size = 0;
    stack[size++] = from;
    reached[from] = true;
    while (size > 0) {
      for (int link : links(layer, stack[--size])) {
        if (!reached[link]) {
          reached[link] = true;
          stack[size++] = link;
        }
      }
    }
  }

  private Graph finish(int top) {
    int[][] levels = new int[top + 1][];
    int[][][] neighbours = new int[top + 1][][];
    for (int level = 0; level <= top; level++) {
      int count = 0;
      int[] on = new int[nodes];
      for (int node = 0; node < nodes; node++) {
        if (levelOf[node] >= level) {
          on[count++] = node;
        }
      }
      levels[level] = Arrays.copyOf(on, count);
      neighbours[level] = new int[count][];
      for (int i = 0; i < count; i++) {
        neighbours[level][i] = links(layers.get(level), on[i]);
      }
    }
    return new Graph(entry, levels, neighbours);
  }
}
