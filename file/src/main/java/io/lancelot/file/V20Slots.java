package io.lancelot.file;

import java.lang.foreign.SegmentAllocator;
import java.util.ArrayList;
import java.util.List;

/// The value slots that a read of a 2.0 leaf collects, and which of them are null.
final class V20Slots {

  final PageSink sink;
  final V20Nulls nulls = new V20Nulls();

  /// Dictionaries of the pages read, with the slot each starts at; for dictionary columns only.
  final List<Span> dictionaries = new ArrayList<>();

  final boolean keepsDictionaries;
  private boolean lasting;

  /// @param firstSlot the first slot whose index refers to the dictionary
  record Span(V20Items items, int firstSlot) {}

  /// @param keepsDictionaries whether slots are indices into dictionaries
  V20Slots(PageSink sink, boolean keepsDictionaries) {
    this.sink = sink;
    this.keepsDictionaries = keepsDictionaries;
  }

  /// Begins a read of about `slots` values into memory of `memory`, which lives as long as the
  /// scratch of the read.
  void start(SegmentAllocator memory, int slots) {
    sink.start(memory, slots);
    nulls.start(memory, slots);
    dictionaries.clear();
    lasting = false;
  }

  /// Begins a read into memory that outlives the scratch of the read.
  void startLasting(SegmentAllocator memory, int slots) {
    start(memory, slots);
    lasting = true;
  }

  int count() {
    return sink.count();
  }

  /// Whether slots must not be views of memory of the read.
  boolean lasting() {
    return lasting;
  }

  /// Says that the next slots are indices into these items.
  void startDictionary(V20Items items) {
    if (dictionaries.isEmpty() || dictionaries.getLast().items() != items) {
      dictionaries.add(new Span(items, sink.count()));
    }
  }
}
