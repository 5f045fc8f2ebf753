package io.lancelot.index.vector;

import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.ListColumn;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/// The edges of a partition's graph as they lie in the file.
final class GraphLinks implements Walk.Links {

  private final ListColumn neighbours;
  private final FixedColumn items;

  /// For each level above the lowest, its nodes (upper half) and their rows, ascending.
  private final List<long[]> rowsOfNodes = new ArrayList<>();

  /// For each node where its neighbours on the lowest level begin (upper half) and how many there
  /// are: one look-up instead of two.
  private final long[] places;

  private final int nodes;
  private final int entry;
  private final int maxDegree;
  private final ConcurrentLinkedQueue<Walk> idle = new ConcurrentLinkedQueue<>();

  /// @param json the partition's entry of `lance:hnsw`
  GraphLinks(FixedColumn ids, ListColumn neighbours, int nodes, String json, String path) {
    this.neighbours = neighbours;
    this.items = (FixedColumn) neighbours.items();
    this.nodes = nodes;
    Map<String, @Nullable Object> map = Wire.parseObject(json, path);
    this.entry = Wire.intOf(map, "entry_point", 0, nodes - 1, path);
    if (!(map.get("level_offsets") instanceof List<?> offsets) || offsets.size() < 2) {
      throw Wire.corrupt("level_offsets", "a list", String.valueOf(map), path);
    }
    int[] starts = new int[offsets.size()];
    for (int i = 0; i < starts.length; i++) {
      if (!(offsets.get(i) instanceof Long start)
          || start < (i == 0 ? 0 : starts[i - 1])
          || start > ids.length()) {
        throw Wire.corrupt("level_offsets", "ascending rows", offsets, path);
      }
      starts[i] = (int) (long) start;
    }
    int degree = 1;
    for (int i = 0; i < neighbours.length(); i++) {
      degree = Math.max(degree, neighbours.offset(i + 1) - neighbours.offset(i));
    }
    this.maxDegree = degree;
    checkItems(path);
    this.places = bottom(ids, starts[0], starts[1], path);
    for (int level = 1; level + 1 < starts.length && starts[level + 1] > starts[level]; level++) {
      rowsOfNodes.add(upper(ids, starts[level], starts[level + 1], path));
    }
  }

  private void checkItems(String path) {
    for (int i = 0; i < items.length(); i++) {
      int node = items.intAt(i);
      if (node < 0 || node >= nodes) {
        throw Wire.corrupt(
            "graph neighbour", "below " + nodes, Integer.toUnsignedString(node), path);
      }
    }
  }

  private long[] bottom(FixedColumn ids, int from, int to, String path) {
    long[] found = new long[nodes];
    for (int row = from; row < to; row++) {
      found[checked(ids.intAt(row), path)] = place(row);
    }
    return found;
  }

  private long place(int row) {
    int start = neighbours.offset(row);
    return (long) start << 32 | neighbours.offset(row + 1) - start;
  }

  private long[] upper(FixedColumn ids, int from, int to, String path) {
    long[] rows = new long[to - from];
    for (int row = from; row < to; row++) {
      rows[row - from] = (long) checked(ids.intAt(row), path) << 32 | row;
    }
    Arrays.sort(rows);
    return rows;
  }

  private int checked(int node, String path) {
    if (node < 0 || node >= nodes) {
      throw Wire.corrupt("graph node", "below " + nodes, Integer.toUnsignedString(node), path);
    }
    return node;
  }

  int entry() {
    return entry;
  }

  /// Nodes from which searches may start: those of the lowest level that has no more than so many,
  /// or else the entry.
  int[] entries(int most) {
    for (long[] rows : rowsOfNodes) {
      if (rows.length <= most) {
        return Arrays.stream(rows).mapToInt(row -> (int) (row >>> 32)).toArray();
      }
    }
    return new int[] {entry};
  }

  /// For each node how many others lead to it on the lowest level.
  int[] incoming() {
    int[] counts = new int[nodes];
    int[] links = new int[maxDegree];
    for (int node = 0; node < nodes; node++) {
      int count = neighbours(0, node, links);
      for (int i = 0; i < count; i++) {
        counts[links[i]]++;
      }
    }
    return counts;
  }

  int topLevel() {
    return rowsOfNodes.size();
  }

  long heldBytes() {
    return 8L * nodes + rowsOfNodes.stream().mapToLong(rows -> 8L * rows.length).sum();
  }

  @Override
  public int neighbours(int level, int node, int[] out) {
    long place;
    if (level == 0) {
      place = places[node];
    } else {
      long[] rows = rowsOfNodes.get(level - 1);
      int at = Arrays.binarySearch(rows, (long) node << 32);
      at = at < 0 ? -at - 1 : at;
      if (at == rows.length || rows[at] >>> 32 != node) {
        return 0;
      }
      place = place((int) rows[at]);
    }
    int count = (int) place;
    long from = 4 * (place >>> 32);
    MemorySegment all = items.data();
    for (int i = 0; i < count; i++) {
      out[i] = all.get(FixedColumn.INT, from + 4L * i);
    }
    return count;
  }

  @Override
  public int touch(int node) {
    long place = places[node];
    int count = (int) place;
    long from = 4 * (place >>> 32);
    int all = 0;
    for (int i = 0; i < count; i += 16) {
      all ^= items.data().get(FixedColumn.INT, from + 4L * i);
    }
    return all;
  }

  @Override
  public int maxDegree() {
    return maxDegree;
  }

  /// A walk to be given back.
  Walk walk() {
    Walk walk = idle.poll();
    return walk == null ? new Walk(nodes, maxDegree) : walk;
  }

  void giveBack(Walk walk) {
    idle.add(walk);
  }
}
