package io.lancelot.index.text;

import io.lancelot.base.CorruptDataException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/// Reads a token set written as a transducer: a graph of bytes whose paths are the tokens and whose
/// outputs add up to their numbers. Format: lance-format section 4.12.2.
final class Fst {

  private static final String COMMON =
      "te/oasripcnw.hlm-du012g=:bf3y5&_4v9678k%?xCDASFIBEjPTzRNM+LOqHGWUVZJYX";
  private static final int MAX_DEPTH = 1 << 16;

  private final byte[] data;
  private final String where;
  private final Dictionary.Builder out;
  private byte[] key = new byte[64];
  private long visited;

  private Fst(byte[] data, String where) {
    this.data = data;
    this.where = where;
    this.out = new Dictionary.Builder(where);
  }

  /// @throws CorruptDataException if the bytes are damaged
  static Dictionary read(byte[] data, String where) {
    if (data.length < 36) {
      throw damaged("at least 36 bytes", data.length, where);
    }
    ByteBuffer in = ByteBuffer.wrap(data).order(ByteOrder.LITTLE_ENDIAN);
    if (in.getLong(0) != 3) {
      throw damaged("version 3", in.getLong(0), where);
    }
    long count = in.getLong(data.length - 20);
    long root = in.getLong(data.length - 12);
    if (root < 0 || root >= data.length - 20) {
      throw damaged("root below " + (data.length - 20), root, where);
    }
    Fst fst = new Fst(data, where);
    try {
      fst.walk((int) root, 0, 0);
    } catch (IndexOutOfBoundsException e) {
      throw new CorruptDataException("token set: broken node (path=" + where + ")", e);
    }
    Dictionary tokens = fst.out.build();
    if (tokens.size() != count) {
      throw damaged(count + " tokens", tokens.size(), where);
    }
    return tokens;
  }

  private static CorruptDataException damaged(String expected, long found, String where) {
    return new CorruptDataException(
        "token set: expected=" + expected + ", found=" + found + " (path=" + where + ")");
  }

  private long number(int at, int size) {
    long value = 0;
    for (int i = size - 1; i >= 0; i--) {
      value = value << 8 | data[at + i] & 0xff;
    }
    return value;
  }

  private void walk(int address, int depth, long output) {
    if (++visited > 1L << 31 || depth > MAX_DEPTH) {
      throw damaged("a graph that ends", depth, where);
    }
    if (address == 0) {
      out.add(key, 0, depth, output);
      return;
    }
    int state = data[address] & 0xff;
    if (state >>> 6 >= 2) {
      single(address, state, depth, output);
    } else {
      many(address, state, depth, output);
    }
  }

  private void single(int address, int state, int depth, long output) {
    int common = state & 0x3f;
    int at = address;
    int input;
    if (common == 0) {
      input = data[--at] & 0xff;
    } else {
      input = COMMON.charAt(common - 1);
    }
    if (state >>> 6 == 3) {
      step(input, at - 1, depth, output);
      return;
    }
    int sizes = data[--at] & 0xff;
    int pointerBytes = sizes >>> 4;
    int outputBytes = sizes & 15;
    at -= pointerBytes;
    long delta = number(at, pointerBytes);
    at -= outputBytes;
    long more = number(at, outputBytes);
    step(input, target(at, delta), depth, output + more);
  }

  private int target(int end, long delta) {
    if (delta == 0) {
      return 0;
    }
    if (delta > end) {
      throw damaged("a node before this one", delta, where);
    }
    return (int) (end - delta);
  }

  private void step(int input, int target, int depth, long output) {
    if (depth == key.length) {
      key = Arrays.copyOf(key, 2 * depth);
    }
    key[depth] = (byte) input;
    walk(target, depth + 1, output);
  }

  private void many(int address, int state, int depth, long output) {
    boolean last = (state & 0x40) != 0;
    int at = address;
    int count = state & 0x3f;
    if (count == 0) {
      count = data[--at] & 0xff;
      if (count == 1) {
        count = 256;
      }
    }
    int sizes = data[--at] & 0xff;
    int pointerBytes = sizes >>> 4;
    int outputBytes = sizes & 15;
    if (count > 32) {
      at -= 256;
    }
    int inputs = at - count;
    int pointers = inputs - count * pointerBytes;
    int outputs = pointers - count * outputBytes;
    int end = last && outputBytes > 0 ? outputs - outputBytes : outputs;
    if (last) {
      out.add(key, 0, depth, output + (outputBytes > 0 ? number(end, outputBytes) : 0));
    }
    // Transitions lie in descending order of address: the first one is the highest.
    for (int i = 0; i < count; i++) {
      int input = data[at - 1 - i] & 0xff;
      long delta = number(inputs - (i + 1) * pointerBytes, pointerBytes);
      long more = number(pointers - (i + 1) * outputBytes, outputBytes);
      step(input, target(end, delta), depth, output + more);
    }
  }
}
