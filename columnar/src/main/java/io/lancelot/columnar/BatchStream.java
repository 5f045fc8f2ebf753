package io.lancelot.columnar;

import java.util.Iterator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/// A sequence of batches of one schema, pulled by its consumer.
///
/// A batch belongs to the stream: it is valid until the next pull or until the stream is closed. A
/// consumer that needs it longer copies it ([Batches#copy]). Not thread-safe. Closing releases
/// memory and files and is idempotent.
public interface BatchStream extends AutoCloseable {

  Schema schema();

  /// The next batch, or null at the end. Batches may be empty.
  @Nullable Batch next();

  @Override
  void close();

  /// A stream over batches that somebody else owns.
  static BatchStream of(Schema schema, List<Batch> batches) {
    Iterator<Batch> iterator = batches.iterator();
    return new BatchStream() {
      @Override
      public Schema schema() {
        return schema;
      }

      @Override
      public @Nullable Batch next() {
        return iterator.hasNext() ? iterator.next() : null;
      }

      @Override
      public void close() {}
    };
  }
}
