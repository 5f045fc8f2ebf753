package io.lancelot.index.scalar;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Types;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexSource;
import io.lancelot.index.RowSet;
import java.util.function.IntPredicate;

/// Stretches of rows of one fragment: what zone maps and bloom filters speak of.
///
/// @param fragments of each zone
/// @param starts the first row of each within its fragment
/// @param lengths rows of each, deleted ones in between included
record Zones(long[] fragments, long[] starts, long[] lengths) {

  static final int DEFAULT_ROWS = 8192;
  static final String FRAGMENT = "fragment_id";
  static final String START = "zone_start";
  static final String LENGTH = "zone_length";

  /// The name of the entry that points at the rows with nulls.
  static final String NULLS_KEY = "null_bitmap";

  static Zones of(SegmentFile file) {
    long[] fragments = file.numbers(FRAGMENT, Types.UINT64);
    long[] starts = file.numbers(START, Types.UINT64);
    DataType lengthType = file.type(LENGTH).equals(Types.UINT32) ? Types.UINT32 : Types.UINT64;
    long[] lengths = file.numbers(LENGTH, lengthType);
    for (int i = 0; i < fragments.length; i++) {
      if (fragments[i] < 0
          || fragments[i] >= 1L << 32
          || starts[i] < 0
          || lengths[i] < 0
          || starts[i] > (1L << 32) - 1
          || lengths[i] > (1L << 32) - starts[i]) {
        throw new CorruptDataException(
            "zone "
                + i
                + ": expected=rows of a fragment, found="
                + Long.toUnsignedString(starts[i])
                + "+"
                + Long.toUnsignedString(lengths[i])
                + " of "
                + Long.toUnsignedString(fragments[i])
                + " "
                + file.place());
      }
    }
    return new Zones(fragments, starts, lengths);
  }

  int count() {
    return fragments.length;
  }

  /// The rows of the zones that pass.
  RowSet rows(IntPredicate passes) {
    RowSet.Builder rows = new RowSet.Builder();
    for (int i = 0; i < fragments.length; i++) {
      if (passes.test(i)) {
        rows.addRange((int) fragments[i], starts[i], starts[i] + lengths[i]);
      }
    }
    return rows.build();
  }

  /// Takes the rows of a build zone by zone.
  interface Builder {
    /// Rows `[from, to)` of a column belong to the zone under way.
    void add(Column values, int from, int to);

    /// The zone under way ends.
    void end(long fragment, long start, long length);
  }

  /// Cuts a source into zones.
  ///
  /// @return the rows with nulls
  static RowSet build(
      IndexSource source, long zoneRows, IndexFiles into, BuildProgress progress, Builder builder) {
    RowSet.Builder nulls = new RowSet.Builder();
    long done = 0;
    for (IndexSource.Part part : source.parts()) {
      long first = -1;
      long last = -1;
      long end = zoneRows;
      try (BatchStream rows = source.rows(part);
          Scratch work = into.context().memory().scratch()) {
        for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
          work.reset();
          Column values = batch.column(0);
          FixedColumn addresses = (FixedColumn) batch.column(IndexSource.ROW_ADDRESS);
          int from = 0;
          for (int i = 0; i < batch.rowCount(); i++) {
            long row = addresses.longAt(i) & 0xFFFF_FFFFL;
            if (values.isNull(i)) {
              nulls.add(addresses.longAt(i));
            }
            if (row >= end) {
              builder.add(values, from, i);
              if (first >= 0) {
                builder.end(part.id(), first, last - first + 1);
              }
              from = i;
              first = -1;
              end = (row / zoneRows + 1) * zoneRows;
            }
            if (first < 0) {
              first = row;
            }
            last = row;
          }
          builder.add(values, from, batch.rowCount());
          done += batch.rowCount();
          progress.report("zones", done, source.rowCount());
        }
      }
      if (first >= 0) {
        builder.end(part.id(), first, last - first + 1);
      }
    }
    return nulls.build();
  }
}
