package io.lancelot.index.text;

import io.lancelot.base.CorruptDataException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// The tokens of a partition in the order of their bytes, with their numbers. Immutable but for
/// what is noted when it is first asked for. Thread-safe.
final class Dictionary {

  private final byte[] bytes;
  private final int[] starts;
  private final int[] ids;

  /// Positions by hash, to find a token in one step; -1 where there is none.
  private final int[] table;

  private volatile @Nullable Beginnings beginnings;

  /// How tokens begin alike.
  ///
  /// @param shared bytes of each token that the one before begins with, too, up to 255
  /// @param least the least of these for so many tokens at once
  private record Beginnings(byte[] shared, byte[] least) {
    static final int TOGETHER = 64;
    static final int MOST = 255;

    long heldBytes() {
      return shared.length + least.length;
    }
  }

  private Dictionary(byte[] bytes, int[] starts, int[] ids) {
    this.bytes = bytes;
    this.starts = starts;
    this.ids = ids;
    int size = Integer.highestOneBit(Math.max(4, ids.length)) * 4;
    this.table = new int[size];
    Arrays.fill(table, -1);
    for (int i = 0; i < ids.length; i++) {
      int slot = hash(bytes, starts[i], starts[i + 1]) & size - 1;
      while (table[slot] >= 0) {
        slot = slot + 1 & size - 1;
      }
      table[slot] = i;
    }
  }

  private static int hash(byte[] bytes, int from, int to) {
    int hash = 0;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + bytes[i];
    }
    hash *= 0x9E3779B1;
    return hash ^ hash >>> 15;
  }

  int size() {
    return ids.length;
  }

  long heldBytes() {
    Beginnings known = beginnings;
    return bytes.length
        + 4L * (starts.length + ids.length + table.length)
        + (known == null ? 0 : known.heldBytes());
  }

  private Beginnings beginnings() {
    Beginnings known = beginnings;
    if (known == null) {
      byte[] shared = new byte[ids.length];
      byte[] least = new byte[ids.length / Beginnings.TOGETHER + 1];
      Arrays.fill(least, (byte) Beginnings.MOST);
      for (int i = 1; i < shared.length; i++) {
        // Two tokens are never the same.
        int same =
            Arrays.mismatch(bytes, starts[i - 1], starts[i], bytes, starts[i], starts[i + 1]);
        shared[i] = (byte) Math.min(same, Beginnings.MOST);
        int group = i / Beginnings.TOGETHER;
        if ((shared[i] & 0xff) < (least[group] & 0xff)) {
          least[group] = shared[i];
        }
      }
      known = new Beginnings(shared, least);
      beginnings = known;
    }
    return known;
  }

  /// How many bytes a token and the one before begin with alike, or 255 where these are more.
  int shared(int index) {
    return beginnings().shared[index] & 0xff;
  }

  /// The first token behind those that begin like one in so many bytes; the next one where the
  /// bytes are too many to tell.
  int behind(int index, int length) {
    int i = index + 1;
    if (length > Beginnings.MOST) {
      return i;
    }
    Beginnings known = beginnings();
    while (i < ids.length && (known.shared[i] & 0xff) >= length) {
      i++;
      while (i % Beginnings.TOGETHER == 0
          && i < ids.length
          && (known.least[i / Beginnings.TOGETHER] & 0xff) >= length) {
        i += Beginnings.TOGETHER;
      }
    }
    return Math.min(i, ids.length);
  }

  /// The number of a token; -1 if it is not there.
  int id(byte[] token) {
    int slot = hash(token, 0, token.length) & table.length - 1;
    while (table[slot] >= 0) {
      int i = table[slot];
      if (Arrays.equals(bytes, starts[i], starts[i + 1], token, 0, token.length)) {
        return ids[i];
      }
      slot = slot + 1 & table.length - 1;
    }
    return -1;
  }

  int id(int index) {
    return ids[index];
  }

  String text(int index) {
    return new String(
        bytes, starts[index], starts[index + 1] - starts[index], StandardCharsets.UTF_8);
  }

  byte[] bytes() {
    return bytes;
  }

  int start(int index) {
    return starts[index];
  }

  int end(int index) {
    return starts[index + 1];
  }

  /// The first token at or after some bytes.
  int lowerBound(byte[] wanted, int from, int to) {
    int low = 0;
    int high = ids.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Arrays.compareUnsigned(bytes, starts[middle], starts[middle + 1], wanted, from, to) < 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low;
  }

  /// Every token's number, in the order of the tokens.
  void forEachId(IntConsumer each) {
    for (int id : ids) {
      each.accept(id);
    }
  }

  /// Takes tokens one by one, in the order of their bytes.
  static final class Builder {
    private final GrowingBytes bytes = new GrowingBytes(1 << 12);
    private int[] starts = new int[1 << 8];
    private int[] ids = new int[1 << 8];
    private int count;
    private final String where;

    Builder(String where) {
      this.where = where;
    }

    void add(byte[] token, int from, int to, long id) {
      if (count > 0
          && Arrays.compareUnsigned(bytes.bytes, starts[count - 1], bytes.length, token, from, to)
              >= 0) {
        throw new CorruptDataException(
            "token set: expected=tokens in order, found one out of order (path=" + where + ")");
      }
      if (id < 0 || id >= Integer.MAX_VALUE) {
        throw new CorruptDataException(
            "token number: expected=0 to 2^31, found=" + id + " (path=" + where + ")");
      }
      if (count + 1 >= starts.length) {
        starts = Arrays.copyOf(starts, 2 * starts.length);
        ids = Arrays.copyOf(ids, starts.length);
      }
      starts[count] = bytes.length;
      ids[count++] = (int) id;
      bytes.reserve(to - from);
      System.arraycopy(token, from, bytes.bytes, bytes.length, to - from);
      bytes.length += to - from;
    }

    Dictionary build() {
      int[] bounds = Arrays.copyOf(starts, count + 1);
      bounds[count] = bytes.length;
      return new Dictionary(bytes.toArray(), bounds, Arrays.copyOf(ids, count));
    }
  }
}
