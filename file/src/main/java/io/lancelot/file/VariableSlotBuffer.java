package io.lancelot.file;

import io.lancelot.base.Memory;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/// Text and bytes.
final class VariableSlotBuffer extends SlotBuffer {

  private static final long MAX_BYTES = Integer.MAX_VALUE - 64;

  private final boolean large;
  private final boolean text;
  private final String path;
  private final WriteBuffer offsets;
  private final WriteBuffer data;
  private int count;

  VariableSlotBuffer(boolean large, boolean text, String path, Memory memory) {
    this.large = large;
    this.text = text;
    this.path = path;
    this.offsets = new WriteBuffer(memory);
    this.data = new WriteBuffer(memory);
  }

  @Override
  boolean mustFlushBefore(Column column) {
    VarColumn values = (VarColumn) column;
    long bytes = values.offset(values.length()) - values.offset(0);
    if (bytes > MAX_BYTES) {
      throw new ResourceExhaustedException(
          "value too large: expected<="
              + MAX_BYTES
              + " bytes, found="
              + bytes
              + " (column="
              + path
              + ")");
    }
    return data.size() + bytes > MAX_BYTES;
  }

  @Override
  void append(Column column, LevelItems items) {
    VarColumn values = (VarColumn) column;
    int live = items.live();
    Math.addExact(count, live);
    if (live == 0) {
      return;
    }
    if (count == 0) {
      offsets.appendInt(0);
    }
    short[] defs = items.slotDefs();
    if (items.positions() == null && (defs == null || noBytesUnderNulls(values, defs))) {
      appendAll(values);
    } else {
      appendRuns(values, items.positions(), live, defs);
    }
    count += live;
  }

  private static boolean noBytesUnderNulls(VarColumn values, short[] defs) {
    long sum = 0;
    for (int i = 0; i < values.length(); i++) {
      if (defs[i] != 0) {
        sum |= values.byteLength(i);
      }
    }
    return sum == 0;
  }

  private void appendAll(VarColumn values) {
    int length = values.length();
    long first = values.offset(0);
    long bytes = values.offset(length) - first;
    int shift = (int) (data.size() - first);
    data.append(values.data(), first, bytes);
    long at = offsets.extend(4L * length);
    MemorySegment target = offsets.segment();
    MemorySegment given = values.offsets();
    if (values.large()) {
      for (int i = 0; i < length; i++) {
        target.set(
            FixedColumn.INT, at + 4L * i, (int) given.get(FixedColumn.LONG, 8L * i + 8) + shift);
      }
    } else {
      for (int i = 0; i < length; i++) {
        target.set(FixedColumn.INT, at + 4L * i, given.get(FixedColumn.INT, 4L * i + 4) + shift);
      }
    }
  }

  private void appendRuns(
      VarColumn values, int @Nullable [] positions, int live, short @Nullable [] defs) {
    long at = offsets.extend(4L * live);
    MemorySegment target = offsets.segment();
    long end = data.size();
    long runFrom = 0;
    long runTo = 0;
    for (int i = 0; i < live; i++) {
      if (defs == null || defs[i] == 0) {
        int position = positions == null ? i : positions[i];
        long from = values.offset(position);
        long to = values.offset(position + 1);
        if (from != runTo) {
          data.append(values.data(), runFrom, runTo - runFrom);
          runFrom = from;
        }
        runTo = to;
        end += to - from;
      }
      target.set(FixedColumn.INT, at + 4L * i, (int) end);
    }
    data.append(values.data(), runFrom, runTo - runFrom);
  }

  @Override
  PageSlots slots() {
    return new PageSlots.Variable(count, large ? 64 : 32, text, offsets.bytes(), data.bytes());
  }

  @Override
  long bytes() {
    return offsets.size() + data.size();
  }

  @Override
  void clear() {
    offsets.clear();
    data.clear();
    count = 0;
  }

  @Override
  public void close() {
    offsets.close();
    data.close();
  }
}
