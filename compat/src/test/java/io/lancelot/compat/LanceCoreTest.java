package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.compat.Cases.Case;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.apache.arrow.dataset.scanner.Scanner;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorLoader;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.VectorUnloader;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.ArrowFileWriter;
import org.apache.arrow.vector.ipc.ArrowReader;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.lance.Dataset;
import org.lance.WriteParams;

/// The real Lance as Java users have it today, over JNI: an older core than the Python one, so this
/// is also a test across releases. Runs in a JVM of its own, for Arrow Java needs flags.
@Tag("lance-core")
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class LanceCoreTest {

  /// Arrow Java 18 reads and writes IPC files of these without trouble of its own.
  private static final List<String> TYPES =
      List.of(
          "bool",
          "int8",
          "int64",
          "uint32",
          "float",
          "double",
          "string",
          "binary",
          "large_string",
          "date32[day]",
          "timestamp[us, tz=UTC]",
          "decimal128(38, 10)",
          "fixed_size_binary[16]",
          "fsl<float,4>",
          "fsl<float,128>",
          "list<int32>",
          "list<string>",
          "list<list<int32>>",
          "list<struct>",
          "struct<int32,string>",
          "struct<struct<struct>>");

  private final Oracle oracle = Oracle.start();
  private final Ours ours = Ours.underTest(oracle);
  private final BufferAllocator allocator = new RootAllocator();

  @AfterAll
  void close() {
    allocator.close();
    oracle.close();
  }

  List<Case> cases() {
    List<Case> cases = new ArrayList<>();
    for (String format : Cases.FORMATS) {
      for (String type : TYPES) {
        // Version 2.0 holds no null structs.
        if (!format.equals("2.0") || !type.contains("struct")) {
          cases.add(new Case(type, Data.column(type, 1025), format));
        }
      }
      cases.add(new Case("vectors", Data.vectors(20_000, 32), format));
    }
    return cases;
  }

  @ParameterizedTest
  @MethodSource("cases")
  @SuppressWarnings("try") // closing a scanner may be interrupted, says its signature
  void weWriteLanceCoreReads(Case it, @TempDir Path dir) throws Exception {
    Path arrow = oracle.make(it.data(), dir.resolve("in.arrow"));
    ours.importArrow(dir, "t", arrow, Ours.Mode.CREATE, it.format());

    Path out = dir.resolve("out.arrow");
    try (Dataset dataset =
            Dataset.open().allocator(allocator).uri(Ours.folder(dir, "t").toString()).build();
        Scanner scanner = dataset.newScan();
        ArrowReader reader = scanner.scanBatches()) {
      assertThat(dataset.countRows()).isEqualTo(ours.count(dir, "t", OptionalLong.empty()));
      save(reader, out);
    }
    assertThat(oracle.difference(Data.arrow(out), it.data())).isEmpty();
  }

  /// Arrow Java hands on the 8-byte alignment of IPC files, at which lance-core aborts the process
  /// when the values are decimals.
  List<Case> writable() {
    return cases().stream().filter(it -> !it.name().startsWith("decimal")).toList();
  }

  @ParameterizedTest
  @MethodSource("writable")
  void lanceCoreWritesWeRead(Case it, @TempDir Path dir) throws Exception {
    Path arrow = oracle.make(it.data(), dir.resolve("in.arrow"));
    try (FileChannel file = FileChannel.open(arrow, StandardOpenOption.READ);
        ArrowFileReader reader = new ArrowFileReader(file, allocator);
        Dataset dataset =
            Dataset.write()
                .allocator(allocator)
                .reader(reader)
                .uri(Ours.folder(dir, "t").toString())
                .mode(WriteParams.WriteMode.CREATE)
                .maxRowsPerFile(700)
                .dataStorageVersion(it.format())
                .execute()) {
      assertThat(dataset.version()).isEqualTo(1);
    }

    Path out = dir.resolve("out.arrow");
    ours.exportArrow(dir, "t", OptionalLong.empty(), out);
    assertThat(oracle.difference(Data.arrow(out), it.data())).isEmpty();
    oracle.call("validate", Map.of("lance", Ours.folder(dir, "t")));
  }

  private void save(ArrowReader reader, Path out) throws Exception {
    try (FileChannel file =
            FileChannel.open(out, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
        VectorSchemaRoot copy =
            VectorSchemaRoot.create(reader.getVectorSchemaRoot().getSchema(), allocator);
        ArrowFileWriter writer = new ArrowFileWriter(copy, null, file)) {
      writer.start();
      while (reader.loadNextBatch()) {
        try (var batch = new VectorUnloader(reader.getVectorSchemaRoot()).getRecordBatch()) {
          new VectorLoader(copy).load(batch);
          writer.writeBatch();
        }
      }
      writer.end();
    }
  }
}
