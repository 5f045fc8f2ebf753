package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.file.proto.CompressiveEncoding;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// Finds pages of few distinct values, and writes the entries of dictionaries. Format: lance-format
/// sections 2.3.4, 2.6.2 and 2.7.
final class DictionaryEncoder {

  private static final int MIN_VALUES = 100;
  private static final int MAX_ENTRIES = 100_000;
  private static final int SAMPLE = 4096;
  private static final int SAMPLE_BLOCKS = 32;
  private static final double MAX_SAMPLE_RATIO = 0.98;
  private static final int INDEX_BYTES = 4;

  private final FileVersion version;
  private final EncodingOptions options;
  private final Scratch scratch;

  DictionaryEncoder(FileVersion version, EncodingOptions options, Scratch scratch) {
    this.version = version;
    this.options = options;
    this.scratch = scratch;
  }

  /// The values as positions in a dictionary, or null if there are too many different ones.
  PageSlots.@Nullable Coded code(LevelStreams levels, PageSlots.Variable slots) {
    if (slots.count() < MIN_VALUES) {
      return null;
    }
    return code(levels, slots, slots.totalBytes() + 4L * slots.count());
  }

  /// As above, for numbers of 64 and 128 bits.
  PageSlots.@Nullable Coded code(LevelStreams levels, PageSlots.Fixed slots) {
    boolean wide = slots.bits() == 128 || slots.bits() == 64 && version != FileVersion.V2_1;
    if (slots.count() < MIN_VALUES || !wide || !slots.lists().isEmpty()) {
      return null;
    }
    return code(levels, slots, slots.data().byteSize());
  }

  private PageSlots.@Nullable Coded code(LevelStreams levels, PageSlots slots, long rawBytes) {
    int count = slots.count();
    if (options.structure() == EncodingOptions.Structure.FULL_ZIP) {
      return null;
    }
    try (EntryTable sample = new EntryTable(scratch.memory())) {
      if (sampleRatio(slots, sample) >= MAX_SAMPLE_RATIO) {
        return null;
      }
    }
    int maxEntries = Math.min(count / options.dictionaryDivisor(), MAX_ENTRIES);
    long maxBytes =
        Math.min(
            options.dictionaryBytes(),
            (long) (rawBytes * options.dictionaryRatio()) - (long) INDEX_BYTES * count);
    try (EntryTable entries = new EntryTable(scratch.memory())) {
      MemorySegment indices = scratch.allocateBytes((long) INDEX_BYTES * count);
      int previous = 0;
      int item = 0;
      for (int i = 0; i < count; i++, item++) {
        while (levels.defAt(item) > levels.maxVisibleDef()) {
          item++;
        }
        // A null's index means nothing; the one before makes the longest runs.
        int entry = levels.defAt(item) != 0 ? previous : add(slots, i, entries);
        indices.set(FixedColumn.INT, (long) INDEX_BYTES * i, entry);
        previous = entry;
        if (entries.count() > maxEntries || entries.bytes() > maxBytes) {
          return null;
        }
      }
      if (entries.count() == 0) {
        return null;
      }
      return new PageSlots.Coded(
          new PageSlots.Fixed(count, 8 * INDEX_BYTES, indices, List.of()), entries(slots, entries));
    }
  }

  private static int add(PageSlots slots, int slot, EntryTable entries) {
    return switch (slots) {
      case PageSlots.Variable variable ->
          entries.add(variable.data(), variable.from(slot), variable.end(slot));
      case PageSlots.Fixed fixed -> {
        long width = fixed.width();
        yield entries.add(fixed.data(), slot * width, (slot + 1) * width);
      }
      case PageSlots.Coded _, PageSlots.Absent _, PageSlots.Packed _ ->
          throw new IllegalArgumentException("not plain values: " + slots.getClass());
    };
  }

  private static double sampleRatio(PageSlots slots, EntryTable sample) {
    int blocks = slots.count() <= SAMPLE ? 1 : SAMPLE_BLOCKS;
    int size = Math.min(slots.count(), SAMPLE) / blocks;
    for (int block = 0; block < blocks; block++) {
      int from = (int) ((long) (slots.count() - size) * block / Math.max(1, blocks - 1));
      for (int i = 0; i < size; i++) {
        add(slots, from + i, sample);
      }
    }
    return (double) sample.count() / ((double) blocks * size);
  }

  private PageSlots entries(PageSlots slots, EntryTable entries) {
    MemorySegment data = copy(entries.data());
    return switch (slots) {
      case PageSlots.Variable(_, int offsetBits, boolean text, _, _) ->
          new PageSlots.Variable(entries.count(), offsetBits, text, copy(entries.offsets()), data);
      case PageSlots.Fixed fixed ->
          new PageSlots.Fixed(entries.count(), fixed.bits(), data, List.of());
      case PageSlots.Coded _, PageSlots.Absent _, PageSlots.Packed _ ->
          throw new IllegalArgumentException("not plain values: " + slots.getClass());
    };
  }

  private MemorySegment copy(MemorySegment bytes) {
    return scratch.allocateBytes(bytes.byteSize()).copyFrom(bytes);
  }

  /// The stored form of a dictionary's entries.
  MiniBlockEncoder.Dictionary encode(PageSlots entries) {
    return switch (entries) {
      case PageSlots.Fixed fixed ->
          stored(Encodings.flat(fixed.bits()), fixed.count(), fixed.data());
      case PageSlots.Variable variable ->
          stored(Encodings.variable(variable.offsetBits()), variable.count(), block(variable));
      case PageSlots.Coded _, PageSlots.Absent _, PageSlots.Packed _ ->
          throw new IllegalArgumentException("not dictionary entries: " + entries.getClass());
    };
  }

  private MiniBlockEncoder.Dictionary stored(
      CompressiveEncoding plain, int count, MemorySegment bytes) {
    GeneralCodec codec = options.dictionaryCodec();
    if (version == FileVersion.V2_1 || codec == null || bytes.byteSize() > Integer.MAX_VALUE / 2) {
      return new MiniBlockEncoder.Dictionary(plain, count, bytes);
    }
    MemorySegment packed = GeneralValues.compress(bytes, codec, scratch);
    if (packed.byteSize() >= bytes.byteSize()) {
      return new MiniBlockEncoder.Dictionary(plain, count, bytes);
    }
    return new MiniBlockEncoder.Dictionary(
        Encodings.general(codec.message(), plain), count, packed);
  }

  /// Offset width, start of the bytes, offsets, bytes.
  private MemorySegment block(PageSlots.Variable entries) {
    int width = entries.offsetBits() / 8;
    long head = (entries.count() + 3L) * width;
    MemorySegment block = scratch.allocateBytes(head + entries.totalBytes());
    put(block, width, 0, entries.offsetBits());
    put(block, width, 1, head);
    for (int i = 0; i <= entries.count(); i++) {
      put(block, width, i + 2, entries.from(i) - entries.from(0));
    }
    MemorySegment.copy(entries.data(), entries.from(0), block, head, entries.totalBytes());
    return block;
  }

  private static void put(MemorySegment target, int width, int index, long value) {
    if (width == 4) {
      target.set(FixedColumn.INT, 4L * index, (int) value);
    } else {
      target.set(FixedColumn.LONG, 8L * index, value);
    }
  }
}
