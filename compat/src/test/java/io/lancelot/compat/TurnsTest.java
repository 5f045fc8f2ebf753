package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.compat.Ours.Mode;
import io.lancelot.compat.Ours.Version;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Random;
import java.util.TreeMap;
import java.util.function.LongPredicate;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/// One table, changed in turn by ours and by the real Lance; a plain list of row numbers is the
/// model. After every step both sides read the model's rows, at the end also at every version there
/// was.
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
final class TurnsTest {

  private static final int ROWS = 3000;
  private static final int STEPS = 14;

  private final Oracle oracle = Oracle.start();
  private final Ours ours = Ours.underTest(oracle);
  private final Ours theirs = new RealLance(oracle);

  @AfterAll
  void close() {
    oracle.close();
  }

  record Story(long seed, String format, boolean weBegin) {}

  List<Story> stories() {
    long first = Cases.seed();
    return IntStream.range(0, 8)
        .mapToObj(i -> new Story(first + i, Cases.FORMATS.get(1 + i % 2), i % 4 < 2))
        .toList();
  }

  @ParameterizedTest
  @MethodSource("stories")
  void bothSeeTheSameRowsAtEveryStep(Story story, @TempDir Path dir) {
    Random random = new Random(story.seed());
    Data all = Data.numbered(story.seed(), ROWS, story.format());
    TreeMap<Long, List<Long>> model = new TreeMap<>();
    List<String> told = new ArrayList<>();

    for (int step = 0; step < STEPS; step++) {
      boolean our = (step % 2 == 0) == story.weBegin();
      Ours actor = our ? ours : theirs;
      List<Long> now = model.isEmpty() ? List.of() : model.lastEntry().getValue();
      String what;
      List<Long> next;
      int dice = step == 0 ? -1 : random.nextInt(10);
      if (dice < 5) {
        next = new ArrayList<>(dice < 0 ? List.of() : now);
        List<Long> more = range(random, dice < 0 ? 700 : 400);
        next.addAll(more);
        what = (dice < 0 ? "creates with " : "appends ") + more.size();
        add(actor, dir, all.take(more), dice < 0 ? Mode.CREATE : Mode.APPEND, story.format());
      } else if (dice < 8) {
        Deletion deletion = deletion(random, now);
        next = now.stream().filter(id -> !deletion.test().test(id)).toList();
        what = "deletes " + deletion.filter();
        actor.delete(dir, "t", deletion.filter());
      } else if (dice == 8) {
        long back = new ArrayList<>(model.keySet()).get(random.nextInt(model.size()));
        next = at(model, back);
        what = "restores " + back;
        actor.restore(dir, "t", back);
      } else {
        next = range(random, 500);
        what = "overwrites with " + next.size();
        add(actor, dir, all.take(next), Mode.OVERWRITE, story.format());
      }
      told.add((our ? "ours " : "the real one ") + what);
      long version =
          oracle.call("validate", Map.of("lance", Ours.folder(dir, "t"))).get("version").asLong();
      model.put(version, List.copyOf(next));
      check(dir, all, OptionalLong.empty(), next, told);
    }

    model.forEach((version, rows) -> check(dir, all, OptionalLong.of(version), rows, told));
    List<Version> expected =
        model.entrySet().stream().map(e -> new Version(e.getKey(), e.getValue().size())).toList();
    assertThat(ours.versions(dir, "t")).as("%s", told).containsExactlyElementsOf(expected);
    assertThat(theirs.versions(dir, "t")).as("%s", told).containsExactlyElementsOf(expected);
  }

  private static List<Long> at(Map<Long, List<Long>> model, long version) {
    List<Long> rows = model.get(version);
    if (rows == null) {
      throw new IllegalStateException("no version " + version);
    }
    return rows;
  }

  private void add(Ours actor, Path dir, Data rows, Mode mode, String format) {
    actor.importArrow(dir, "t", oracle.make(rows, dir.resolve("in.arrow")), mode, format);
  }

  private void check(Path dir, Data all, OptionalLong version, List<Long> rows, List<String> told) {
    Path folder = Ours.folder(dir, "t");
    Data table = version.isPresent() ? Data.lance(folder, version.getAsLong()) : Data.lance(folder);
    Data expected = all.take(rows);
    assertThat(oracle.difference(table, expected))
        .as("the real Lance, version %s, after %s", version, told)
        .isEmpty();
    Path out = dir.resolve("out.arrow");
    ours.exportArrow(dir, "t", version, out);
    assertThat(oracle.difference(Data.arrow(out), expected))
        .as("ours, version %s, after %s", version, told)
        .isEmpty();
    assertThat(ours.count(dir, "t", version)).isEqualTo(rows.size());
  }

  private static List<Long> range(Random random, int most) {
    int length = 1 + random.nextInt(most);
    long from = random.nextInt(ROWS - length);
    return LongStream.range(from, from + length).boxed().toList();
  }

  private record Deletion(String filter, LongPredicate test) {}

  private static Deletion deletion(Random random, List<Long> now) {
    long some = now.isEmpty() ? 0 : now.get(random.nextInt(now.size()));
    int m = 2 + random.nextInt(6);
    return switch (random.nextInt(4)) {
      case 0 -> new Deletion("id = " + some, id -> id == some);
      case 1 ->
          new Deletion(
              "id >= %d AND id < %d".formatted(some, some + 150),
              id -> id >= some && id < some + 150);
      case 2 -> new Deletion("id %% %d = 1".formatted(m), id -> id % m == 1);
      default ->
          new Deletion(
              "id IN (%d, %d, %d)".formatted(some, some + 1, some + 7),
              id -> id == some || id == some + 1 || id == some + 7);
    };
  }
}
