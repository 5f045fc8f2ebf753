package io.lancelot.file;

import io.lancelot.base.Scratch;
import java.lang.foreign.MemorySegment;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// What reading a field of a 2.0 file keeps between pages and between reads: decoders with their
/// work areas, the last decompressed buffer, the last dictionary. One thread at a time.
final class V20State {

  private final PageState codecs =
      new PageState(new LevelLayers(List.of(LevelLayers.Kind.ITEM)), new PageSink.Nothing(), false);
  private @Nullable V20Buffer plainOwner;
  private MemorySegment plain = MemorySegment.NULL;
  private V20Values.@Nullable Coded itemsOwner;
  private @Nullable V20Items items;

  /// Begins a read whose memory comes from `scratch`.
  void start(Scratch scratch) {
    codecs.start(scratch, 0);
  }

  Scratch scratch() {
    return codecs.scratch();
  }

  /// The decoders.
  PageState codecs() {
    return codecs;
  }

  /// The plain bytes of a compressed buffer, decompressed at the first use and kept until another's
  /// are asked for.
  MemorySegment plain(V20Buffer owner) {
    if (plainOwner != owner) {
      plainOwner = null;
      plain = owner.decompress(this);
      plainOwner = owner;
    }
    return plain;
  }

  /// The dictionary of a page, decoded at the first use and kept until another's is asked for.
  V20Items items(V20Values.Coded owner) {
    V20Items known = items;
    if (itemsOwner != owner || known == null) {
      itemsOwner = null;
      known = owner.readItems(this);
      items = known;
      itemsOwner = owner;
    }
    return known;
  }
}
