package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Indices that older releases of the real Lance wrote; `src/test/golden` has the script.
class OldIndexTest {

  record Row(long id, @Vector(8) float[] vector) {}

  record Hit(long id, float _distance) {}

  @TempDir Path folder;

  private void unzip(String name) throws IOException {
    try (InputStream file = Objects.requireNonNull(getClass().getResourceAsStream(name));
        ZipInputStream zip = new ZipInputStream(file)) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        Path target = folder.resolve(entry.getName()).normalize();
        Files.createDirectories(Objects.requireNonNull(target.getParent()));
        Files.write(target, zip.readAllBytes());
      }
    }
  }

  /// Before 0.39 the codebook stands in the settings of the index file, not in a buffer of its own.
  @Test
  void searchesProductQuantisationOf027() throws IOException {
    unzip("pq-0.27.2.zip");
    try (Database db = Lancelot.connect(folder.toString());
        Table table = db.openTable("pq-0.27.2")) {
      List<Row> rows = table.query().toList(Row.class);
      assertThat(rows).hasSize(300);
      int found = 0;
      for (Row row : rows.subList(0, 40)) {
        assertThat(table.search(row.vector()).limit(10).explain()).contains("vector_idx");
        List<Hit> near = table.search(row.vector()).refineFactor(5).limit(10).toList(Hit.class);
        assertThat(near.getFirst()).isEqualTo(new Hit(row.id(), 0));
        Set<Long> exact = new HashSet<>();
        table
            .search(row.vector())
            .bypassVectorIndex()
            .limit(10)
            .toList(Hit.class)
            .forEach(hit -> exact.add(hit.id()));
        found += (int) near.stream().filter(hit -> exact.contains(hit.id())).count();
      }
      assertThat(found).isGreaterThan(380);
    }
  }
}
