package io.lancelot.index.scalar;

import io.lancelot.base.CorruptDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Comparator;
import java.util.PriorityQueue;
import org.jspecify.annotations.Nullable;

/// A Huffman code of bytes as a tree: nodes by number, 0 is the root; a byte is the end of a path
/// of turns to the left and right. Format: lance-format section 4.11, `tree_topology` and
/// `huffman_codes` of FM indices.
final class HuffmanTree {

  static final int BYTES = 256;

  /// Codes nothing.
  static final HuffmanTree EMPTY = new HuffmanTree(new int[0], new int[0], "");

  /// The format keeps the turns to a byte in 32 bits.
  private static final int MAX_DEPTH = 32;

  private static final byte NODE = 0;
  private static final byte LEAF = 1;

  /// What is to the left and right of each node: another node, or `~byte`.
  private final int[] left;

  private final int[] right;

  /// The nodes from the root to each byte; null for bytes without a place.
  private final int[] @Nullable [] paths = new int[BYTES][];

  private HuffmanTree(int[] left, int[] right, String place) {
    this.left = left;
    this.right = right;
    if (left.length > 0 && follow(0, new int[left.length], 0, place) != left.length) {
      throw bad("each node once", "fewer", place);
    }
  }

  /// Notes the paths below a node; returns how many nodes there are.
  private int follow(int node, int[] path, int depth, String place) {
    if (depth == path.length) {
      throw bad("each node once", "a circle", place);
    }
    path[depth] = node;
    int nodes = 1;
    for (int child : new int[] {left[node], right[node]}) {
      if (child >= left.length || child < -BYTES) {
        throw bad("nodes below " + left.length + " and bytes", child, place);
      }
      if (child >= 0) {
        nodes += follow(child, path, depth + 1, place);
      } else if (paths[~child] != null) {
        throw bad("each byte once", ~child, place);
      } else {
        paths[~child] = java.util.Arrays.copyOf(path, depth + 1);
      }
    }
    return nodes;
  }

  private static CorruptDataException bad(String expected, Object found, String place) {
    return new CorruptDataException(
        "tree of bytes: expected=" + expected + ", found=" + found + " " + place);
  }

  /// The best code for bytes that occur so often.
  ///
  /// @param counts of each byte; at least two are not zero
  static HuffmanTree of(long[] counts) {
    long[] weights = counts.clone();
    while (true) {
      HuffmanTree tree = new Planter(weights).tree();
      if (tree.depth() <= MAX_DEPTH) {
        return tree;
      }
      for (int i = 0; i < BYTES; i++) {
        weights[i] = weights[i] == 0 ? 0 : Math.max(1, weights[i] / 2);
      }
    }
  }

  private int depth() {
    int depth = 0;
    for (int[] path : paths) {
      depth = path == null ? depth : Math.max(depth, path.length);
    }
    return depth;
  }

  int nodes() {
    return left.length;
  }

  int left(int node) {
    return left[node];
  }

  int right(int node) {
    return right[node];
  }

  /// The nodes from the root to a byte; null if it has no place.
  int @Nullable [] path(int letter) {
    return paths[letter];
  }

  /// Whether the path to a byte turns right at one of its nodes.
  boolean turnsRight(int[] path, int level, int letter) {
    return right[path[level]] == (level + 1 < path.length ? path[level + 1] : ~letter);
  }

  /// The turns on the path to a byte, 1 for right, the last one lowest.
  int turns(int letter) {
    int[] path = paths[letter];
    int turns = 0;
    for (int level = 0; path != null && level < path.length; level++) {
      turns = turns << 1 | (turnsRight(path, level, letter) ? 1 : 0);
    }
    return turns;
  }

  static HuffmanTree parse(byte[] topology, int nodes, String place) {
    ByteBuffer in = ByteBuffer.wrap(topology).order(ByteOrder.LITTLE_ENDIAN);
    if (topology.length != 4 + 10 * nodes || in.getInt() != nodes) {
      throw bad(nodes + " nodes", topology.length + " bytes", place);
    }
    int[][] children = new int[2][nodes];
    for (int i = 0; i < 2 * nodes; i++) {
      byte kind = in.get();
      int number = in.getInt();
      if (kind != NODE && kind != LEAF || number < 0 || number >= BYTES) {
        throw bad("a node or byte", kind + "/" + number, place);
      }
      children[i % 2][i / 2] = kind == NODE ? number : ~number;
    }
    return new HuffmanTree(children[0], children[1], place);
  }

  /// What [#parse] reads.
  byte[] topology() {
    ByteBuffer out = ByteBuffer.allocate(4 + 10 * nodes()).order(ByteOrder.LITTLE_ENDIAN);
    out.putInt(nodes());
    for (int i = 0; i < nodes(); i++) {
      for (int child : new int[] {left[i], right[i]}) {
        out.put(child < 0 ? LEAF : NODE).putInt(child < 0 ? ~child : child);
      }
    }
    return out.array();
  }

  /// For each byte its turns, their number, and the nodes passed.
  byte[] codes() {
    int bytes = 0;
    for (int[] path : paths) {
      bytes += 7 + (path == null ? 0 : 4 * path.length);
    }
    ByteBuffer out = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    for (int letter = 0; letter < BYTES; letter++) {
      int[] path = paths[letter];
      path = path == null ? new int[0] : path;
      out.putInt(turns(letter)).put((byte) path.length).putShort((short) path.length);
      for (int node : path) {
        out.putInt(node);
      }
    }
    return out.array();
  }

  /// Joins the two rarest until all are one, and numbers nodes from the root on, left first.
  private static final class Planter {
    private record Part(
        long count, int age, int letter, @Nullable Part left, @Nullable Part right) {}

    private final PriorityQueue<Part> parts =
        new PriorityQueue<>(Comparator.comparingLong(Part::count).thenComparingInt(Part::age));

    private final int[] left;
    private final int[] right;
    private int next;

    Planter(long[] counts) {
      int age = 0;
      for (int i = 0; i < BYTES; i++) {
        if (counts[i] > 0) {
          parts.add(new Part(counts[i], age++, i, null, null));
        }
      }
      left = new int[parts.size() - 1];
      right = new int[parts.size() - 1];
      while (parts.size() > 1) {
        Part a = parts.remove();
        Part b = parts.remove();
        parts.add(new Part(a.count + b.count, age++, 0, a, b));
      }
    }

    HuffmanTree tree() {
      number(parts.element());
      return new HuffmanTree(left, right, "");
    }

    private int number(Part part) {
      if (part.left == null || part.right == null) {
        return ~part.letter;
      }
      int own = next++;
      left[own] = number(part.left);
      right[own] = number(part.right);
      return own;
    }
  }
}
