package io.lancelot.index.scalar;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import io.lancelot.expr.Filter;
import io.lancelot.expr.Probe;
import io.lancelot.file.ColumnReader;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexWork;
import io.lancelot.index.RowSet;
import io.lancelot.index.ScalarIndex;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A segment of an n-gram index. Finds rows whose text has all trigrams of what is looked for,
/// which may stand there apart from each other.
final class NGramIndex implements ScalarIndex {

  private static final int SHARE = 8;

  private final SegmentFile file;
  private final ColumnReader reader;
  private final int[] tokens;
  private final AtomicReferenceArray<@Nullable RowSet> lists;
  private final ReentrantLock lock = new ReentrantLock();
  private final long keepBytes;
  private volatile long keptBytes;

  NGramIndex(IndexFiles files) {
    file = SegmentFile.open(files, NGramKind.NAME);
    keepBytes = files.context().memory().limitBytes() / SHARE;
    try {
      long[] stored = file.numbers(NGramKind.TOKENS, Types.UINT32);
      tokens = new int[stored.length];
      for (int i = 0; i < stored.length; i++) {
        if (stored[i] >= Trigrams.COUNT || i > 0 && stored[i] <= tokens[i - 1]) {
          throw new CorruptDataException(
              "trigram: expected=ascending numbers below "
                  + Trigrams.COUNT
                  + ", found="
                  + stored[i]
                  + " "
                  + file.place());
        }
        tokens[i] = (int) stored[i];
      }
      lists = new AtomicReferenceArray<>(tokens.length);
      reader = file.column(NGramKind.POSTINGS, Types.BINARY);
    } catch (RuntimeException | Error e) {
      file.close();
      throw e;
    }
  }

  @Override
  public boolean storesAddresses() {
    return false;
  }

  @Override
  public Optional<Outlook> outlook(Filter condition) {
    return condition.probe() instanceof Probe.Keys keys && Trigrams.ofParts(keys.parts()).length > 0
        ? Optional.of(new Outlook(1024, false))
        : Optional.empty();
  }

  @Override
  public Optional<Matches> search(Filter condition, IndexWork work) {
    if (!(condition.probe() instanceof Probe.Keys keys)) {
      return Optional.empty();
    }
    int[] wanted = Trigrams.ofParts(keys.parts());
    if (wanted.length == 0) {
      return Optional.empty();
    }
    RowSet rows = null;
    for (int token : wanted) {
      work.compared(1);
      RowSet own = rows(token, work);
      rows = rows == null ? own : rows.and(own);
      if (rows.isEmpty()) {
        break;
      }
    }
    return Optional.of(new Matches(rows == null ? RowSet.EMPTY : rows, false, null));
  }

  /// The rows of one trigram.
  @SuppressWarnings("NonAtomicVolatileUpdate") // Written under the lock alone.
  RowSet rows(int token, IndexWork work) {
    int at = Arrays.binarySearch(tokens, token);
    if (at < 0) {
      return RowSet.EMPTY;
    }
    RowSet known = lists.get(at);
    if (known != null) {
      return known;
    }
    lock.lock();
    try (Scratch scratch = file.memory().scratch()) {
      byte[] bytes =
          ((VarColumn) file.checked(reader.read(at, 1, scratch)))
              .bytesAt(0)
              .toArray(ValueLayout.JAVA_BYTE);
      work.loaded(bytes.length);
      RowSet rows = RowSet.fromRoaringTreemap(ByteBuffer.wrap(bytes), file.path());
      if (keptBytes < keepBytes) {
        lists.set(at, rows);
        keptBytes += 2L * bytes.length + 64;
      }
      return rows;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long heldBytes() {
    return keptBytes;
  }

  @Override
  public Map<String, Object> statistics() {
    return Map.of("num_ngrams", (long) tokens.length);
  }

  @Override
  public void prewarm() {
    IndexWork work = new IndexWork();
    for (int i = 0; i < tokens.length && keptBytes < keepBytes; i++) {
      rows(tokens[i], work);
    }
  }

  @Override
  public void close() {
    file.close();
  }
}
