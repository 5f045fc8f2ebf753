package io.lancelot.bench;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.arrow.c.ArrowArrayStream;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.jspecify.annotations.Nullable;
import org.lance.Dataset;
import org.lance.WriteParams;
import org.lance.ipc.LanceScanner;
import org.lance.merge.MergeInsertParams;

/// lance-core: the Rust engine of LanceDB through its Java binding.
final class LanceMutator implements Mutator {

  /// Each data set in Arrow Java's memory, made before any clock starts: [#prepare].
  private final Map<DataSet, ArrowPeer> arrow = new HashMap<>();

  private @Nullable Dataset table;
  private String uri = "";

  /// Takes rows over into Arrow Java's memory.
  void prepare(DataSet rows) {
    arrow.computeIfAbsent(rows, ArrowPeer::new);
  }

  /// Forgets rows.
  void release(DataSet rows) {
    ArrowPeer peer = arrow.remove(rows);
    if (peer != null) {
      closeTable();
      peer.close();
    }
  }

  private ArrowPeer peer(DataSet rows) {
    ArrowPeer peer = arrow.get(rows);
    if (peer == null) {
      throw new IllegalStateException("rows were not prepared");
    }
    return peer;
  }

  @Override
  public String name() {
    return "lance";
  }

  @Override
  public void create(Path folder, DataSet rows) {
    closeTable();
    uri = uriIn(folder);
    ArrowPeer peer = peer(rows);
    try (ArrowArrayStream stream = peer.export()) {
      table = Dataset.write().allocator(peer.allocator()).stream(stream).uri(uri).execute();
    }
  }

  private static String uriIn(Path folder) {
    return folder.resolve(LancelotMutator.TABLE + ".lance").toString();
  }

  @Override
  public void open(Path folder) {
    closeTable();
    uri = uriIn(folder);
    table = Dataset.open().allocator(any().allocator()).uri(uri).build();
  }

  private ArrowPeer any() {
    return arrow.values().iterator().next();
  }

  private Dataset table() {
    Dataset open = table;
    if (open == null) {
      throw new IllegalStateException("no table yet");
    }
    return open;
  }

  @Override
  public void append(DataSet rows) {
    ArrowPeer peer = peer(rows);
    Dataset before = table();
    try (ArrowArrayStream stream = peer.export()) {
      table =
          Dataset.write().allocator(peer.allocator()).stream(stream)
              .uri(uri)
              .mode(WriteParams.WriteMode.APPEND)
              .execute();
    }
    before.close();
  }

  /// Closing a scanner may be interrupted, which javac warns of; nobody interrupts here.
  @Override
  @SuppressWarnings("try")
  public long scan() {
    try (LanceScanner scanner = table().newScan();
        ArrowReader reader = scanner.scanBatches()) {
      return ArrowPeer.read(reader);
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      throw new IllegalStateException("lance-core failed", e);
    }
  }

  @Override
  public boolean updates() {
    return false;
  }

  @Override
  public void update(String predicate) {
    // Not asked for: see updates().
    throw new UnsupportedOperationException("lance-core for Java has no update");
  }

  @Override
  public void delete(String predicate) {
    table().delete(predicate);
  }

  @Override
  public void merge(DataSet rows) {
    MergeInsertParams how =
        new MergeInsertParams(List.of("id"))
            .withMatchedUpdateAll()
            .withNotMatched(MergeInsertParams.WhenNotMatched.InsertAll);
    Dataset before = table();
    try (ArrowArrayStream stream = peer(rows).export()) {
      table = before.mergeInsert(how, stream).dataset();
    }
    before.close();
  }

  @Override
  public void compact() {
    table().compact();
  }

  private void closeTable() {
    if (table != null) {
      table.close();
      table = null;
    }
  }

  @Override
  public void close() {
    closeTable();
    arrow.values().forEach(ArrowPeer::close);
    arrow.clear();
  }
}
