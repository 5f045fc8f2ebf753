package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.BlobDescriptor;
import io.lancelot.storage.LocalStore;
import io.lancelot.storage.MemoryStore;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.SeekableByteChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.roaringbitmap.RoaringBitmap;

/// Large values of tables of the real Lance: inside the data file, in an object for several, in one
/// of their own. `make_golden.py` knows the same sizes.
class BlobTest {

  private static final int NULL = -1;
  private static final int[] SIZES = {
    NULL, 0, 10, NULL, 0, 70_000, 100_000, 10, 5_000_000, NULL, 3, 0
  };

  private final Context context = Context.ofMemory(64 << 20);

  @ParameterizedTest
  @ValueSource(strings = {"blobs_20", "blobs_21", "blobs_22"})
  void nullEmptyAndLargeValuesComeBack(String name) {
    try (MemoryStore store = Golden.store(name);
        Table table = Table.open(store, name + ".lance", context)) {
      assertTaken(table);
    }
    assertThat(context.memory().usedBytes()).isZero();
  }

  @ParameterizedTest
  @ValueSource(strings = {"blobs_20", "blobs_21", "blobs_22"})
  void scansTellNullFromEmpty(String name) {
    try (MemoryStore store = Golden.store(name);
        Table table = Table.open(store, name + ".lance", context)) {
      assertScanned(table);
    }
  }

  /// lance#7955, #8069, #7716, #8082, #5115: once a row was deleted and the table compacted, empty
  /// values were null, nulls empty, or bytes in the next row; or it failed.
  @ParameterizedTest
  @ValueSource(strings = {"blobs_21", "blobs_22"})
  void compactionKeepsNullAndEmptyValues(String name) {
    try (MemoryStore store = Golden.store(name);
        Table table = Table.open(store, name + ".lance", context)) {
      Snapshot before = table.snapshot();
      List<Long> ids = Rows.longs(table, before, "id");
      long address = Rows.longs(table, before, TableScan.ROW_ADDRESS).get(ids.indexOf(3L));
      table.delete(before, Map.of(address >>> 32, RoaringBitmap.bitmapOf((int) address)), "id = 3");
      table.compact(CompactionOptions.DEFAULT.withDeletionThreshold(0));
      Snapshot after = table.snapshot();
      assertThat(after.fragments()).allMatch(fragment -> fragment.deletionFile().isEmpty());
      assertThat(Rows.longs(table, after, "id")).hasSize(ids.size() - 1).doesNotContain(3L);
      assertTaken(table);
      assertScanned(table);
    }
    assertThat(context.memory().usedBytes()).isZero();
  }

  /// All values, backwards, and one of them twice.
  private static void assertTaken(Table table) {
    Snapshot snapshot = table.snapshot();
    List<Long> ids = Rows.longs(table, snapshot, "id");
    List<Long> rowIds = Rows.longs(table, snapshot, TableScan.ROW_ID);
    List<Integer> order = new ArrayList<>();
    for (int i = ids.size() - 1; i >= 0; i--) {
      order.add(i);
    }
    order.add(0);
    long[] asked = order.stream().mapToLong(rowIds::get).toArray();
    List<@Nullable Blob> blobs = table.takeBlobs(snapshot, "b", asked);
    for (int i = 0; i < asked.length; i++) {
      int id = Math.toIntExact(ids.get(order.get(i)));
      try (Blob blob = blobs.get(i)) {
        if (SIZES[id] == NULL) {
          assertThat(blob).as("blob " + id).isNull();
          continue;
        }
        assertThat(blob).as("blob " + id).isNotNull();
        byte[] expected = new byte[SIZES[id]];
        Arrays.fill(expected, (byte) id);
        assertThat(blob.size()).isEqualTo(expected.length);
        assertThat(blob.readAll()).isEqualTo(expected);
      }
    }
  }

  private void assertScanned(Table table) {
    Snapshot snapshot = table.snapshot();
    List<Long> ids = Rows.longs(table, snapshot, "id");
    long[] addresses =
        Rows.longs(table, snapshot, TableScan.ROW_ADDRESS).stream()
            .mapToLong(Long::longValue)
            .toArray();
    try (Scratch scratch = context.memory().scratch()) {
      Batch batch = table.take(snapshot, addresses, addresses.length, List.of("b"), scratch);
      Column column = batch.columns().getFirst();
      for (int i = 0; i < addresses.length; i++) {
        int size = SIZES[Math.toIntExact(ids.get(i))];
        assertThat(column.isNull(i)).as("blob " + ids.get(i)).isEqualTo(size == NULL);
        if (size != NULL) {
          // Values, where they can only lie in the file; where they lie, in 2.2.
          long found =
              column instanceof VarColumn bytes
                  ? bytes.byteLength(i)
                  : BlobDescriptor.of((StructColumn) column, i).size();
          assertThat(found).isEqualTo(size);
        }
      }
    }
  }

  @Test
  void refusesColumnsAndRowsThatAreNotThere() {
    try (MemoryStore store = Golden.store("blobs_22");
        Table table = Table.open(store, "blobs_22.lance", context)) {
      Snapshot snapshot = table.snapshot();
      assertThatThrownBy(() -> table.takeBlobs(snapshot, "id", new long[] {0}))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("expected=one of blobs");
      assertThatThrownBy(() -> table.takeBlobs(snapshot, "c", new long[] {0}))
          .isInstanceOf(InvalidInputException.class);
      // Row 4 is deleted, row 99 never was.
      for (long row : new long[] {4, 99, 7L << 32}) {
        assertThatThrownBy(() -> table.takeBlobs(snapshot, "b", new long[] {1, row}))
            .isInstanceOf(InvalidInputException.class)
            .hasMessageContaining("row ids");
      }
    }
  }

  @Test
  void aHandleReadsLikeAFile() throws Exception {
    byte[] object = new byte[1000];
    for (int i = 0; i < object.length; i++) {
      object[i] = (byte) (i * 7);
    }
    try (MemoryStore store = MemoryStore.create()) {
      store.put("o", MemorySegment.ofArray(object));
      try (Blob blob = new Blob(() -> store.open("o"), 100, 800)) {
        assertThat(blob.readRange(10, 5)).isEqualTo(Arrays.copyOfRange(object, 110, 115));
        assertThat(blob.position()).isZero();
        blob.seek(795);
        ByteBuffer target = ByteBuffer.allocate(20);
        assertThat(blob.read(target)).isEqualTo(5);
        assertThat(target.position()).isEqualTo(5);
        assertThat(blob.read(target)).isEqualTo(-1);
        blob.seek(0);
        try (InputStream stream = blob.stream()) {
          assertThat(stream.read()).isEqualTo(object[100] & 0xFF);
          assertThat(stream.skip(9)).isEqualTo(9);
          assertThat(stream.available()).isEqualTo(790);
          assertThat(stream.readAllBytes()).isEqualTo(Arrays.copyOfRange(object, 110, 900));
          assertThat(stream.read()).isEqualTo(-1);
        }
        try (SeekableByteChannel channel = blob.channel()) {
          assertThat(channel.size()).isEqualTo(800);
          ByteBuffer direct = ByteBuffer.allocateDirect(3);
          assertThat(channel.position(2).read(direct)).isEqualTo(3);
          assertThat(direct.get(0)).isEqualTo(object[102]);
          assertThat(channel.position()).isEqualTo(5);
        }
        assertThatThrownBy(() -> blob.seek(801)).isInstanceOf(InvalidInputException.class);
        assertThatThrownBy(() -> blob.readRange(799, 2)).isInstanceOf(InvalidInputException.class);
      }
      Blob closed = new Blob(() -> store.open("o"), 0, 10);
      closed.close();
      assertThatThrownBy(() -> closed.readRange(0, 1)).isInstanceOf(InvalidInputException.class);
    }
  }

  @Test
  void aRangeOfFourGigabytesCostsLittleHeap(@TempDir Path folder) throws Exception {
    long size = 4L << 30;
    try (FileChannel file =
        FileChannel.open(
            folder.resolve("o"), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
      file.write(ByteBuffer.wrap(new byte[] {1, 2, 3}), size - 3);
    }
    try (LocalStore store = LocalStore.open(folder);
        Blob blob = new Blob(() -> store.open("o"), 0, size)) {
      var threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
      long before = threads.getCurrentThreadAllocatedBytes();
      assertThat(blob.readRange(size - 1_000_000, 1_000_000)).endsWith(1, 2, 3);
      blob.seek(size - 2);
      assertThat(blob.stream().readAllBytes()).containsExactly(2, 3);
      assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(16L << 20);
    }
  }
}
