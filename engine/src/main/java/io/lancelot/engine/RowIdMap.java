package io.lancelot.engine;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.index.RowSet;
import io.lancelot.table.ScanOptions;
import io.lancelot.table.Snapshot;
import io.lancelot.table.Table;
import io.lancelot.table.TableScan;
import java.util.Arrays;
import java.util.List;

/// Where the rows of a version with stable row ids are: runs of consecutive ids at consecutive
/// addresses.
final class RowIdMap {

  private final long[] firstIds;
  private final long[] firstAddresses;
  private final long[] counts;

  private RowIdMap(long[] firstIds, long[] firstAddresses, long[] counts) {
    this.firstIds = firstIds;
    this.firstAddresses = firstAddresses;
    this.counts = counts;
  }

  /// Reads the ids of all live rows.
  static RowIdMap of(Table table, Snapshot snapshot) {
    long[][] runs = new long[16][];
    int count = 0;
    long[] last = null;
    List<String> columns = List.of(TableScan.ROW_ID, TableScan.ROW_ADDRESS);
    try (BatchStream rows = table.scan(snapshot, ScanOptions.of(columns))) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        FixedColumn ids = (FixedColumn) batch.column(0);
        FixedColumn addresses = (FixedColumn) batch.column(1);
        for (int i = 0; i < batch.rowCount(); i++) {
          long id = ids.longAt(i);
          long address = addresses.longAt(i);
          if (last != null && id == last[0] + last[2] && address == last[1] + last[2]) {
            last[2]++;
            continue;
          }
          if (count == runs.length) {
            runs = Arrays.copyOf(runs, 2 * count);
          }
          last = new long[] {id, address, 1};
          runs[count++] = last;
        }
      }
    }
    long[][] sorted = Arrays.copyOf(runs, count);
    Arrays.sort(sorted, (a, b) -> Long.compareUnsigned(a[0], b[0]));
    long[] firstIds = new long[count];
    long[] firstAddresses = new long[count];
    long[] counts = new long[count];
    for (int i = 0; i < count; i++) {
      firstIds[i] = sorted[i][0];
      firstAddresses[i] = sorted[i][1];
      counts[i] = sorted[i][2];
    }
    return new RowIdMap(firstIds, firstAddresses, counts);
  }

  /// The addresses of rows by their ids; ids of no live row are left out.
  RowSet addresses(RowSet ids) {
    RowSet.Builder found = new RowSet.Builder();
    int[] run = {0};
    ids.forEach(id -> {
      int at = run[0];
      if (at < firstIds.length && Long.compareUnsigned(id - firstIds[at], counts[at]) >= 0) {
        at = find(id);
        run[0] = Math.max(at, 0);
      }
      if (at >= 0
          && at < firstIds.length
          && id - firstIds[at] >= 0
          && id - firstIds[at] < counts[at]) {
        found.add(firstAddresses[at] + id - firstIds[at]);
      }
    });
    return found.build();
  }

  /// The address of a row by its id; -1 if no live row has it.
  long address(long id) {
    int at = find(id);
    return at >= 0 && id - firstIds[at] < counts[at] ? firstAddresses[at] + id - firstIds[at] : -1;
  }

  /// The last run that begins at or before an id; -1 if there is none.
  private int find(long id) {
    int low = 0;
    int high = firstIds.length;
    while (low < high) {
      int middle = (low + high) >>> 1;
      if (Long.compareUnsigned(firstIds[middle], id) <= 0) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    return low - 1;
  }
}
