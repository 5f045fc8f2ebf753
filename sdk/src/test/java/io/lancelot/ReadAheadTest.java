package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Scans whose pieces take long enough to be read ahead on other threads.
class ReadAheadTest {

  private static final int ROWS = 60_000;

  /// One row in a thousand is deleted.
  private static final long LIVE = ROWS - ROWS / 1000;

  record Line(int id, String text) {}

  @TempDir Path folder;

  @BeforeEach
  void write() {
    var random = new Random(7);
    String[] words = {"river ", "stone ", "bridge ", "night ", "morning ", "engine ", "letter "};
    List<Line> lines = new ArrayList<>();
    for (int i = 0; i < ROWS; i++) {
      StringBuilder text = new StringBuilder().append(i).append(' ');
      for (int w = random.nextInt(60); w >= 0; w--) {
        text.append(words[random.nextInt(words.length)]);
      }
      lines.add(new Line(i, text.toString()));
    }
    try (Database db = Lancelot.connect(folder.toString());
        Table table = db.createTable("lines", lines.subList(0, 40_000))) {
      table.add(lines.subList(40_000, ROWS));
      table.delete("id % 1000 = 7");
    }
  }

  private static long read(BatchStream stream) {
    long next = 0;
    long count = 0;
    for (Batch batch = stream.next(); batch != null; batch = stream.next()) {
      for (Line line : RecordMapping.toRecords(Line.class, batch)) {
        assertThat((long) line.id).isGreaterThanOrEqualTo(next);
        assertThat(line.text).startsWith(line.id + " ");
        next = line.id + 1L;
        count++;
      }
    }
    return count;
  }

  @Test
  void keepsTheOrderOfRows() {
    try (Database db = Lancelot.connect(folder.toString());
        Table table = db.openTable("lines");
        BatchStream all = table.query().stream();
        BatchStream some = table.query().where("text LIKE '%bridge%'").stream()) {
      assertThat(read(all)).isEqualTo(LIVE);
      assertThat(read(some)).isBetween(ROWS / 2L, LIVE);
    }
  }

  @Test
  void doesWithoutWhenMemoryIsShort() {
    long least = 0;
    for (long memory = 8 << 20; least == 0; memory += 512 << 10) {
      try (Database db = Lancelot.connect(folder.toString(), options(memory));
          Table table = db.openTable("lines");
          BatchStream all = table.query().stream()) {
        assertThat(read(all)).isEqualTo(LIVE);
        least = memory;
      } catch (ResourceExhaustedException e) {
        assertThat(memory).as("what one batch needs").isLessThan(24 << 20);
      }
    }
  }

  @Test
  void mayBeClosedWhileOthersRead() {
    try (Database db = Lancelot.connect(folder.toString());
        Table table = db.openTable("lines")) {
      for (int pulls = 0; pulls < 6; pulls++) {
        try (BatchStream all = table.query().stream()) {
          for (int i = 0; i < pulls; i++) {
            all.next();
          }
        }
      }
    }
  }

  @Test
  void reportsDamageAtItsPlace() throws IOException {
    Path second;
    try (Stream<Path> files = Files.list(folder.resolve("lines.lance/data"))) {
      second = files.min(Comparator.comparingLong(f -> f.toFile().length())).orElseThrow();
    }
    byte[] bytes = Files.readAllBytes(second);
    Arrays.fill(bytes, 100, 400_000, (byte) 0xA5);
    Files.write(second, bytes);
    try (Database db = Lancelot.connect(folder.toString());
        Table table = db.openTable("lines");
        BatchStream all = table.query().stream()) {
      long rows = 0;
      while (rows < 39_960) {
        rows += Objects.requireNonNull(all.next()).rowCount();
      }
      assertThatThrownBy(() -> read(all)).isInstanceOf(CorruptDataException.class);
    }
  }

  private static ConnectOptions options(long memory) {
    return ConnectOptions.defaults().withMemoryBytes(memory);
  }
}
