package io.lancelot;

import io.lancelot.base.CancelledException;
import io.lancelot.base.Context;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Values;
import io.lancelot.engine.Alteration;
import io.lancelot.engine.Assignment;
import io.lancelot.engine.IndexInfo;
import io.lancelot.engine.MergeInsert;
import io.lancelot.engine.SearchReport;
import io.lancelot.expr.Expr;
import io.lancelot.index.BuildEstimate;
import io.lancelot.index.BuildProgress;
import io.lancelot.table.Blob;
import io.lancelot.table.ChangeFeed;
import io.lancelot.table.CleanupOptions;
import io.lancelot.table.CleanupReport;
import io.lancelot.table.VersionInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/// A table: rows in columns, with every version it ever had. Thread-safe.
///
/// A handle reads the latest version, looking for commits of others at the interval the connection
/// was opened with, until [#checkout] pins it to one version.
///
/// Tables on disk are read and written in this process; those of a server (`db://`) by it. What
/// only the one can do is refused by the other as [io.lancelot.base.UnsupportedFeatureException].
public abstract class Table implements AutoCloseable {

  /// Rows are indexed by other processes too, so there is nothing in this one to wait on: the table
  /// is asked.
  private static final Duration INDEX_POLL = Duration.ofMillis(50);

  public abstract String name();

  /// The columns of the version this handle reads.
  public abstract Schema schema();

  /// The version this handle reads.
  public abstract long version();

  /// The version of the file format that new rows are written in: `2.2`.
  public abstract String dataStorageVersion();

  /// Adds rows: records or maps.
  ///
  /// @return the new version
  /// @throws InvalidInputException if a row does not fit the schema, or a vector has not-a-number
  ///   in it; nothing was added
  public long add(Collection<?> rows) {
    return add(rows, BadVectors.error());
  }

  /// Adds rows: records or maps.
  ///
  /// @return the new version
  public long add(Collection<?> rows, BadVectors badVectors) {
    BadVectors policy = badVectors.in(RecordMapping.vectorsOf(rows));
    Schema schema = StoredRows.given(schema());
    Schema given = policy.policy() == BadVectors.Policy.ERROR ? schema : policy.accepts(schema);
    try (Scratch scratch = context().memory().scratch()) {
      Batch batch = RecordMapping.toBatch(given, rows, scratch);
      return add(BatchStream.of(batch.schema(), List.of(batch)), policy);
    }
  }

  /// Adds the rows of a stream, which is read to its end and closed. Columns may come in another
  /// order; nullable ones may be missing.
  ///
  /// @return the new version
  public long add(BatchStream rows) {
    return add(rows, BadVectors.error());
  }

  /// Adds the rows of a stream, which is read to its end and closed.
  ///
  /// @return the new version
  public long add(BatchStream rows, BadVectors badVectors) {
    return add(rows, badVectors, false);
  }

  /// Adds the rows of a stream, which is read to its end and closed.
  ///
  /// @param externalBlobs whether values of columns of blobs may stay where their URIs say, outside
  ///   the table: nothing keeps them from changing or going away
  /// @return the new version
  public long add(BatchStream rows, BadVectors badVectors, boolean externalBlobs) {
    try (rows) {
      checkNotPinned("add");
      try (BatchStream checked =
          CheckedVectors.of(rows, Optional.of(schema()), badVectors, context())) {
        return append(checked, externalBlobs);
      }
    }
  }

  /// Replaces all rows, and the schema, by those of a stream, which is read to its end and closed.
  /// Older versions stay.
  ///
  /// @return the new version
  public long overwrite(BatchStream rows) {
    return overwrite(rows, BadVectors.error());
  }

  /// Replaces all rows, and the schema, by those of a stream, which is read to its end and closed.
  ///
  /// @return the new version
  public long overwrite(BatchStream rows, BadVectors badVectors) {
    try (rows) {
      checkNotPinned("overwrite");
      try (BatchStream checked = CheckedVectors.of(rows, Optional.empty(), badVectors, context())) {
        return replace(checked);
      }
    }
  }

  /// What a deletion did.
  ///
  /// @param rows how many rows it removed
  /// @param version the version it made; the version read if there was nothing to remove
  public record DeleteResult(long rows, long version) {}

  /// Deletes the rows for which a predicate is true.
  public abstract DeleteResult delete(String predicate);

  /// What an update did.
  ///
  /// @param rowsUpdated how many rows have new values
  /// @param version the version it made; the version read if there was nothing to change
  public record UpdateResult(long rowsUpdated, long version) {}

  /// Gives rows new values: `update().where("id = 7").set("name", "x").execute()`.
  public UpdateBuilder update() {
    return new UpdateBuilder(this);
  }

  /// What a merge did.
  ///
  /// @param version the version it made; the version read if there was nothing to change
  public record MergeResult(long numInserted, long numUpdated, long numDeleted, long version) {}

  /// Merges rows by key: `mergeInsert("id").whenMatchedUpdateAll().whenNotMatchedInsertAll()
  /// .execute(rows)`.
  ///
  /// @param on the key columns; none for the table's primary key
  public MergeInsertBuilder mergeInsert(String... on) {
    return new MergeInsertBuilder(this, List.of(on));
  }

  MergeResult merge(MergeInsert how, Collection<?> rows) {
    Schema schema = StoredRows.given(schema());
    List<String> given = RecordMapping.columnsOf(rows);
    Schema source = schema.select(schema.names().stream().filter(given::contains).toList());
    try (Scratch scratch = context().memory().scratch()) {
      Batch batch = RecordMapping.toBatch(source, rows, scratch);
      return merge(how, BatchStream.of(batch.schema(), List.of(batch)));
    }
  }

  final MergeResult merge(MergeInsert how, BatchStream rows) {
    try (rows) {
      checkNotPinned("merge");
      try (BatchStream checked =
          CheckedVectors.of(rows, Optional.of(schema()), BadVectors.error(), context())) {
        return mergeRows(how, checked);
      }
    }
  }

  /// Opens the values of a column of blobs, without reading them: of each, any range can be read.
  /// The caller closes them.
  ///
  /// @param column a name, or the path of a member of structs: `page.image`
  /// @param rowIds as `_rowid` gives them, in any order
  /// @return one handle per id, null where the value, or the struct it belongs to, is null
  /// @throws InvalidInputException if the column is not one of blobs, or an id is none of a row
  ///   that is there
  public abstract List<@Nullable Blob> takeBlobs(String column, long... rowIds);

  /// Adds columns computed from the rows there are: name to SQL expression, such as
  /// `Map.of("gross", "net * 1.19")`. Only the new columns are written. A name such as
  /// `stats.magic` adds a field to a struct.
  ///
  /// @return the new version
  public abstract long addColumns(Map<String, String> expressions);

  /// Adds columns that are null in all rows there are. No data is written.
  ///
  /// @return the new version
  public abstract long addColumns(Schema columns);

  /// Adds columns that a function makes of the rows there are. It gets a batch of the columns it
  /// asks for, and returns one of as many rows that has the new columns; several threads call it.
  ///
  /// @param columns what it makes
  /// @param inputs the columns that it gets; empty for all
  /// @return the new version
  public abstract long addColumns(
      Schema columns, List<String> inputs, Function<Batch, Batch> function);

  /// Adds the columns of a stream, joined to the rows there are by key; rows without a partner get
  /// nulls. The stream is read to its end, held in memory, and closed.
  ///
  /// @param on columns that both have
  /// @return the new version
  public abstract long addColumns(List<String> on, BatchStream rows);

  /// Changes names, types and nullability: `alterColumns(ColumnAlteration.of("x").rename("y"))`.
  /// Data is written anew only for another type.
  ///
  /// @return the new version
  public long alterColumns(ColumnAlteration... alterations) {
    return alter(Arrays.stream(alterations).map(ColumnAlteration::spec).toList());
  }

  /// Removes columns, and the indices on them. Older versions keep them.
  ///
  /// @return the new version
  public abstract long dropColumns(String... columns);

  /// Changes what is noted about a column, or a field inside one: keys get new values, or go where
  /// the value is null.
  ///
  /// @return the new version
  public abstract long updateFieldMetadata(String column, Map<String, @Nullable String> changes);

  /// Changes what is noted about the schema; as [#updateFieldMetadata].
  ///
  /// @return the new version
  public abstract long updateSchemaMetadata(Map<String, @Nullable String> changes);

  /// Changes the table's settings (`lance.*` are the format's own); as [#updateFieldMetadata].
  ///
  /// @return the new version
  public abstract long updateConfig(Map<String, @Nullable String> changes);

  /// The table's settings.
  public abstract Map<String, String> config();

  public abstract long countRows();

  /// Counts the rows for which a predicate is true.
  public abstract long countRows(String predicate);

  /// Where the table lies.
  public abstract String uri();

  /// Figures about the version this handle reads.
  public abstract TableStats stats();

  /// The rows at positions in the order of a scan, as maps, in the order asked for and as often.
  ///
  /// @throws InvalidInputException if a position is not below the number of rows
  public List<Map<String, @Nullable Object>> takeOffsets(long... offsets) {
    List<Map<String, @Nullable Object>> rows = new ArrayList<>();
    try (Scratch scratch = context().memory().scratch()) {
      Batch batch = takeOffsets(offsets, scratch);
      for (int i = 0; i < batch.rowCount(); i++) {
        rows.add(Values.row(batch, i));
      }
    }
    return rows;
  }

  /// The rows at positions in the order of a scan, as records.
  public <T> List<T> takeOffsets(Class<T> recordClass, long... offsets) {
    try (Scratch scratch = context().memory().scratch()) {
      return RecordMapping.toRecords(recordClass, takeOffsets(offsets, scratch));
    }
  }

  /// All rows, to be narrowed down.
  public ScanQuery query() {
    return new ScanQuery(this);
  }

  /// The rows nearest to a vector.
  public VectorQuery search(float... vector) {
    return search(widen(vector));
  }

  /// The rows nearest to a vector.
  public VectorQuery search(double... vector) {
    return new VectorQuery(this, List.of(vector));
  }

  /// The rows nearest to several vectors. In a column whose rows hold lists of vectors (a
  /// multivector column) these are one query, as late interaction has it: a row's distance is the
  /// sum, over the vectors given, of the distance of the row's vector nearest to it. In other
  /// columns each is a query of its own, as in [#searchAll].
  public VectorQuery search(float[][] vectors) {
    return searchAll(List.of(vectors));
  }

  /// The rows that have some of these words, the best first, over all columns with a text index.
  public TextQuery search(String words) {
    return search(io.lancelot.index.FullTextQuery.Match.of(words));
  }

  /// The rows that answer a full-text query, the best first.
  public TextQuery search(io.lancelot.index.FullTextQuery query) {
    return new TextQuery(this, query);
  }

  /// The tokens that the text index of a column makes of a text, with their places: what a search
  /// finds the text by.
  ///
  /// @throws InvalidInputException if the column has no text index
  public abstract List<io.lancelot.index.text.Analyzer.Token> tokenize(String column, String text);

  /// A search by a vector and by words.
  public HybridQuery hybrid() {
    return new HybridQuery(this);
  }

  /// The rows nearest to each of several vectors: for each of them `limit` rows, told apart by
  /// `query_index`. In a multivector column they are one query: see [#search(float[][])].
  public VectorQuery searchAll(List<float[]> vectors) {
    List<double[]> wide = new ArrayList<>();
    vectors.forEach(vector -> wide.add(widen(vector)));
    return new VectorQuery(this, wide);
  }

  /// The rows nearest to each of several vectors of doubles.
  public VectorQuery searchAllDoubles(List<double[]> vectors) {
    return new VectorQuery(this, vectors);
  }

  private static double[] widen(float[] vector) {
    double[] wide = new double[vector.length];
    for (int i = 0; i < wide.length; i++) {
      wide[i] = vector[i];
    }
    return wide;
  }

  /// Waits until searches of this table's vectors by that distance run at full speed. In a fresh
  /// JVM they do so after about a second of searching by themselves; a server, or a benchmark, may
  /// want to have that behind it.
  ///
  /// @return whether they do, for every vector column that has this distance
  public abstract boolean warmUp(Distance metric, Duration patience);

  /// Builds an index over all rows and waits for it; see [Index] for the kinds. An index of the
  /// same name is replaced.
  ///
  /// @param column its name, or its path with dots: `stats.magic`
  /// @throws InvalidInputException if the column cannot be indexed so, or a setting makes no sense
  public IndexInfo createIndex(String column, Index index) {
    return createIndex(column, index, Index.Options.DEFAULT);
  }

  /// Builds an index over all rows and waits for it.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if the name is taken and may not be replaced
  public IndexInfo createIndex(String column, Index index, Index.Options options) {
    return createIndex(column, index, options, BuildProgress.NONE);
  }

  /// Builds an index and tells how far it is; `progress` may stop it by a
  /// [io.lancelot.base.CancelledException].
  public abstract IndexInfo createIndex(
      String column, Index index, Index.Options options, BuildProgress progress);

  /// What building a vector index will take of memory, disk and time, without building it. What the
  /// memory budget does not hold at all is refused by [#createIndex] in the beginning.
  ///
  /// @throws io.lancelot.base.UnsupportedFeatureException for other kinds of index, and in
  ///   databases of a server
  public abstract BuildEstimate estimateIndex(String column, Index index);

  /// The indices of the version this handle reads.
  public abstract List<IndexInfo> indices();

  /// One index.
  ///
  /// @throws NotFoundException if there is none of that name
  public abstract IndexInfo index(String name);

  /// Waits until indices cover all rows: those added since an index was built are covered after
  /// [#optimize], or some time later where a server does that by itself.
  ///
  /// @return whether they do; false if the time is over first
  /// @throws NotFoundException if there is none of one of the names
  public boolean waitForIndex(Duration patience, String... names) {
    long end = System.nanoTime() + patience.toNanos();
    while (Arrays.stream(names).anyMatch(name -> index(name).unindexedRows() > 0)) {
      if (System.nanoTime() - end >= 0) {
        return false;
      }
      try {
        Thread.sleep(INDEX_POLL);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new CancelledException("waiting for an index was interrupted", e);
      }
    }
    return true;
  }

  /// Figures about an index, one map for each of its segments; what they hold depends on the kind.
  ///
  /// @throws NotFoundException if there is none of that name
  public abstract List<Map<String, Object>> indexStatistics(String name);

  /// Removes an index.
  ///
  /// @throws NotFoundException if there is none of that name
  public abstract void dropIndex(String name);

  /// Loads an index into memory, as far as the budget goes, so that the first query finds it there.
  ///
  /// @throws NotFoundException if there is none of that name
  public abstract void prewarmIndex(String name);

  /// Writes small fragments together, drops deleted rows from files, indexes rows that no index
  /// covers yet, and removes versions older than seven days. Readers and writers go on meanwhile.
  /// Vector indices are trained anew when their rows have doubled or halved since, or rows came
  /// that are unlike those they know: this call then takes about as long as building them.
  ///
  /// @throws io.lancelot.base.CommitConflictException if others kept changing the same files
  public OptimizeReport optimize() {
    return optimize(OptimizeOptions.defaults());
  }

  /// Optimizes with options.
  public abstract OptimizeReport optimize(OptimizeOptions options);

  /// The table's history, oldest version first.
  public abstract List<VersionInfo> versions();

  /// Reads an older version from now on. Nothing can be written meanwhile.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such version
  public abstract void checkout(long version);

  /// Reads the version of that name from now on.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such tag
  /// @throws InvalidInputException if the tag is on another branch
  public abstract void checkout(String tag);

  /// Reads the newest version that was there at a time from now on. Nothing can be written
  /// meanwhile.
  ///
  /// @throws io.lancelot.base.NotFoundException if the table has none so old
  public abstract void checkout(Instant asOf);

  /// What became of rows between two versions: inserted, updated and deleted ones. Only for tables
  /// with stable row ids.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such version
  public abstract ChangeFeed changes(long from, long to);

  /// Removes versions older than seven days and files that no version refers to.
  public CleanupReport cleanup() {
    return cleanup(CleanupOptions.DEFAULT);
  }

  /// Removes old versions, and files that no version refers to. Never the latest version, one with
  /// a tag, or one that a branch began at; nor files of commits under way.
  public abstract CleanupReport cleanup(CleanupOptions options);

  /// The names of versions of this table and its branches.
  public abstract Tags tags();

  /// The branches of the table.
  public abstract Branches branches();

  /// The branch this handle is on; empty for the main line.
  public abstract Optional<String> branch();

  /// A handle on the version that this one reads now, for reads that belong together: it sees no
  /// later commits and writes nothing. What it reads with is this handle's, and ends with it;
  /// closing it closes nothing.
  public abstract Table pinned();

  /// Reads the latest version from now on.
  public abstract void checkoutLatest();

  /// Makes an older version's content the newest version, and reads that from now on.
  ///
  /// @return the new version
  public abstract long restore(long version);

  /// Takes the latest commit back: makes the content of the version before it the newest version.
  ///
  /// @return the new version
  /// @throws io.lancelot.base.NotFoundException if no older version is left
  public abstract long rollback();

  /// Makes the content of the version of that name the newest version, and reads that from now on.
  ///
  /// @return the new version
  public abstract long restore(String tag);

  /// Memory and processors of the connection.
  protected abstract Context context();

  /// Refuses to write while a version is checked out.
  protected abstract void checkNotPinned(String what);

  /// Adds rows whose vectors were looked at.
  protected abstract long append(BatchStream rows, boolean externalBlobs);

  /// Replaces rows and schema.
  protected abstract long replace(BatchStream rows);

  protected abstract long alter(List<Alteration> alterations);

  protected abstract UpdateResult updateRows(Optional<Expr> filter, List<Assignment> assignments);

  protected abstract MergeResult mergeRows(MergeInsert how, BatchStream rows);

  /// Rows at positions, in memory of `scratch`.
  protected abstract Batch takeOffsets(long[] offsets, Scratch scratch);

  protected abstract BatchStream run(io.lancelot.engine.Query query);

  /// The same, and how its vector search went: told before the first batch comes out.
  protected abstract BatchStream run(io.lancelot.engine.Query query, Consumer<SearchReport> report);

  protected abstract Schema outputSchema(io.lancelot.engine.Query query);

  protected abstract String analyze(io.lancelot.engine.Query query);

  protected abstract long verify(io.lancelot.engine.Query query);

  protected abstract String explain(io.lancelot.engine.Query query);

  /// Releases the files this handle has open; its streams end with it.
  @Override
  public abstract void close();
}
