package io.lancelot.index.scalar;

import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.VarColumn;
import io.lancelot.index.BuildProgress;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexKind;
import io.lancelot.index.IndexSource;
import io.lancelot.index.IndexSpec;
import io.lancelot.index.OpenIndex;
import io.lancelot.index.RowMapping;
import io.lancelot.table.IndexEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/// The FM index: finds any text in a column of text by looking at the letters of what is looked
/// for, not of the column. Its parts:
///
/// - [FmIndex] is a segment, open for searches; it consists of partitions.
/// - [FmFile] is the file of a partition: it names the texts and says how the letters are coded.
/// - [FmLetters] are the letters, which answer where a needle is, on [RankedBits] in the shape of a
///   [HuffmanTree].
/// - [FmWriter] makes partitions, with a [SuffixSorter].
///
/// Format: lance-format section 4.11.
public final class FmKind implements IndexKind {

  private static final int VERSION = 10;

  /// Segments of so few texts are always made one with what is added.
  private static final long SMALL = 10_000;

  @Override
  public String type() {
    return "FM";
  }

  @Override
  public Set<String> aliases() {
    return Set.of("FMINDEX");
  }

  @Override
  public String detailsName() {
    return "lance.index.pb.FMIndexDetails";
  }

  @Override
  public boolean answersFilters() {
    return true;
  }

  @Override
  public int maxVersion() {
    return VERSION;
  }

  @Override
  public void check(Field field, IndexSpec spec) {
    if (!(field.type() instanceof DataType.Utf8 || field.type() instanceof DataType.Binary)) {
      throw ColumnTypes.wrong(field, type(), "text or bytes");
    }
    spec.checkNames(Set.of());
  }

  @Override
  public Built build(IndexSource source, IndexSpec spec, IndexFiles into, BuildProgress progress) {
    try (FmWriter writer = new FmWriter(into)) {
      addAll(source, writer, progress);
      writer.finish();
    }
    return new Built(new byte[0], VERSION, List.of());
  }

  /// Sorts texts again only with at least as many new ones, or few; an index that grows bit by bit
  /// has a number of segments like the logarithm of its size.
  @Override
  public Built update(
      List<OpenIndex> segments,
      RowMapping moved,
      IndexSource added,
      IndexFiles into,
      BuildProgress progress) {
    List<OpenIndex> replaced = new ArrayList<>();
    try (FmWriter writer = new FmWriter(into)) {
      for (OpenIndex segment : segments) {
        FmIndex old = (FmIndex) segment;
        if (old.holdsNone(moved.in(old))) {
          replaced.add(old);
        } else if (old.textCount() <= Math.max(SMALL, added.rowCount()) && old.canBeCopied()) {
          old.copyTo(writer, moved.in(old));
          replaced.add(old);
        }
      }
      addAll(added, writer, progress);
      writer.finish();
    }
    return new Built(new byte[0], VERSION, replaced);
  }

  private static void addAll(IndexSource source, FmWriter writer, BuildProgress progress) {
    long done = 0;
    try (BatchStream rows = source.rows()) {
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        FixedColumn addresses = (FixedColumn) batch.column(IndexSource.ROW_ADDRESS);
        // A column of another kind has nothing but nulls.
        if (batch.column(0) instanceof VarColumn texts) {
          for (int i = 0; i < texts.length(); i++) {
            if (!texts.isNull(i)) {
              writer.add(addresses.longAt(i), texts.data(), texts.offset(i), texts.offset(i + 1));
            }
          }
        }
        done += batch.rowCount();
        progress.report("suffixes", done, source.rowCount());
      }
    }
  }

  @Override
  public OpenIndex open(IndexFiles files, IndexEntry entry, Field field) {
    if (entry.indexVersion() != VERSION) {
      throw new UnsupportedFeatureException(
          "version of an FM index: expected="
              + VERSION
              + ", found="
              + entry.indexVersion()
              + " (path="
              + files.path()
              + ")");
    }
    return new FmIndex(files);
  }
}
