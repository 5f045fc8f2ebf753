package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DatabaseTest {

  @TempDir Path folder;

  enum Genre {
    NOIR,
    COMEDY
  }

  record Person(String name, @Nullable Integer born) {}

  record Film(
      String title,
      int year,
      double score,
      boolean seen,
      Genre genre,
      List<String> tags,
      @Nullable Person director,
      Optional<String> note,
      Map<String, Integer> votes,
      UUID id,
      Instant added,
      LocalDate released,
      Duration length,
      @Vector(3) float[] embedding) {}

  private static Film film(String title, int year, @Nullable Person director, float... vector) {
    return new Film(
        title,
        year,
        year / 1000.0,
        year % 2 == 0,
        year > 1960 ? Genre.COMEDY : Genre.NOIR,
        List.of("tag-" + year, "film"),
        director,
        year > 1950 ? Optional.of("note " + year) : Optional.empty(),
        Map.of("up", year),
        new UUID(year, title.hashCode()),
        Instant.ofEpochSecond(year * 1000L, 5_000),
        LocalDate.of(year, 2, 3),
        Duration.ofMinutes(year % 100),
        vector);
  }

  private static List<Film> films() {
    return List.of(
        film("Laura", 1944, new Person("Otto", 1905), 1, 0, 0),
        film("Gilda", 1946, null, 0, 1, 0),
        film("Charade", 1963, new Person("Stanley", null), 0, 0, 1));
  }

  @Test
  void recordsComeBackAsTheyWere() {
    try (Database database = Lancelot.connect(folder.toString())) {
      Table table = database.createTable("films", films());
      List<Film> read = table.query().toList(Film.class);
      assertThat(read).usingRecursiveComparison().isEqualTo(films());
      assertThat(table.countRows()).isEqualTo(3);
      assertThat(table.version()).isEqualTo(1);
    }
  }

  @Test
  void mapsGiveTheNarrowestSchema() {
    try (Database database = Lancelot.connect("memory://")) {
      Table table =
          database.createTable(
              "rows",
              List.of(
                  Map.of("id", 1, "name", "a", "vector", new float[] {1, 2}),
                  Map.of("id", 2, "vector", new float[] {3, 4}, "extra", 2.5)));
      assertThat(table.schema().field("id").orElseThrow().type()).isEqualTo(Types.INT32);
      assertThat(table.schema().field("vector").orElseThrow().type()).isEqualTo(Types.vector(2));
      assertThat(table.query().where("name IS NULL").select("id", "extra").toMaps())
          .containsExactly(Map.of("id", 2, "extra", 2.5));
    }
  }

  @Test
  void anotherConnectionSeesTheTable() {
    try (Database first = Lancelot.connect(folder.toString())) {
      first.createTable("films", films());
    }
    try (Database second = Lancelot.connect(folder.toString())) {
      assertThat(second.tableNames()).containsExactly("films");
      assertThat(second.openTable("films").countRows("year < 1950")).isEqualTo(2);
    }
  }

  @Test
  void tablesAreListedSortedAndDropped() {
    try (Database database = Lancelot.connect(folder.toString())) {
      Schema schema = Schema.of(Field.nullable("id", Types.INT64));
      database.createTable("b", schema);
      database.createTable("a", schema);
      assertThat(database.tableNames()).containsExactly("a", "b");
      database.dropTable("a");
      assertThat(database.tableNames()).containsExactly("b");
      assertThatThrownBy(() -> database.dropTable("a")).isInstanceOf(NotFoundException.class);
    }
  }

  @Test
  void anExistingTableIsRefusedOpenedOrReplaced() {
    try (Database database = Lancelot.connect("memory://")) {
      database.createTable("films", films());
      assertThatThrownBy(() -> database.createTable("films", films()))
          .isInstanceOf(AlreadyExistsException.class)
          .hasMessageContaining("films");
      Table opened =
          database.createTable(
              "films", films(), TableOptions.defaults().ifExists(TableOptions.Existing.OPEN));
      assertThat(opened.countRows()).isEqualTo(3);
      Table replaced =
          database.createTable(
              "films",
              List.of(Map.of("only", 1)),
              TableOptions.defaults().ifExists(TableOptions.Existing.OVERWRITE));
      assertThat(replaced.schema().names()).containsExactly("only");
      assertThat(replaced.version()).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"../t", "a/b", "", ".hidden", "a\\b", "a..b", "ü", "a\0b"})
  void badTableNamesAreRefused(String name) {
    try (Database database = Lancelot.connect(folder.resolve("db").toString())) {
      assertThatThrownBy(() -> database.openTable(name))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("table name");
      assertThatThrownBy(() -> database.createTable(name, films()))
          .isInstanceOf(InvalidInputException.class);
      assertThat(Files.exists(folder.resolve("db"))).isFalse();
    }
  }

  @Test
  void missingTablesAreNamedWithWhatThereIs() {
    try (Database database = Lancelot.connect(folder.toString())) {
      database.createTable("films", films());
      assertThatThrownBy(() -> database.openTable("movies"))
          .isInstanceOf(NotFoundException.class)
          .hasMessageContaining("[films]")
          .hasMessageContaining("movies");
    }
  }

  @Test
  void aFailedCreationLeavesNoTable() {
    try (Database database = Lancelot.connect(folder.toString())) {
      List<Map<String, Object>> rows =
          Arrays.asList(
              Map.of("id", 1, "vector", new float[] {1, 2}),
              Map.of("id", 2, "vector", new float[] {1, 2, 3}));
      assertThatThrownBy(() -> database.createTable("bad", rows))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("expected=2, found=3")
          .hasMessageContaining("column=vector");
      assertThat(database.tableNames()).isEmpty();
    }
  }

  @Test
  void unknownStoresAreRefusedByName() {
    assertThatThrownBy(() -> Lancelot.connect("s3://bucket/db"))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("s3");
  }

  @Test
  void oldFileVersionsCanBeAskedFor() {
    try (Database database = Lancelot.connect("memory://")) {
      Table table =
          database.createTable(
              "old",
              films().subList(0, 1).stream().map(f -> Map.of("t", f.title())).toList(),
              TableOptions.defaults().withDataStorageVersion("2.1"));
      assertThat(table.dataStorageVersion()).isEqualTo("2.1");
      assertThatThrownBy(() ->
              database.createTable(
                  "newer",
                  List.of(Map.of("t", "x")),
                  TableOptions.defaults().withDataStorageVersion("2.3")))
          .isInstanceOf(UnsupportedFeatureException.class)
          .hasMessageContaining("2.3");
    }
  }
}
