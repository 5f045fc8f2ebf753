package io.lancelot.index.scalar;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.file.ColumnReader;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexWork;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.OptionalLong;

/// The file of one partition of an FM index: which texts it has, and how their letters are coded,
/// in memory; the letters themselves are read by [#load].
///
/// The texts of a partition follow each other, each with [#END_OF_TEXT] behind, the last with
/// [#END_OF_ALL] too. What the file holds is the *transform* of that: the letter before each
/// suffix, in the order of suffixes (Burrows and Wheeler), coded by a [HuffmanTree], the turns at
/// each node in blocks of bits. Behind come *samples*: where some of the suffixes start, packed
/// into blocks too. Format: lance-format section 4.11.
final class FmFile {

  static final String NODE = "node_id";
  static final String BLOCK = "block_id";
  static final String WORDS = "words";
  static final String ONES_BEFORE = "prefix_rank";
  static final String BITS = "bit_len";

  static final Schema SCHEMA =
      Schema.of(
          Field.required(NODE, Types.UINT32),
          Field.required(BLOCK, Types.UINT32),
          Field.required(WORDS, Types.LARGE_BINARY),
          Field.required(ONES_BEFORE, Types.UINT64),
          Field.required(BITS, Types.UINT64));

  static final int BLOCK_WORDS = 4096;
  static final int SAMPLE_RATE = 32;

  /// What blocks of samples have as their node.
  static final long SAMPLES_NODE = 0xFFFF_FFFFL;

  static final byte END_OF_TEXT = (byte) 0xFF;
  static final byte END_OF_ALL = 0;

  static final String LENGTH_KEY = "bwt_len";
  static final String NODES_KEY = "num_bwt_nodes";
  static final String BLOCKS_KEY = "total_wavelet_rows";
  static final String SAMPLES_KEY = "sa_samples_len";
  static final String SAMPLE_BLOCKS_KEY = "num_sa_blocks";
  static final String SAMPLE_RATE_KEY = "sa_sample_rate";
  static final String ALPHABET_KEY = "alphabet_size";
  static final String STARTS_OF_LETTERS_KEY = "c_table";
  static final String CODES_KEY = "huffman_codes";
  static final String TREE_KEY = "tree_topology";
  static final String ROWS_KEY = "row_ids";
  static final String TEXT_STARTS_KEY = "doc_start_positions";
  static final String FINGERPRINT_KEY = "partition_fingerprint";

  /// Our own: which byte stands for those that end texts. The real Lance does not say; it is a
  /// space.
  static final String SUBSTITUTE_KEY = "lancelot_substitute";

  private static final byte DEFAULT_SUBSTITUTE = ' ';

  private static final int READ_BLOCKS = 64;

  private final String name;
  private final String place;
  private final int length;
  private final int sampleRate;
  private final int blocks;
  private final int sampleBlocks;
  private final HuffmanTree tree;
  private final long[] startsOfLetters;
  private final long[] rows;
  private final long[] textStarts;
  private final byte substitute;

  static String name(int partition) {
    return "part_" + partition + "_fm.lance";
  }

  static boolean isName(String name) {
    return name.matches("part_\\d{1,18}_fm\\.lance");
  }

  private FmFile(SegmentFile file, String name) {
    this.name = name;
    place = file.place();
    long all = file.rowCount();
    long letters = number(file, LENGTH_KEY, Long.MAX_VALUE);
    if (letters > Integer.MAX_VALUE - 8) {
      throw new UnsupportedFeatureException(
          "texts of an FM index: expected=at most 2 GiB in a partition, found="
              + letters
              + " "
              + place);
    }
    length = (int) letters;
    int nodes = (int) number(file, NODES_KEY, HuffmanTree.BYTES);
    blocks = (int) number(file, BLOCKS_KEY, Math.min(all, Integer.MAX_VALUE));
    sampleBlocks = (int) number(file, SAMPLE_BLOCKS_KEY, all - blocks);
    sampleRate = (int) file.number(SAMPLE_RATE_KEY, 1, 1 << 20).orElse(SAMPLE_RATE);
    require(SAMPLES_KEY, sampleCount(), number(file, SAMPLES_KEY, length));
    require(SAMPLE_BLOCKS_KEY, (sampleCount() + BLOCK_WORDS - 1L) / BLOCK_WORDS, sampleBlocks);
    tree = HuffmanTree.parse(hex(file, TREE_KEY), nodes, place);
    startsOfLetters = numbers(file, STARTS_OF_LETTERS_KEY);
    rows = numbers(file, ROWS_KEY);
    textStarts = numbers(file, TEXT_STARTS_KEY);
    substitute = (byte) file.number(SUBSTITUTE_KEY, 0, 255).orElse(DEFAULT_SUBSTITUTE);
    require("letters", HuffmanTree.BYTES + 1L, startsOfLetters.length);
    require("texts", rows.length, textStarts.length);
    requireRising(startsOfLetters, 0, length, 0);
    require("letters", length, startsOfLetters[HuffmanTree.BYTES]);
    if (length == 0 ? rows.length > 0 || nodes > 0 : rows.length == 0 || nodes == 0) {
      throw bad("texts", "some for " + length + " letters", rows.length);
    }
    if (rows.length > 0) {
      require("start of the first text", 0, textStarts[0]);
      requireRising(textStarts, 1, length - 2, 1);
    }
  }

  /// Reads what is needed before the letters.
  ///
  /// @throws UnsupportedFeatureException if it is too large for us
  static FmFile open(IndexFiles files, String name) {
    try (SegmentFile file = SegmentFile.open(files, name)) {
      return new FmFile(file, name);
    }
  }

  private CorruptDataException bad(String what, Object expected, Object found) {
    return new CorruptDataException(
        what + ": expected=" + expected + ", found=" + found + " " + place);
  }

  private void require(String what, long expected, long found) {
    if (found != expected) {
      throw bad(what, expected, found);
    }
  }

  private void requireRising(long[] numbers, int from, long max, long step) {
    for (int i = Math.max(from, 1); i < numbers.length; i++) {
      if (numbers[i] > max || numbers[i] < numbers[i - 1] + step) {
        throw bad("start " + i, "rising to at most " + max, numbers[i]);
      }
    }
  }

  private long number(SegmentFile file, String key, long max) {
    OptionalLong number = file.number(key, 0, max);
    return number.orElseThrow(() -> bad(key, "a number", "none"));
  }

  private byte[] hex(SegmentFile file, String key) {
    String text = file.metadata(key).orElseThrow(() -> bad(key, "bytes", "none"));
    try {
      return HexFormat.of().parseHex(text);
    } catch (IllegalArgumentException e) {
      throw bad(key, "hexadecimal digits", String.valueOf(e.getMessage()));
    }
  }

  private long[] numbers(SegmentFile file, String key) {
    byte[] bytes = hex(file, key);
    require(key, 0, bytes.length % 8);
    long[] numbers = new long[bytes.length / 8];
    ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asLongBuffer().get(numbers);
    return numbers;
  }

  /// Letters, those that end texts included.
  int length() {
    return length;
  }

  int textCount() {
    return rows.length;
  }

  /// The row of a text.
  long row(int text) {
    return rows[text];
  }

  /// The text that has a letter.
  int textAt(int letter) {
    int found = Arrays.binarySearch(textStarts, letter);
    return found >= 0 ? found : -found - 2;
  }

  int textStart(int text) {
    return (int) textStarts[text];
  }

  /// Where a text ends among all letters.
  int textEnd(int text, MemorySegment all) {
    int end = (text + 1 == rows.length ? length - 1 : textStart(text + 1)) - 1;
    byte last = all.get(ValueLayout.JAVA_BYTE, end);
    if (last != END_OF_TEXT) {
      throw bad("end of text " + text, END_OF_TEXT, last);
    }
    return end;
  }

  /// What stands in the texts for a byte.
  byte stored(byte letter) {
    return letter == END_OF_TEXT || letter == END_OF_ALL ? substitute : letter;
  }

  /// Whether texts have a needle exactly where they have what is stored for it.
  boolean findsExactly(byte[] needle) {
    for (byte letter : needle) {
      if (letter == substitute || letter == END_OF_TEXT || letter == END_OF_ALL) {
        return false;
      }
    }
    return true;
  }

  int sampleRate() {
    return sampleRate;
  }

  private int sampleCount() {
    return (int) ((length + (long) sampleRate - 1) / sampleRate);
  }

  /// About how much memory the letters take when loaded.
  long loadedBytes() {
    return ((long) blocks + sampleBlocks) * BLOCK_WORDS * 9;
  }

  /// Bytes of memory that this takes.
  long heldBytes() {
    return 16L * rows.length + 8L * startsOfLetters.length;
  }

  /// Reads the letters into memory, and checks them.
  FmLetters load(IndexFiles files, Scratch into, IndexWork work) {
    try (SegmentFile file = SegmentFile.open(files, name);
        Scratch scratch = files.context().memory().scratch()) {
      Blocks all = new Blocks(file, scratch, work);
      RankedBits[] bits = new RankedBits[tree.nodes()];
      int row = 0;
      for (int node = 0; node < bits.length; node++) {
        require(NODE, node, row < blocks ? all.nodes[row] : -1);
        if (all.bits[row] < 0 || all.bits[row] > length) {
          throw bad(BITS, "at most " + length, all.bits[row]);
        }
        bits[node] = RankedBits.zeros((int) all.bits[row], into);
        int count = Math.max(1, (bits[node].wordCount() + BLOCK_WORDS - 1) / BLOCK_WORDS);
        for (int block = 0; block < count; block++) {
          require(NODE, node, row < blocks ? all.nodes[row] : -1);
          require(BLOCK, block, all.numbers[row]);
          all.copyWords(row, bits[node], block * BLOCK_WORDS);
          row++;
        }
        bits[node].count();
        for (int block = 0; block < count; block++) {
          require(
              ONES_BEFORE,
              bits[node].ones(block * BLOCK_WORDS * 64),
              all.onesBefore[row - count + block]);
        }
      }
      requireCounts(bits);
      return new FmLetters(this, tree, bits, startsOfLetters, samples(all, into), place);
    }
  }

  /// Every node has as many bits as letters pass it: with that, whatever the bits are, each step of
  /// a search stays inside.
  private void requireCounts(RankedBits[] bits) {
    long[] counts = new long[HuffmanTree.BYTES];
    for (int node = 0; node < bits.length; node++) {
      int ones = bits[node].ones(bits[node].length());
      requireCount(tree.right(node), ones, bits, counts);
      requireCount(tree.left(node), bits[node].length() - ones, bits, counts);
    }
    require(BITS, length, bits.length == 0 ? 0 : bits[0].length());
    for (int i = 0; i < HuffmanTree.BYTES; i++) {
      require("letters " + i, startsOfLetters[i + 1] - startsOfLetters[i], counts[i]);
    }
  }

  private void requireCount(int child, int count, RankedBits[] bits, long[] counts) {
    if (child < 0) {
      counts[~child] = count;
    } else {
      require(BITS, count, bits[child].length());
    }
  }

  private MemorySegment samples(Blocks all, Scratch into) {
    int count = sampleCount();
    MemorySegment samples = into.allocateBytes(4L * count);
    int next = 0;
    for (int block = 0; block < sampleBlocks; block++) {
      int size = Math.min(BLOCK_WORDS, count - next);
      MemorySegment words = all.words(blocks + block, size);
      for (int i = 0; i < size; i++) {
        long sample = words.get(FixedColumn.LONG, 8L * i);
        if (sample < 0 || sample >= length) {
          throw bad("sample", "below " + length, sample);
        }
        samples.set(FixedColumn.INT, 4L * next++, (int) sample);
      }
    }
    return samples;
  }

  /// The rows of the file, their words read some rows at once.
  private final class Blocks {
    final long[] nodes;
    final long[] numbers;
    final long[] onesBefore;
    final long[] bits;
    private final SegmentFile file;
    private final ColumnReader reader;
    private final Scratch scratch;
    private final IndexWork work;
    private VarColumn part;
    private int partFrom;

    Blocks(SegmentFile file, Scratch scratch, IndexWork work) {
      this.file = file;
      this.scratch = scratch;
      this.work = work;
      if (file.rowCount() < (long) blocks + sampleBlocks) {
        throw bad("rows", blocks + sampleBlocks, file.rowCount());
      }
      nodes = file.numbers(NODE, Types.UINT32);
      numbers = file.numbers(BLOCK, Types.UINT32);
      onesBefore = file.numbers(ONES_BEFORE, Types.UINT64);
      bits = file.numbers(BITS, Types.UINT64);
      reader = file.column(WORDS, Types.LARGE_BINARY);
      part = read(0);
    }

    private VarColumn read(int from) {
      scratch.reset();
      int count = Math.min(READ_BLOCKS, blocks + sampleBlocks - from);
      VarColumn read = (VarColumn) file.checked(reader.read(from, count, scratch));
      work.loaded(count == 0 ? 0 : read.offset(count) - read.offset(0));
      return read;
    }

    /// The words of a row, as long as no other row is asked for.
    MemorySegment words(int row, int count) {
      if (row < partFrom || row >= partFrom + part.length()) {
        part = read(row);
        partFrom = row;
      }
      require(WORDS, 8L * count, part.byteLength(row - partFrom));
      return part.bytesAt(row - partFrom);
    }

    void copyWords(int row, RankedBits into, int from) {
      int count = Math.min(BLOCK_WORDS, into.wordCount() - from);
      MemorySegment words = words(row, count);
      for (int i = 0; i < count; i++) {
        into.setWord(from + i, words.get(FixedColumn.LONG, 8L * i));
      }
    }
  }
}
