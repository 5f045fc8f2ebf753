package io.lancelot.index.scalar;

import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.DataFileWriter;
import io.lancelot.index.IndexFiles;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.LongBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;

/// Writes the partitions of an FM index, each as soon as it has enough texts. What is in a
/// partition file, [FmFile] says.
final class FmWriter implements AutoCloseable {

  /// Stands for the bytes that end texts. Unlike the space of the real Lance it is not in any
  /// needle, so that text with a zero byte is not found where a space is looked for.
  static final byte SUBSTITUTE = (byte) 0xFE;

  private static final int PARTITION_TEXTS = 10_000;
  private static final int PARTITION_BYTES = 16 << 20;

  /// Sorting takes about eight bytes of memory for each letter.
  private static final int MEMORY_SHARE = 24;

  private static final int WRITE_BLOCKS = 128;
  private static final int FIRST_BYTES = 1 << 16;

  private static final int MAX_LENGTH = Integer.MAX_VALUE - 64;

  private final IndexFiles into;
  private final long partitionBytes;
  private final Scratch scratch;

  /// The texts of the partition under way.
  private MemorySegment letters = MemorySegment.NULL;

  private int length;
  private final long[] rows = new long[PARTITION_TEXTS];
  private final long[] starts = new long[PARTITION_TEXTS];
  private int texts;
  private int partitions;

  FmWriter(IndexFiles into) {
    this.into = into;
    partitionBytes = Math.min(PARTITION_BYTES, into.context().memory().limitBytes() / MEMORY_SHARE);
    scratch = into.context().memory().scratch();
  }

  /// Adds a row's text.
  void add(long row, MemorySegment data, long from, long to) {
    if (to - from > MAX_LENGTH) {
      throw new ResourceExhaustedException(
          "text in an FM index: expected=at most 2 GiB, found=" + (to - from) + " bytes");
    }
    int size = (int) (to - from);
    if (length + (long) size > MAX_LENGTH) {
      write();
    }
    reserve(size + 2L);
    rows[texts] = row;
    starts[texts++] = length;
    for (int i = 0; i < size; i++) {
      byte letter = data.get(ValueLayout.JAVA_BYTE, from + i);
      boolean ends = letter == FmFile.END_OF_TEXT || letter == FmFile.END_OF_ALL;
      letters.set(ValueLayout.JAVA_BYTE, (long) length + i, ends ? SUBSTITUTE : letter);
    }
    length += size;
    letters.set(ValueLayout.JAVA_BYTE, length++, FmFile.END_OF_TEXT);
    if (texts == PARTITION_TEXTS || length >= partitionBytes) {
      write();
    }
  }

  /// Makes room for more letters.
  private void reserve(long more) {
    long wanted = length + more;
    if (wanted <= letters.byteSize()) {
      return;
    }
    MemorySegment larger =
        scratch.allocateBytes(Math.max(wanted, Math.min(2 * wanted + FIRST_BYTES, partitionBytes)));
    MemorySegment.copy(letters, 0, larger, 0, length);
    letters = larger;
  }

  /// Writes what is left, and an empty partition if there is none at all.
  void finish() {
    if (texts > 0 || partitions == 0) {
      write();
    }
  }

  private void write() {
    if (texts > 0) {
      letters.set(ValueLayout.JAVA_BYTE, length++, FmFile.END_OF_ALL);
    }
    try (Scratch work = into.context().memory().scratch();
        DataFileWriter writer = into.create(FmFile.name(partitions), FmFile.SCHEMA)) {
      new Partition(work, writer).write();
      writer.finish();
    }
    partitions++;
    scratch.reset();
    letters = MemorySegment.NULL;
    length = 0;
    texts = 0;
  }

  @Override
  public void close() {
    scratch.close();
  }

  /// One partition on its way into its file.
  private final class Partition {
    private final Scratch work;
    private final DataFileWriter writer;
    private final long[] counts = new long[HuffmanTree.BYTES];
    private final Blocks blocks = new Blocks();
    private long written;

    Partition(Scratch work, DataFileWriter writer) {
      this.work = work;
      this.writer = writer;
    }

    void write() {
      for (int i = 0; i < length; i++) {
        counts[letters.get(ValueLayout.JAVA_BYTE, i) & 0xFF]++;
      }
      HuffmanTree tree = length == 0 ? HuffmanTree.EMPTY : HuffmanTree.of(counts);
      MemorySegment order =
          length == 0 ? MemorySegment.NULL : SuffixSorter.sort(letters, length, work);
      RankedBits[] bits = transform(tree, order);
      for (int node = 0; node < bits.length; node++) {
        add(node, bits[node]);
      }
      blocks.write();
      long wavelet = written;
      int samples = (length + FmFile.SAMPLE_RATE - 1) / FmFile.SAMPLE_RATE;
      addSamples(order, samples);
      blocks.write();
      writer.putMetadata(FmFile.NODES_KEY, String.valueOf(tree.nodes()));
      writer.putMetadata(FmFile.LENGTH_KEY, String.valueOf(length));
      writer.putMetadata(FmFile.BLOCKS_KEY, String.valueOf(wavelet));
      writer.putMetadata(FmFile.SAMPLE_BLOCKS_KEY, String.valueOf(written - wavelet));
      writer.putMetadata(FmFile.SAMPLES_KEY, String.valueOf(samples));
      writer.putMetadata(FmFile.SAMPLE_RATE_KEY, String.valueOf(FmFile.SAMPLE_RATE));
      writer.putMetadata(FmFile.ALPHABET_KEY, String.valueOf(HuffmanTree.BYTES));
      writer.putMetadata(FmFile.SUBSTITUTE_KEY, String.valueOf(SUBSTITUTE & 0xFF));
      writer.putMetadata(FmFile.FINGERPRINT_KEY, fingerprint());
      writer.putMetadata(FmFile.STARTS_OF_LETTERS_KEY, hex(startsOfLetters()));
      writer.putMetadata(FmFile.CODES_KEY, HexFormat.of().formatHex(tree.codes()));
      writer.putMetadata(FmFile.TREE_KEY, HexFormat.of().formatHex(tree.topology()));
      writer.putMetadata(FmFile.ROWS_KEY, hex(Arrays.copyOf(rows, texts)));
      writer.putMetadata(FmFile.TEXT_STARTS_KEY, hex(Arrays.copyOf(starts, texts)));
    }

    private long[] startsOfLetters() {
      long[] sums = new long[HuffmanTree.BYTES + 1];
      for (int i = 0; i < HuffmanTree.BYTES; i++) {
        sums[i + 1] = sums[i] + counts[i];
      }
      return sums;
    }

    /// The turns at each node, of the letters before the suffixes.
    private RankedBits[] transform(HuffmanTree tree, MemorySegment order) {
      int[] sizes = new int[tree.nodes()];
      int[][] paths = new int[HuffmanTree.BYTES][];
      int[] turns = new int[HuffmanTree.BYTES];
      for (int letter = 0; letter < HuffmanTree.BYTES; letter++) {
        int[] path = tree.path(letter);
        paths[letter] = path == null ? new int[0] : path;
        turns[letter] = tree.turns(letter);
        for (int node : paths[letter]) {
          sizes[node] += (int) counts[letter];
        }
      }
      RankedBits[] bits = new RankedBits[sizes.length];
      for (int node = 0; node < bits.length; node++) {
        bits[node] = RankedBits.zeros(sizes[node], work);
      }
      int[] next = new int[sizes.length];
      for (int rank = 0; rank < length; rank++) {
        int start = order.get(FixedColumn.INT, 4L * rank);
        int before = start == 0 ? length - 1 : start - 1;
        int letter = letters.get(ValueLayout.JAVA_BYTE, before) & 0xFF;
        int[] path = paths[letter];
        for (int level = 0; level < path.length; level++) {
          int at = next[path[level]]++;
          if ((turns[letter] >>> path.length - 1 - level & 1) != 0) {
            bits[path[level]].set(at);
          }
        }
      }
      for (RankedBits each : bits) {
        each.count();
      }
      return bits;
    }

    private void add(int node, RankedBits bits) {
      for (int from = 0, block = 0; from < bits.wordCount(); from += FmFile.BLOCK_WORDS, block++) {
        long[] words = new long[Math.min(FmFile.BLOCK_WORDS, bits.wordCount() - from)];
        for (int i = 0; i < words.length; i++) {
          words[i] = bits.word(from + i);
        }
        blocks.add(node, block, words, bits.ones(from * 64), bits.length());
      }
    }

    private void addSamples(MemorySegment order, int samples) {
      for (int from = 0, block = 0; from < samples; from += FmFile.BLOCK_WORDS, block++) {
        long[] words = new long[Math.min(FmFile.BLOCK_WORDS, samples - from)];
        for (int i = 0; i < words.length; i++) {
          words[i] = order.get(FixedColumn.INT, 4L * FmFile.SAMPLE_RATE * (from + i));
        }
        blocks.add(FmFile.SAMPLES_NODE, block, words, 0, samples);
      }
    }

    /// What the real Lance tells partitions by, to resume a build (FNV-1a).
    private String fingerprint() {
      long hash = 0xcbf2_9ce4_8422_2325L;
      hash =
          mixed(
              hash,
              MemorySegment.ofArray(
                  "lance-fmindex-partition-v1".getBytes(StandardCharsets.US_ASCII)));
      hash = mixed(hash, texts);
      for (int i = 0; i < texts; i++) {
        long end = (i + 1 == texts ? length - 1 : starts[i + 1]) - 1;
        hash = mixed(mixed(hash, rows[i]), end - starts[i]);
        hash = mixed(hash, letters.asSlice(starts[i], end - starts[i]));
      }
      return HexFormat.of().toHexDigits(hash);
    }

    private long mixed(long hash, long number) {
      MemorySegment bytes = MemorySegment.ofArray(new byte[8]);
      bytes.set(FixedColumn.LONG, 0, number);
      return mixed(hash, bytes);
    }

    private long mixed(long hash, MemorySegment bytes) {
      long mixed = hash;
      for (long i = 0; i < bytes.byteSize(); i++) {
        mixed = (mixed ^ bytes.get(ValueLayout.JAVA_BYTE, i) & 0xFF) * 0x0000_0100_0000_01b3L;
      }
      return mixed;
    }

    private String hex(long[] numbers) {
      ByteBuffer bytes = ByteBuffer.allocate(8 * numbers.length).order(ByteOrder.LITTLE_ENDIAN);
      LongBuffer longs = bytes.asLongBuffer();
      longs.put(numbers);
      return HexFormat.of().formatHex(bytes.array());
    }

    /// Rows of the file, written some at once.
    private final class Blocks {
      private final List<Long> nodes = new ArrayList<>();
      private final List<Long> numbers = new ArrayList<>();
      private final List<long[]> words = new ArrayList<>();
      private final List<Long> onesBefore = new ArrayList<>();
      private final List<Long> bits = new ArrayList<>();

      void add(long node, long number, long[] content, long before, long size) {
        nodes.add(node);
        numbers.add(number);
        words.add(content);
        onesBefore.add(before);
        bits.add(size);
        if (words.size() == WRITE_BLOCKS) {
          write();
        }
      }

      void write() {
        int count = words.size();
        if (count == 0) {
          return;
        }
        try (Scratch batch = into.context().memory().scratch()) {
          long bytes = words.stream().mapToLong(each -> 8L * each.length).sum();
          MemorySegment offsets = batch.allocateBytes(8L * (count + 1));
          MemorySegment data = batch.allocateBytes(bytes);
          long at = 0;
          for (int i = 0; i < count; i++) {
            offsets.set(FixedColumn.LONG, 8L * i, at);
            for (long word : words.get(i)) {
              data.set(FixedColumn.LONG, at, word);
              at += 8;
            }
          }
          offsets.set(FixedColumn.LONG, 8L * count, at);
          writer.write(
              new Batch(
                  FmFile.SCHEMA,
                  count,
                  List.of(
                      Numbers.ints(nodes, batch),
                      Numbers.ints(numbers, batch),
                      new VarColumn(Types.LARGE_BINARY, count, offsets, data, null),
                      Numbers.longs(onesBefore, batch),
                      Numbers.longs(bits, batch))));
        }
        written += count;
        nodes.clear();
        numbers.clear();
        words.clear();
        onesBefore.clear();
        bits.clear();
      }
    }
  }
}
