package io.lancelot.file;

import io.lancelot.base.Scratch;
import io.lancelot.kernels.BitPacking;
import io.lancelot.kernels.ByteStreamSplit;
import io.lancelot.kernels.Fsst;
import io.lancelot.kernels.Lz4;
import io.lancelot.kernels.Zstd;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What reading one leaf keeps between pages and between reads: the levels and values read so far,
/// the chunk at hand, decoders with their work areas. One thread at a time.
final class PageState {

  final LevelLayers layers;
  final LevelBuffer levels;
  final PageSink sink;
  final ChunkBuffers chunk = new ChunkBuffers();
  final GrowingMemory levelBytes = new GrowingMemory();
  final GrowingMemory levelPlain = new GrowingMemory();

  /// Dictionaries of the pages read, with the slot each starts at; for dictionary columns only.
  final List<DictionarySpan> dictionaries = new ArrayList<>();

  private final boolean keepsDictionaries;
  private @Nullable BitPacking bitPacking;
  private @Nullable Lz4 lz4;
  private @Nullable Zstd zstd;
  private @Nullable ByteStreamSplit byteStreamSplit;
  private @Nullable Fsst fsst;
  private @Nullable Object fsstOwner;
  private @Nullable MiniBlockPage dictionaryOwner;
  private @Nullable PageDictionary dictionary;
  private @Nullable ConstantPage levelsOwner;
  private @Nullable PageLevelArrays pageLevels;
  private @Nullable Scratch scratch;

  PageState(LevelLayers layers, PageSink sink, boolean keepsDictionaries) {
    this.layers = layers;
    this.sink = sink;
    this.keepsDictionaries = keepsDictionaries;
    this.levels = new LevelBuffer(layers.listCount() > 0);
  }

  /// Made at its first use: its work areas cost more than the rows of a small file.
  BitPacking bitPacking() {
    BitPacking known = bitPacking;
    if (known == null) {
      known = new BitPacking();
      bitPacking = known;
    }
    return known;
  }

  /// The levels of a whole page.
  ///
  /// @param rowStarts where each row starts, and the end; null without lists, where row and level
  ///   are the same
  record PageLevelArrays(
      short @Nullable [] rep, short @Nullable [] def, int @Nullable [] rowStarts) {

    int rowStart(long row) {
      return rowStarts == null ? (int) row : rowStarts[(int) row];
    }
  }

  /// The levels of a page without values, decoded at the first use and kept until another page's
  /// are asked for.
  PageLevelArrays pageLevels(ConstantPage page) {
    if (levelsOwner != page || pageLevels == null) {
      levelsOwner = null;
      pageLevels = page.readLevels(this);
      levelsOwner = page;
    }
    return pageLevels;
  }

  /// @param firstSlot first value slot whose index refers to this dictionary
  record DictionarySpan(PageDictionary dictionary, int firstSlot) {}

  /// Begins a read of about `slots` values into memory of `newScratch`.
  void start(Scratch newScratch, int slots) {
    scratch = newScratch;
    levels.clear();
    sink.start(newScratch, slots);
    chunk.clear();
    dictionaries.clear();
  }

  /// Says that the next values are indices into this dictionary.
  void startDictionary(PageDictionary next) {
    if (dictionaries.isEmpty() || dictionaries.getLast().dictionary() != next) {
      dictionaries.add(new DictionarySpan(next, sink.count()));
    }
  }

  Scratch scratch() {
    return java.util.Objects.requireNonNull(scratch);
  }

  /// Whether values stay indices into a dictionary.
  boolean keepsDictionaries() {
    return keepsDictionaries;
  }

  Lz4 lz4() {
    if (lz4 == null) {
      lz4 = new Lz4();
    }
    return lz4;
  }

  Zstd zstd() {
    if (zstd == null) {
      zstd = new Zstd();
    }
    return zstd;
  }

  ByteStreamSplit byteStreamSplit() {
    if (byteStreamSplit == null) {
      byteStreamSplit = new ByteStreamSplit();
    }
    return byteStreamSplit;
  }

  /// A decoder with the symbol table of `owner` loaded.
  Fsst fsst(FsstTable owner) {
    if (fsst == null) {
      fsst = new Fsst();
    }
    if (fsstOwner != owner) {
      fsstOwner = null;
      fsst.load(owner.bytes());
      fsstOwner = owner;
    }
    return fsst;
  }

  /// The dictionary of a page, decoded at its first use and kept until another page's is asked for.
  PageDictionary dictionary(MiniBlockPage page) {
    if (dictionaryOwner != page || dictionary == null) {
      dictionaryOwner = null;
      dictionary = page.dictionary(this);
      dictionaryOwner = page;
    }
    return dictionary;
  }
}
