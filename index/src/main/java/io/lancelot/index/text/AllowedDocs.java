package io.lancelot.index.text;

import java.util.function.LongPredicate;
import org.jspecify.annotations.Nullable;

/// Which documents of a partition may be found.
final class AllowedDocs {

  private final Partition partition;
  private final LongPredicate rows;
  private final @Nullable PassingDocs passing;

  /// @param rows says it of each row
  /// @param passing the documents whose rows pass the filter, if they are known: some of them may
  ///   be out of date, which only `rows` can tell
  AllowedDocs(Partition partition, LongPredicate rows, @Nullable PassingDocs passing) {
    this.partition = partition;
    this.rows = rows;
    this.passing = passing;
  }

  boolean test(int doc) {
    return !rejects(doc) && rows.test(partition.rowId(doc));
  }

  /// Whether it takes next to nothing to know that a document may not be found, and that is so.
  boolean rejects(int doc) {
    return passing != null && !passing.has(doc);
  }
}
