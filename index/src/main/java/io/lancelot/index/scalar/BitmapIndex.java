package io.lancelot.index.scalar;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.Column;
import io.lancelot.expr.Filter;
import io.lancelot.index.IndexWork;
import io.lancelot.index.RowSet;
import io.lancelot.index.ScalarIndex;
import java.util.Map;
import java.util.Optional;

/// A segment of a bitmap index. Answers every condition on its column, by trying it on each
/// distinct value as a scan would on each row.
final class BitmapIndex implements ScalarIndex {

  private final BitmapFile file;

  BitmapIndex(BitmapFile file) {
    this.file = file;
  }

  BitmapFile file() {
    return file;
  }

  @Override
  public boolean storesAddresses() {
    return false;
  }

  @Override
  public Optional<Outlook> outlook(Filter condition) {
    return condition.repeatable()
        ? Optional.of(new Outlook(file.keys().length(), true))
        : Optional.empty();
  }

  @Override
  public Optional<Matches> search(Filter condition, IndexWork work) {
    Column keys = file.keys();
    int count = keys.length();
    if (count == 0) {
      return Optional.of(new Matches(RowSet.EMPTY, true, () -> RowSet.EMPTY));
    }
    try (Scratch scratch = file.scratch()) {
      Filter.Answers answers = condition.answers(KeyBatch.of(condition, keys), scratch);
      work.compared(count);
      int[] chosen = ones(answers.truths());
      RowSet rows = file.rows(chosen, chosen.length, work);
      Bits unknown = answers.unknown();
      int[] open = unknown == null ? new int[0] : ones(unknown);
      return Optional.of(new Matches(rows, true, () -> file.rows(open, open.length, work)));
    } catch (InvalidInputException _) {
      // It fails for some value, of which there may not be a live row: the scan will tell.
      return Optional.empty();
    }
  }

  static int[] ones(Bits bits) {
    int[] ones = new int[bits.count()];
    int next = 0;
    for (int at = 0; at < bits.length(); at += 64) {
      long word = bits.word(at);
      while (word != 0) {
        ones[next++] = at + Long.numberOfTrailingZeros(word);
        word &= word - 1;
      }
    }
    return ones;
  }

  @Override
  public long heldBytes() {
    return file.heldBytes();
  }

  @Override
  public Map<String, Object> statistics() {
    return Map.of("num_bitmaps", (long) file.keys().length());
  }

  @Override
  public void prewarm() {
    file.prewarm();
  }

  @Override
  public void close() {
    file.close();
  }
}
