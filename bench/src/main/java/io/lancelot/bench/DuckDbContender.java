package io.lancelot.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.sql.Connection;
import java.sql.DriverManager;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.stream.Collectors;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.duckdb.DuckDBConnection;
import org.duckdb.DuckDBResultSet;
import org.jspecify.annotations.Nullable;

/// DuckDB over JDBC: rows in and out as Arrow streams, vectors as arrays, compared by its array
/// functions.
final class DuckDbContender implements Contender {

  private static final long BATCH_ROWS = DataSet.BATCH_ROWS;

  private final ArrowPeer arrow;
  private final Optional<Vectors> vectors;
  private String url = "";
  private @Nullable DuckDBConnection connection;
  private final ThreadLocal<Map<Similarity, PreparedStatement>> searches =
      ThreadLocal.withInitial(() -> new EnumMap<>(Similarity.class));
  private final Queue<Connection> searching = new ConcurrentLinkedQueue<>();

  DuckDbContender(DataSet data) {
    arrow = new ArrowPeer(data);
    vectors = data.vectors();
  }

  @Override
  public String name() {
    return "duckdb";
  }

  @Override
  public boolean tables() {
    return true;
  }

  @Override
  public void ingest(Path folder) {
    closeConnection();
    url = "jdbc:duckdb:" + folder.resolve("rows.duckdb");
    DuckDBConnection fresh = connect();
    connection = fresh;
    try (ArrowArrayStream stream = arrow.export();
        Statement statement = fresh.createStatement()) {
      fresh.registerArrowStream("given", stream);
      statement.execute("CREATE TABLE rows AS SELECT * FROM given");
      statement.execute("CHECKPOINT");
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public void reopen() {
    closeConnection();
    connection = connect();
  }

  private DuckDBConnection connect() {
    try {
      return (DuckDBConnection) DriverManager.getConnection(url);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  private DuckDBConnection connection() {
    DuckDBConnection open = connection;
    if (open == null) {
      throw new IllegalStateException("no table yet");
    }
    return open;
  }

  @Override
  public long scan(List<String> columns) {
    return read("SELECT " + list(columns) + " FROM rows");
  }

  @Override
  public long scan(List<String> columns, String predicate) {
    return read("SELECT " + list(columns) + " FROM rows WHERE " + predicate);
  }

  /// Its only index is one for keys, which its manual advises for highly selective filters.
  @Override
  public boolean index(String column, String kind) {
    if (!kind.equals("BTREE")) {
      return false;
    }
    execute("DROP INDEX IF EXISTS " + column + "_index");
    execute("CREATE INDEX " + column + "_index ON rows (" + column + ")");
    return true;
  }

  @Override
  public boolean delete(String predicate) {
    execute("DELETE FROM rows WHERE " + predicate);
    return true;
  }

  @Override
  public boolean update(String predicate, String column, String value) {
    execute("UPDATE rows SET " + column + " = " + value + " WHERE " + predicate);
    return true;
  }

  private void execute(String sql) {
    try (Statement statement = connection().createStatement()) {
      statement.execute(sql);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public long take(long[] positions, List<String> columns) {
    String rows =
        Arrays.stream(positions).mapToObj(Long::toString).collect(Collectors.joining(","));
    return read("SELECT " + list(columns) + " FROM rows WHERE rowid IN (" + rows + ")");
  }

  private static String list(List<String> columns) {
    return columns.stream().map(column -> '"' + column + '"').collect(Collectors.joining(","));
  }

  private long read(String sql) {
    try (Statement statement = connection().createStatement();
        ResultSet result = statement.executeQuery(sql);
        ArrowReader reader =
            (ArrowReader)
                ((DuckDBResultSet) result).arrowExportStream(arrow.allocator(), BATCH_ROWS)) {
      return ArrowPeer.read(reader);
    } catch (SQLException e) {
      throw failed(e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public long count(String predicate) {
    try (Statement statement = connection().createStatement();
        ResultSet result = statement.executeQuery("SELECT count(*) FROM rows WHERE " + predicate)) {
      result.next();
      return result.getLong(1);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public long[] nearest(Similarity similarity, float[] query, int k) {
    try {
      PreparedStatement search = searches.get().get(similarity);
      if (search == null) {
        search = prepare(similarity, k);
        searches.get().put(similarity, search);
      }
      search.setString(1, Arrays.toString(query));
      long[] found = new long[k];
      int count = 0;
      try (ResultSet result = search.executeQuery()) {
        while (result.next()) {
          found[count++] = result.getLong(1);
        }
      }
      return Arrays.copyOf(found, count);
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  /// A connection serves one thread at a time, so each thread gets one of its own to the same
  /// database.
  private PreparedStatement prepare(Similarity similarity, int k) throws SQLException {
    Vectors searched = vectors.orElseThrow();
    String distance =
        switch (similarity) {
          case L2 -> "array_distance";
          case COSINE -> "array_cosine_distance";
          case DOT -> "array_negative_inner_product";
        };
    Connection own = connection().duplicate();
    searching.add(own);
    return own.prepareStatement(
        "SELECT id FROM rows ORDER BY "
            + distance
            + "("
            + searched.column()
            + ", ?::FLOAT["
            + searched.dim()
            + "]) LIMIT "
            + k);
  }

  private static IllegalStateException failed(SQLException e) {
    return new IllegalStateException("duckdb failed: " + e.getMessage(), e);
  }

  private void closeConnection() {
    try {
      for (Connection own = searching.poll(); own != null; own = searching.poll()) {
        own.close();
      }
      if (connection != null) {
        connection.close();
        connection = null;
      }
    } catch (SQLException e) {
      throw failed(e);
    }
  }

  @Override
  public void close() {
    closeConnection();
    arrow.close();
  }
}
