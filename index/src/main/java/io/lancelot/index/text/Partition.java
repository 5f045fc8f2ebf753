package io.lancelot.index.text;

import io.lancelot.base.CorruptDataException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.jspecify.annotations.Nullable;

/// Documents with their tokens: one of the parts that an index consists of. Thread-safe.
final class Partition {

  /// Where posting lists come from.
  interface Lists {
    /// Documents of each token.
    int docCount(int id);

    Posting load(int id);
  }

  /// Lists are kept unpacked up to this size, since unpacking takes most of the time of a search.
  static final long ROOM = Math.min(64L << 20, Runtime.getRuntime().maxMemory() / 32);

  private record Norms(float averageLength, float[] values) {}

  private final Dictionary tokens;
  private final long[] rowIds;
  private final int[] lengths;
  private final PostingFormat format;
  private final long totalTokens;
  private final boolean ascending;
  private final boolean positions;
  private final Lists lists;
  private final AtomicReferenceArray<@Nullable TermList> loaded;
  private final AtomicLong held = new AtomicLong();

  /// Memory that lists may yet take unpacked.
  private final AtomicLong room;

  private volatile @Nullable Norms norms;

  /// What the filter of the last search lets through: many searches come with the same one.
  private volatile @Nullable PassingDocs passing;

  private final String where;

  /// @param rowIds of each document
  /// @param lengths tokens of each document
  /// @param listCount posting lists there are
  /// @param room how much memory lists may take unpacked
  Partition(
      Dictionary tokens,
      long[] rowIds,
      int[] lengths,
      PostingFormat format,
      boolean positions,
      Lists lists,
      int listCount,
      long room,
      String where) {
    this.tokens = tokens;
    this.rowIds = rowIds;
    this.lengths = lengths;
    this.format = format;
    this.positions = positions;
    this.lists = lists;
    this.where = where;
    this.room = new AtomicLong(room);
    this.loaded = new AtomicReferenceArray<>(listCount);
    long total = 0;
    for (int length : lengths) {
      total += length;
    }
    this.totalTokens = total;
    boolean inOrder = true;
    for (int i = 1; i < rowIds.length; i++) {
      inOrder &= rowIds[i - 1] < rowIds[i];
    }
    this.ascending = inOrder;
    tokens.forEachId(id -> {
      if (id >= listCount) {
        throw new CorruptDataException(
            "token number: expected=below "
                + listCount
                + ", found="
                + id
                + " (path="
                + where
                + ")");
      }
    });
  }

  Dictionary tokens() {
    return tokens;
  }

  int docCount() {
    return rowIds.length;
  }

  long totalTokens() {
    return totalTokens;
  }

  long rowId(int doc) {
    return rowIds[doc];
  }

  /// Of each document.
  long[] rowIds() {
    return rowIds;
  }

  /// Whether rows come in their order.
  boolean ascending() {
    return ascending;
  }

  int length(int doc) {
    return lengths[doc];
  }

  boolean hasPositions() {
    return positions;
  }

  String where() {
    return where;
  }

  int docCount(int id) {
    return lists.docCount(id);
  }

  long heldBytes() {
    return tokens.heldBytes()
        + 12L * rowIds.length
        + held.get()
        + (norms == null ? 0 : 4L * rowIds.length)
        + (passing == null ? 0 : passing.heldBytes());
  }

  /// The documents of some rows; to be asked where rows come in their order, and there are some.
  ///
  /// @param rows ascending; not to be changed any more
  PassingDocs passing(long[] rows) {
    PassingDocs known = passing;
    if (known == null || known.rows() != rows) {
      known = PassingDocs.of(rows, rowIds);
      passing = known;
    }
    return known;
  }

  /// What each document's length adds to a frequency.
  float[] norms(float averageLength) {
    Norms known = norms;
    if (known == null || known.averageLength != averageLength) {
      float[] values = new float[lengths.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = Bm25.norm(format.scoredLength(lengths[i]), averageLength);
      }
      known = new Norms(averageLength, values);
      norms = known;
    }
    return known.values;
  }

  /// A list with its bounds for some statistics.
  TermList list(int id, float averageLength) {
    TermList known = loaded.get(id);
    if (known != null && known.averageLength() == averageLength) {
      return known;
    }
    Posting posting = known == null ? lists.load(id) : known.posting();
    boolean unpacked = known == null ? takeRoom(posting.docCount()) : known.plain() != null;
    try {
      TermList list = TermList.of(posting, norms(averageLength), averageLength, unpacked);
      loaded.set(id, list);
      if (known == null) {
        held.addAndGet(list.heldBytes());
      }
      return list;
    } catch (IndexOutOfBoundsException e) {
      throw damaged(e);
    }
  }

  private boolean takeRoom(int docCount) {
    long needed = TermList.Plain.bytes(docCount, rowIds.length);
    if (room.addAndGet(-needed) >= 0) {
      return true;
    }
    room.addAndGet(needed);
    return false;
  }

  CorruptDataException damaged(IndexOutOfBoundsException cause) {
    return new CorruptDataException(
        "posting list: expected=documents below "
            + rowIds.length
            + ", found=others (path="
            + where
            + ")",
        cause);
  }

  /// A list as it is stored.
  Posting posting(int id) {
    TermList known = loaded.get(id);
    return known == null ? lists.load(id) : known.posting();
  }

  /// What a builder collected, for searches.
  static Partition of(PartitionBuilder builder, PostingFormat format, long room) {
    int count = builder.termCount();
    byte[][] terms = new byte[count][];
    Integer[] order = new Integer[count];
    for (int i = 0; i < count; i++) {
      terms[i] = builder.term(i).getBytes(java.nio.charset.StandardCharsets.UTF_8);
      order[i] = i;
    }
    java.util.Arrays.sort(order, (a, b) -> java.util.Arrays.compareUnsigned(terms[a], terms[b]));
    Dictionary.Builder tokens = new Dictionary.Builder("memory");
    for (int id : order) {
      tokens.add(terms[id], 0, terms[id].length, id);
    }
    PostingEncoder encoder =
        new PostingEncoder(format, builder.lengths(), builder.docCount(), builder.totalTokens());
    PartitionBuilder.Buffers buffers = new PartitionBuilder.Buffers();
    Posting[] postings = new Posting[count];
    for (int id = 0; id < count; id++) {
      postings[id] = builder.encode(id, encoder, buffers).posting();
    }
    Lists lists =
        new Lists() {
          @Override
          public int docCount(int id) {
            return postings[id].docCount();
          }

          @Override
          public Posting load(int id) {
            return postings[id];
          }
        };
    return new Partition(
        tokens.build(),
        java.util.Arrays.copyOf(builder.rowIds(), builder.docCount()),
        java.util.Arrays.copyOf(builder.lengths(), builder.docCount()),
        format,
        builder.positions(),
        lists,
        count,
        room,
        "memory");
  }
}
