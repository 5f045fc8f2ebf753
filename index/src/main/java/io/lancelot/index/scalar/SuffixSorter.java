package io.lancelot.index.scalar;

import io.lancelot.base.Scratch;
import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/// Sorts the suffixes of a text in linear time, by induction (SA-IS, Nong, Zhang and Chan, 2009).
///
/// A suffix is *rising* if it is less than the one after it. The first of each run of rising
/// suffixes, a *valley*, is sorted by recursion: the text from each valley to the next becomes one
/// letter of a text at most half as long. All other suffixes follow from the sorted valleys in two
/// passes.
final class SuffixSorter {

  private static final int NONE = -1;

  private final MemorySegment text;

  /// Whether letters are of 32 bits, not bytes.
  private final boolean wide;

  private final int length;
  private final MemorySegment order;
  private final Scratch memory;

  /// A bit for each suffix: whether it is rising.
  private final MemorySegment rising;

  /// How often each letter occurs.
  private final MemorySegment counts;

  private final MemorySegment buckets;
  private final int letters;

  private SuffixSorter(
      MemorySegment text,
      boolean wide,
      int length,
      MemorySegment order,
      int letters,
      Scratch memory) {
    this.text = text;
    this.wide = wide;
    this.length = length;
    this.order = order;
    this.letters = letters;
    this.memory = memory;
    rising = memory.allocateBytes((length >>> 6) * 8L + 8).fill((byte) 0);
    counts = memory.allocateBytes(4L * letters).fill((byte) 0);
    buckets = memory.allocateBytes(4L * letters);
  }

  /// The starts of all suffixes, in their order.
  ///
  /// @param text at least two bytes, of which the last is less than all others
  /// @return `length` numbers of 32 bits
  static MemorySegment sort(MemorySegment text, int length, Scratch memory) {
    MemorySegment order = memory.allocateBytes(4L * length);
    try (Scratch work = memory.memory().scratch()) {
      new SuffixSorter(text, false, length, order, 256, work).sort();
    }
    return order;
  }

  private int letter(int at) {
    return wide ? text.get(FixedColumn.INT, 4L * at) : text.get(ValueLayout.JAVA_BYTE, at) & 0xFF;
  }

  private int order(int rank) {
    return order.get(FixedColumn.INT, 4L * rank);
  }

  private void setOrder(int rank, int suffix) {
    order.set(FixedColumn.INT, 4L * rank, suffix);
  }

  private void clearOrder(int from) {
    order.asSlice(4L * from, 4L * (length - from)).fill((byte) 0xFF);
  }

  private boolean rises(int at) {
    return (rising.get(ValueLayout.JAVA_BYTE, at >>> 3) >>> (at & 7) & 1) != 0;
  }

  private boolean valley(int at) {
    return at > 0 && rises(at) && !rises(at - 1);
  }

  private void sort() {
    classify();
    clearOrder(0);
    bucketEnds();
    for (int i = 1; i < length; i++) {
      if (valley(i)) {
        setOrder(lastFree(letter(i)), i);
      }
    }
    induce();
    int valleys = gatherValleys();
    int names = nameValleys(valleys);
    sortValleys(valleys, names);
    placeValleys(valleys);
    induce();
  }

  private void classify() {
    int after = letter(length - 1);
    boolean rises = true;
    for (int i = length - 1; i >= 0; i--) {
      int letter = letter(i);
      rises = i == length - 1 || letter < after || letter == after && rises;
      if (rises) {
        long at = i >>> 3;
        rising.set(
            ValueLayout.JAVA_BYTE,
            at,
            (byte) (rising.get(ValueLayout.JAVA_BYTE, at) | 1 << (i & 7)));
      }
      counts.set(FixedColumn.INT, 4L * letter, counts.get(FixedColumn.INT, 4L * letter) + 1);
      after = letter;
    }
  }

  private void bucketStarts() {
    int sum = 0;
    for (int i = 0; i < letters; i++) {
      buckets.set(FixedColumn.INT, 4L * i, sum);
      sum += counts.get(FixedColumn.INT, 4L * i);
    }
  }

  private void bucketEnds() {
    int sum = 0;
    for (int i = 0; i < letters; i++) {
      sum += counts.get(FixedColumn.INT, 4L * i);
      buckets.set(FixedColumn.INT, 4L * i, sum);
    }
  }

  /// Takes the first free place for suffixes that begin with a letter.
  private int firstFree(int letter) {
    int place = buckets.get(FixedColumn.INT, 4L * letter);
    buckets.set(FixedColumn.INT, 4L * letter, place + 1);
    return place;
  }

  /// Takes the last free place for suffixes that begin with a letter.
  private int lastFree(int letter) {
    int place = buckets.get(FixedColumn.INT, 4L * letter) - 1;
    buckets.set(FixedColumn.INT, 4L * letter, place);
    return place;
  }

  /// Puts the falling suffixes behind those that follow from smaller ones, then the rising ones
  /// before those that follow from greater ones.
  private void induce() {
    bucketStarts();
    for (int i = 0; i < length; i++) {
      int before = order(i) - 1;
      if (before >= 0 && !rises(before)) {
        setOrder(firstFree(letter(before)), before);
      }
    }
    bucketEnds();
    for (int i = length - 1; i >= 0; i--) {
      int before = order(i) - 1;
      if (before >= 0 && rises(before)) {
        setOrder(lastFree(letter(before)), before);
      }
    }
  }

  /// Moves the valleys to the front, in the order of the text from each to the next.
  private int gatherValleys() {
    int found = 0;
    for (int i = 0; i < length; i++) {
      int suffix = order(i);
      if (valley(suffix)) {
        setOrder(found++, suffix);
      }
    }
    return found;
  }

  /// Gives each text from a valley to the next a number by its order, equal ones the same. The
  /// numbers end up at the end of the order, as they follow in the text.
  ///
  /// @return how many numbers there are
  private int nameValleys(int valleys) {
    clearOrder(valleys);
    int names = 0;
    int previous = NONE;
    for (int i = 0; i < valleys; i++) {
      int valley = order(i);
      if (previous == NONE || !sameToNextValley(valley, previous)) {
        names++;
        previous = valley;
      }
      // Two valleys are never next to each other.
      setOrder(valleys + valley / 2, names - 1);
    }
    int to = length;
    for (int i = length - 1; i >= valleys; i--) {
      int name = order(i);
      if (name != NONE) {
        setOrder(--to, name);
      }
    }
    return names;
  }

  private boolean sameToNextValley(int a, int b) {
    for (int i = 0; ; i++) {
      if (letter(a + i) != letter(b + i) || rises(a + i) != rises(b + i)) {
        return false;
      }
      if (i > 0 && (valley(a + i) || valley(b + i))) {
        return true;
      }
    }
  }

  /// Sorts the valleys, whose numbers are at the end, into the front.
  private void sortValleys(int valleys, int names) {
    MemorySegment named = order.asSlice(4L * (length - valleys), 4L * valleys);
    if (names == valleys) {
      for (int i = 0; i < valleys; i++) {
        setOrder(named.get(FixedColumn.INT, 4L * i), i);
      }
      return;
    }
    MemorySegment front = order.asSlice(0, 4L * valleys);
    new SuffixSorter(named, true, valleys, front, names, memory).sort();
  }

  /// Puts the valleys, sorted at the front by their place among valleys, where they belong.
  private void placeValleys(int valleys) {
    int next = length - valleys;
    for (int i = 1; i < length; i++) {
      if (valley(i)) {
        setOrder(next++, i);
      }
    }
    for (int i = 0; i < valleys; i++) {
      setOrder(i, order(length - valleys + order(i)));
    }
    clearOrder(valleys);
    bucketEnds();
    for (int i = valleys - 1; i >= 0; i--) {
      int valley = order(i);
      setOrder(i, NONE);
      setOrder(lastFree(letter(valley)), valley);
    }
  }
}
