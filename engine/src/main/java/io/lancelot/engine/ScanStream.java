package io.lancelot.engine;

import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.table.Fragment;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Objects;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.roaringbitmap.RoaringBitmap;

/// Reads the live rows of all fragments in order, or those that pass a filter, piece by piece.
///
/// Where indices know which rows may pass, only these are read. Where reading a piece takes its
/// time and nobody said that few rows are enough, the next ones are read ahead on other threads;
/// the caller's thread reads too while it would only wait.
final class ScanStream implements BatchStream {

  private static final int MAX_BATCH_ROWS = 8192;

  /// Pieces under way beside one for each thread: while a thread that reads the next piece is kept
  /// from its core, the caller has others to read.
  private static final int SPARE_PIECES = 6;

  /// Small fragments are read together up to so many rows, which are copied into one batch, and so
  /// many fragments, so that several threads have something to do.
  private static final int SMALL_PIECE_ROWS = 4096;

  private static final int MAX_FRAGMENTS = 32;

  /// A piece that takes less is read faster than handed over.
  private static final long WORTH_HANDING_OVER_NANOS = 100_000;

  private final Execution execution;
  private final Plan.Scan plan;
  private final OptionalLong enough;
  private final Iterator<Fragment> fragments;
  private @Nullable RowFilter filter;

  /// Where the next piece begins.
  private @Nullable Fragment fragment;

  private @Nullable RoaringBitmap candidates;
  private long position;
  private int batchRows;

  /// Pieces being read, in order, the batch at hand, and readers without work.
  private final ArrayDeque<ScanPiece> ahead = new ArrayDeque<>();

  private @Nullable ScanPiece current;
  private final ArrayDeque<PieceReader> idle = new ArrayDeque<>();
  private int slowPieces;
  private boolean mayReadAhead;

  /// Whether memory was short once.
  private boolean starved;

  ScanStream(Execution execution, Plan.Scan plan, OptionalLong enough) {
    this.execution = execution;
    this.plan = plan;
    this.enough = enough;
    this.fragments = execution.snapshot().fragments().iterator();
    this.mayReadAhead = enough.isEmpty() && execution.context().parallelism() > 1;
  }

  @Override
  public Schema schema() {
    return plan.schema();
  }

  @Override
  public @Nullable Batch next() {
    while (true) {
      retire();
      readAhead();
      ScanPiece piece = ahead.pollFirst();
      if (piece == null) {
        return null;
      }
      current = piece;
      Batch batch = finish(piece);
      if (batch.rowCount() > 0) {
        return batch;
      }
    }
  }

  private void retire() {
    ScanPiece used = current;
    current = null;
    if (used != null) {
      if (starved) {
        used.reader().release();
      }
      idle.addLast(used.reader());
    }
  }

  /// Starts as many pieces as may be under way.
  private void readAhead() {
    boolean side = mayReadAhead && slowPieces > 1;
    int most = side ? execution.context().parallelism() + SPARE_PIECES : 1;
    while (ahead.size() < most) {
      ScanPiece piece = nextPiece();
      if (piece == null) {
        return;
      }
      ahead.addLast(piece);
      if (side) {
        execution.context().cpu().execute(piece);
      }
    }
  }

  private Batch finish(ScanPiece piece) {
    long began = System.nanoTime();
    if (piece.runHere()) {
      slowPieces = System.nanoTime() - began < WORTH_HANDING_OVER_NANOS ? 0 : slowPieces + 1;
    }
    Iterator<ScanPiece> others = ahead.iterator();
    while (!piece.isDone() && others.hasNext()) {
      others.next().runHere();
    }
    try {
      return piece.batch();
    } catch (ResourceExhaustedException e) {
      if (ahead.isEmpty()) {
        throw e;
      }
    }
    return alone(piece);
  }

  /// Reads a piece again for which there was not enough memory beside those read ahead.
  private Batch alone(ScanPiece piece) {
    mayReadAhead = false;
    starved = true;
    idle.forEach(PieceReader::release);
    for (int i = ahead.size(); i > 0; i--) {
      ScanPiece other = ahead.removeFirst();
      other.stop();
      other.reader().release();
      ahead.addLast(other.again());
    }
    ScanPiece again = piece.again();
    current = again;
    again.runHere();
    return again.batch();
  }

  private @Nullable ScanPiece nextPiece() {
    List<ScanPiece.Part> parts = new ArrayList<>();
    int rows = 0;
    while (parts.size() < MAX_FRAGMENTS) {
      Fragment at = fragment == null ? nextFragment() : fragment;
      boolean more =
          at != null
              && (parts.isEmpty() || enough.isEmpty() && position == 0 && left(at) <= room(rows));
      if (!more) {
        break;
      }
      ScanPiece.Part part = nextPart(Objects.requireNonNull(at));
      parts.add(part);
      rows += part.count();
    }
    if (parts.isEmpty()) {
      return null;
    }
    PieceReader reader = idle.pollLast();
    if (reader == null) {
      reader = new PieceReader(execution, plan, Objects.requireNonNull(filter));
    }
    return new ScanPiece(reader, parts);
  }

  /// How many rows of another fragment fit a piece beside those that it has.
  private int room(int rows) {
    return Math.min(batchRows, SMALL_PIECE_ROWS) - rows;
  }

  private long left(Fragment at) {
    RoaringBitmap some = candidates;
    return (some == null ? at.physicalRows() : some.getLongCardinality()) - position;
  }

  private ScanPiece.Part nextPart(Fragment at) {
    int count = (int) Math.min(batchRows, left(at));
    var part = new ScanPiece.Part(at, candidates, position, count);
    position += count;
    if (left(at) <= 0) {
      fragment = null;
    }
    return part;
  }

  private @Nullable Fragment nextFragment() {
    RowFilter rowFilter = filter;
    if (rowFilter == null) {
      rowFilter = RowFilter.of(execution, plan.filter(), plan.index());
      filter = rowFilter;
    }
    while (fragments.hasNext()) {
      Fragment next = fragments.next();
      RoaringBitmap known = rowFilter.candidates(next);
      if (known != null && known.isEmpty()) {
        continue;
      }
      fragment = next;
      candidates = known;
      position = 0;
      batchRows = ColumnsOfFragment.rowsPerRead(next, MAX_BATCH_ROWS);
      if (enough.isPresent() && rowFilter.condition(next).isEmpty()) {
        batchRows = Math.clamp(enough.getAsLong(), 1, batchRows);
      }
      return next;
    }
    return null;
  }

  @Override
  public void close() {
    mayReadAhead = false;
    retire();
    while (!ahead.isEmpty()) {
      ScanPiece piece = ahead.removeFirst();
      piece.stop();
      idle.addLast(piece.reader());
    }
    while (!idle.isEmpty()) {
      idle.removeLast().close();
    }
    fragment = null;
    while (fragments.hasNext()) {
      fragments.next();
    }
  }
}
