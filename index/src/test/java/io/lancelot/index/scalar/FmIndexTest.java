package io.lancelot.index.scalar;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.Context;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexWork;
import io.lancelot.storage.MemoryStore;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// What the parts of an FM index find is what looking at every letter finds.
class FmIndexTest {

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);
  private final Context context = Context.ofMemory(256 << 20);

  @AfterEach
  void givesAllMemoryBack() {
    assertThat(context.memory().usedBytes()).isZero();
    context.close();
  }

  /// Texts of few letters repeat themselves, which is what makes sorting hard.
  private byte[] text(int length, int letters) {
    byte[] text = new byte[length];
    for (int i = 0; i < length; i++) {
      text[i] = (byte) (i > 20 && random.nextInt(3) == 0 ? text[i - 13] : random.nextInt(letters));
    }
    return text;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 26, 254})
  void sortsSuffixes(int letters) {
    for (int round = 0; round < 60; round++) {
      byte[] text = text(1 + random.nextInt(round < 50 ? 60 : 4000), letters);
      byte[] ended = Arrays.copyOf(text, text.length + 1);
      for (int i = 0; i < text.length; i++) {
        ended[i]++;
      }
      List<Integer> expected = new ArrayList<>(IntStream.range(0, ended.length).boxed().toList());
      expected.sort(
          (a, b) -> Arrays.compareUnsigned(ended, a, ended.length, ended, b, ended.length));
      try (Scratch scratch = context.memory().scratch()) {
        MemorySegment order =
            SuffixSorter.sort(MemorySegment.ofArray(ended), ended.length, scratch);
        List<Integer> found = new ArrayList<>();
        for (int i = 0; i < ended.length; i++) {
          found.add(order.get(FixedColumn.INT, 4L * i));
        }
        assertThat(found).as("seed=%d", seed).isEqualTo(expected);
      }
    }
  }

  private static boolean holds(byte[] text, byte[] needle) {
    for (int i = 0; i + needle.length <= text.length; i++) {
      if (Arrays.equals(text, i, i + needle.length, needle, 0, needle.length)) {
        return true;
      }
    }
    return false;
  }

  private byte[] needle(List<byte[]> texts, int letters) {
    byte[] from = texts.get(random.nextInt(texts.size()));
    if (from.length == 0 || random.nextInt(4) == 0) {
      return text(1 + random.nextInt(4), letters);
    }
    int start = random.nextInt(from.length);
    byte[] needle =
        Arrays.copyOfRange(from, start, Math.min(from.length, start + 1 + random.nextInt(12)));
    if (random.nextInt(5) == 0) {
      needle[random.nextInt(needle.length)] ^= 1;
    }
    return needle;
  }

  /// Rows whose text holds a needle; those with bytes that a partition cannot tell apart are left
  /// out.
  private static TreeSet<Long> found(FmFile file, FmLetters letters, byte[] needle) {
    byte[] stored = needle.clone();
    for (int i = 0; i < stored.length; i++) {
      stored[i] = file.stored(stored[i]);
    }
    TreeSet<Long> rows = new TreeSet<>();
    letters.starts(letters.find(stored), start -> rows.add(file.row(file.textAt(start))));
    return rows;
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 26, 256})
  void findsWhatLookingAtEveryLetterFinds(int letters) {
    IndexFiles files = new IndexFiles(MemoryStore.create(), "index", context);
    List<byte[]> texts = new ArrayList<>();
    int count = 200 + random.nextInt(200);
    for (int i = 0; i < count; i++) {
      texts.add(text(random.nextInt(random.nextInt(20) == 0 ? 2000 : 40), letters));
    }
    try (FmWriter writer = new FmWriter(files)) {
      for (int i = 0; i < count; i++) {
        byte[] text = texts.get(i);
        writer.add(7L << 32 | i, MemorySegment.ofArray(text), 0, text.length);
      }
      writer.finish();
    }
    FmFile file = FmFile.open(files, FmFile.name(0));
    assertThat(file.textCount()).isEqualTo(count);
    try (Scratch scratch = context.memory().scratch()) {
      FmLetters loaded = file.load(files, scratch, new IndexWork());
      for (int round = 0; round < 150; round++) {
        byte[] needle = needle(texts, letters);
        TreeSet<Long> expected = new TreeSet<>();
        for (int i = 0; i < count; i++) {
          if (holds(texts.get(i), needle)) {
            expected.add(7L << 32 | i);
          }
        }
        TreeSet<Long> rows = found(file, loaded, needle);
        assertThat(rows.containsAll(expected)).as("seed=%d", seed).isTrue();
        if (file.findsExactly(needle)) {
          assertThat(rows).as("seed=%d", seed).isEqualTo(expected);
        }
      }
      MemorySegment restored = loaded.restored(scratch);
      for (int i = 0; i < count; i++) {
        byte[] text = texts.get(i);
        int start = file.textStart(i);
        assertThat(file.textEnd(i, restored) - start).isEqualTo(text.length);
        byte[] stored = text.clone();
        for (int j = 0; j < text.length; j++) {
          stored[j] = file.stored(text[j]);
        }
        assertThat(restored.asSlice(start, text.length).toArray(ValueLayout.JAVA_BYTE))
            .isEqualTo(stored);
      }
    }
  }

  @Test
  void writesAnEmptyPartitionForNoTexts() {
    IndexFiles files = new IndexFiles(MemoryStore.create(), "index", context);
    try (FmWriter writer = new FmWriter(files)) {
      writer.finish();
    }
    FmFile file = FmFile.open(files, FmFile.name(0));
    assertThat(file.textCount()).isZero();
    try (Scratch scratch = context.memory().scratch()) {
      FmLetters letters = file.load(files, scratch, new IndexWork());
      assertThat(letters.find(new byte[] {'a'}).count()).isZero();
      assertThat(letters.restored(scratch).byteSize()).isZero();
    }
  }

  @Test
  void cutsPartitionsByTextsAndKeepsRareLettersWithinThirtyTwoTurns() {
    IndexFiles files = new IndexFiles(MemoryStore.create(), "index", context);
    try (FmWriter writer = new FmWriter(files)) {
      for (int i = 0; i < 10_001; i++) {
        writer.add(i, MemorySegment.ofArray(new byte[] {'a', (byte) (i % 100 + 1)}), 0, 2);
      }
      writer.finish();
    }
    assertThat(files.sizes()).containsOnlyKeys(FmFile.name(0), FmFile.name(1));
    assertThat(FmFile.open(files, FmFile.name(0)).textCount()).isEqualTo(10_000);
    assertThat(FmFile.open(files, FmFile.name(1)).row(0)).isEqualTo(10_000);
    long[] counts = new long[256];
    counts[0] = 1;
    counts[1] = 1;
    for (int i = 2; i < 60; i++) {
      counts[i] = counts[i - 1] + counts[i - 2];
    }
    HuffmanTree tree = HuffmanTree.of(counts);
    for (int i = 0; i < 60; i++) {
      assertThat(tree.path(i)).isNotNull().hasSizeLessThanOrEqualTo(32);
    }
    HuffmanTree parsed = HuffmanTree.parse(tree.topology(), tree.nodes(), "");
    assertThat(parsed.codes()).isEqualTo(tree.codes());
  }
}
