package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/// Files of scalar indices that lost bytes or have wrong ones. Lance's files have no checksums, so
/// a wrong value cannot be told from a right one by itself: then `verify` says so. Everything else
/// ends as a typed error or in the right rows.
class DamagedIndexTest {

  private static final int DAMAGES = 40;

  private static final Schema SCHEMA =
      Schema.of(
          Field.nullable("id", Types.INT64),
          Field.nullable("i", Types.INT32),
          Field.nullable("s", Types.UTF8),
          Field.nullable("tags", Types.listOf(Types.UTF8)));

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());
  private final Random random = new Random(seed);

  @TempDir Path folder;

  private static List<Map<String, Object>> rows() {
    List<Map<String, Object>> rows = new ArrayList<>();
    for (int id = 0; id < 2000; id++) {
      rows.add(
          Map.of(
              "id",
              (long) id,
              "i",
              id * 7 % 500,
              "s",
              "word" + id % 90 + " hello",
              "tags",
              List.of("t" + id % 9, "u" + id % 5)));
    }
    return rows;
  }

  private List<Path> indexFiles() throws IOException {
    try (Stream<Path> files = Files.walk(folder.resolve("t.lance/_indices"))) {
      return files.filter(Files::isRegularFile).sorted().toList();
    }
  }

  private byte[] damaged(byte[] bytes) {
    if (random.nextInt(4) == 0) {
      return java.util.Arrays.copyOf(bytes, random.nextInt(bytes.length));
    }
    byte[] changed = bytes.clone();
    // Half of the time where counts and offsets are, at the end.
    int from = random.nextBoolean() ? 0 : Math.max(0, bytes.length - 600);
    for (int flips = 1 + random.nextInt(3); flips > 0; flips--) {
      changed[from + random.nextInt(bytes.length - from)] ^= (byte) (1 << random.nextInt(8));
    }
    return changed;
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = ';',
      textBlock =
          """
          BTREE;       i;    i = 21
          BTREE;       i;    i > 100 AND i <= 140
          BTREE;       s;    s LIKE 'word1%'
          BITMAP;      i;    i IN (3, 4, 499)
          BITMAP;      s;    NOT (s = 'word7 hello')
          LABEL_LIST;  tags; array_has_any(tags, ['t3', 'u4'])
          ZONEMAP;     i;    i < 3
          BLOOMFILTER; i;    i = 21
          NGRAM;       s;    s LIKE '%ord88 h%'
          FM;          s;    contains(s, 'd88 ')
          """)
  void endsInRightRowsOrInATypedError(String kind, String column, String filter)
      throws IOException {
    long expected;
    try (Database database = Lancelot.connect(folder.toString());
        Table table = database.createTable("t", SCHEMA)) {
      table.add(rows());
      expected = table.countRows(filter);
      table.createIndex(column, Index.of(kind, Map.of()));
      assertThat(table.query().where(filter).explain()).contains("ScalarIndexQuery");
      assertThat(table.countRows(filter)).isEqualTo(expected).isPositive();
    }
    List<Path> files = indexFiles();
    for (int damage = 0; damage < DAMAGES; damage++) {
      Path file = files.get(random.nextInt(files.size()));
      byte[] good = Files.readAllBytes(file);
      byte[] bad = damaged(good);
      Files.write(file, bad);
      try (Database database = Lancelot.connect(folder.toString());
          Table table = database.openTable("t")) {
        query(table, filter, expected);
      }
      Files.write(file, good);
    }
  }

  private void query(Table table, String filter, long expected) {
    long found;
    try {
      found = table.countRows(filter);
      assertThat(table.query().where(filter).select("id").toMaps()).hasSize((int) found);
    } catch (LancelotException e) {
      return;
    } catch (RuntimeException e) {
      throw new AssertionError("not typed: " + filter + " (seed=" + seed + ")", e);
    }
    if (found != expected) {
      try {
        table.query().where(filter).verify();
      } catch (LancelotException e) {
        return;
      }
      fail("verify: expected=" + expected + ", found=" + found + " (seed=" + seed + ")");
    }
  }

  /// Whether an FM index answers alone depends on the pattern, never on what it finds.
  @Test
  void textIsFoundWithItsCaseAndWholeBytes() {
    try (Database database = Lancelot.connect(folder.toString());
        Table table = database.createTable("t", SCHEMA)) {
      List<Map<String, Object>> rows = new ArrayList<>(rows());
      for (String text :
          List.of("WORD88 Hello", "word88\0hello", "\u0130nsel", "漢字かな", "a\uD83D\uDE00b", "")) {
        rows.add(Map.of("id", -1L, "i", 0, "s", text, "tags", List.of()));
      }
      table.add(rows);
      table.createIndex("s", Index.fm());
      for (String filter :
          List.of(
              "contains(s, 'd88 h')",
              "contains(s, 'WORD88')",
              "contains(s, '字か')",
              "contains(s, '\uD83D\uDE00')",
              "contains(s, '8\0h')",
              "s LIKE '%88%hel%'",
              "s LIKE 'WORD%'",
              "s LIKE '%d88_hello'",
              "s ~ 'ord8[0-9] h'",
              "contains(s, 'd8') AND contains(s, '7 h')",
              "contains(s, 'D88') OR s LIKE '%d89%'",
              "contains(s, 'd88') IS NOT FALSE AND i >= 0")) {
        if (!filter.contains("IS NOT")) {
          assertThat(table.query().where(filter).explain()).as(filter).contains("ScalarIndexQuery");
        }
        assertThat(table.query().where(filter).verify()).as(filter).isPositive();
      }
      for (String filter :
          List.of(
              "contains(s, '')",
              "NOT contains(s, 'd88')",
              "s ILIKE '%wORD88%'",
              "s ~ '(?i)WORD8'",
              "s ~* 'word88'")) {
        assertThat(table.query().where(filter).verify()).as(filter).isPositive();
      }
      assertThat(table.countRows("contains(s, 'nowhere')")).isZero();
      assertThat(table.countRows("contains(s, 'hello word')")).isZero();
      table.optimize();
      for (int round = 0; round < 3; round++) {
        table.delete("id = " + (88 + 90 * round));
        table.add(List.of(Map.of("id", -2L, "i", 0, "s", "new word88", "tags", List.of())));
        table.optimize();
        assertThat(table.query().where("contains(s, 'd88')").verify()).isPositive();
        assertThat(table.countRows("contains(s, 'new word')")).isEqualTo(round + 1);
      }
      assertThat(table.index("s_idx").segmentIds()).hasSize(1);
    }
  }

  /// Bytes can be indexed, as the real Lance does, though no condition looks them up.
  @Test
  void bytesCanBeIndexed() {
    Schema schema = Schema.of(Field.nullable("b", Types.BINARY), Field.nullable("n", Types.INT32));
    try (Database database = Lancelot.connect(folder.toString());
        Table table = database.createTable("b", schema)) {
      table.add(List.of(Map.of("b", new byte[] {0, -1, 7}, "n", 1), Map.of("n", 2)));
      table.createIndex("b", Index.fm());
      assertThat(table.indices().getFirst().type()).isEqualTo("FM");
      assertThat(table.indexStatistics("b_idx").getFirst())
          .containsEntry("total_docs", 1L)
          .containsEntry("total_bwt_len", 5L);
      assertThatThrownBy(() -> table.createIndex("n", Index.fm()))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("expected=text or bytes, found=int32");
    }
  }

  /// Regular expressions and ILIKE look up the trigrams that must be there, and find what a scan
  /// finds.
  @Test
  void trigramsNarrowPatternsOfEveryKind() {
    try (Database database = Lancelot.connect(folder.toString());
        Table table = database.createTable("t", SCHEMA)) {
      List<Map<String, Object>> rows = new ArrayList<>(rows());
      for (String text :
          List.of("WORD88 Hello", "word88\nhello", "wor d88", "\u0130NSEL", "\u212Aelvin", "")) {
        rows.add(Map.of("id", -1L, "i", 0, "s", text, "tags", List.of()));
      }
      table.add(rows);
      table.createIndex("s", Index.of("NGRAM", Map.of()));
      for (String filter :
          List.of(
              "regexp_like(s, 'word8[0-9] h')",
              "s ~ 'ord8+'",
              "s ~ '(ord|xyz)88 hel'",
              "s ~* 'WORD88 HELLO'",
              "s ILIKE '%WORD88%'",
              "s ILIKE 'kelvin%'",
              "s ~ '^w.*hello$'")) {
        assertThat(table.query().where(filter).explain()).as(filter).contains("ScalarIndexQuery");
        assertThat(table.query().where(filter).verify()).as(filter).isPositive();
      }
      for (String filter :
          List.of(
              "s ILIKE 'insel'",
              "s ~ 'word|hello'",
              "s ~ 'wordx?8'",
              "s ~ 'wordx*8'",
              "s ~ 'wordx{0,1}8'",
              "s ~ '[^]abc]ord'",
              "s ~ '(?i)WORD8'",
              "s !~ 'word8'",
              "NOT (s ILIKE '%WORD%')")) {
        assertThat(table.query().where(filter).verify()).as(filter).isPositive();
      }
    }
  }
}
