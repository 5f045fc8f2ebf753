package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.Memory;
import io.lancelot.storage.MemoryStore;
import io.lancelot.storage.ObjectReader;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.roaringbitmap.RoaringBitmap;

class DeletionVectorsTest {

  private static final int ROWS = 100_000;

  private final Memory memory = Memory.ofLimit(16 << 20);
  private final MemoryStore store = MemoryStore.create();
  private final TableRoot root = new TableRoot(store, "t.lance");

  private DeletionFile write(RoaringBitmap rows) {
    return DeletionVectors.write(root, 4, 9, -2, rows, new WrittenFiles(store), memory);
  }

  private RoaringBitmap read(DeletionFile file, long physicalRows) {
    return DeletionVectors.read(store, root.deletion(file.fileName(4)), file, physicalRows, memory);
  }

  private static RoaringBitmap random(int count, long seed) {
    RoaringBitmap rows = new RoaringBitmap();
    new SplittableRandom(seed).ints(0, ROWS).distinct().limit(count).forEach(rows::add);
    return rows;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 4999, 5000, 5001, 50_000})
  void rowsAreReadAsWritten(int count) {
    RoaringBitmap rows = random(count, count);
    DeletionFile file = write(rows);
    assertThat(file.kind())
        .isEqualTo(count <= 5000 ? DeletionFile.Kind.ARROW : DeletionFile.Kind.BITMAP);
    assertThat(file.deletedRows()).isEqualTo(count);
    assertThat(file.fileName(4))
        .isEqualTo("4-9-18446744073709551614." + (count <= 5000 ? "arrow" : "bin"));
    assertThat(read(file, ROWS)).isEqualTo(rows);
    assertThat(memory.usedBytes()).isZero();
  }

  @Test
  void countAndRangeAreChecked() {
    DeletionFile file = write(RoaringBitmap.bitmapOf(1, 2, 50));
    assertThatThrownBy(() -> read(file, 50))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("expected=rows below 50, found=50")
        .hasMessageContaining("4-9-18446744073709551614.arrow");
    DeletionFile other = new DeletionFile(file.kind(), 9, -2, 4, OptionalInt.empty());
    assertThatThrownBy(() -> read(other, 100))
        .isInstanceOf(CorruptDataException.class)
        .hasMessageContaining("expected=4, found=3");
  }

  @ParameterizedTest
  @ValueSource(ints = {700, 9000})
  void damageIsATypedErrorOrOtherRows(int count) {
    DeletionFile file = write(random(count, 1));
    String path = root.deletion(file.fileName(4));
    byte[] whole;
    try (ObjectReader reader = store.open(path);
        Arena arena = Arena.ofConfined()) {
      whole = reader.view(0, reader.sizeBytes(), arena).toArray(ValueLayout.JAVA_BYTE);
    }
    long seed = Long.getLong("lancelot.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 1000; i++) {
      byte[] damaged =
          i % 2 == 0 ? java.util.Arrays.copyOf(whole, random.nextInt(whole.length)) : whole.clone();
      if (i % 2 == 1) {
        // Most often near the start, where the structure is.
        int reach = random.nextBoolean() ? Math.min(400, whole.length) : whole.length;
        damaged[random.nextInt(reach)] ^= (byte) (1 << random.nextInt(8));
      }
      store.put(path, MemorySegment.ofArray(damaged));
      try {
        assertThat(read(file, ROWS).getLongCardinality()).as("seed=%d", seed).isEqualTo(count);
      } catch (LancelotException _) {
        // as it should be
      } catch (RuntimeException e) {
        throw new AssertionError("seed=" + seed + ", round=" + i, e);
      }
    }
    assertThat(memory.usedBytes()).isZero();
  }
}
