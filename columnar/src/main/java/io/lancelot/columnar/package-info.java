/// Types, columns and batches in Arrow's physical layout over `MemorySegment`.
///
/// A [io.lancelot.columnar.Batch] is a set of equally long immutable [io.lancelot.columnar.Column]s
/// under a [io.lancelot.columnar.Schema]. Columns are views: slicing copies nothing, and a column
/// lives as long as the memory it looks at. That memory belongs to whoever allocated it: the stream
/// that produced the batch (until its next batch), a [io.lancelot.base.Scratch], or an arena.
@NullMarked
package io.lancelot.columnar;

import org.jspecify.annotations.NullMarked;
