package io.lancelot.expr;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.LancelotException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.ipc.IpcReader;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/// Replays what the real Lance answered (`filters.py` recorded it). Where it refused a filter, ours
/// may answer; where ours answers differently, `differences.tsv` says why.
class FilterOracleTest {

  @Test
  void filtersPickTheRowsTheRealLancePicks() throws IOException {
    Map<String, String> ours = new HashMap<>();
    for (String line : lines("differences.tsv")) {
      String[] parts = line.split("\t", -1);
      assertThat(parts[2]).as(line).isNotEmpty();
      ours.put(parts[0], parts[1]);
    }
    List<String> wrong = new ArrayList<>();
    int compared = 0;
    try (Memory memory = Memory.ofLimit(64 << 20);
        Arena arena = Arena.ofConfined();
        Scratch scratch = memory.scratch()) {
      MemorySegment file = arena.allocateFrom(ValueLayout.JAVA_BYTE, bytes("rows.arrow"));
      try (IpcReader reader = IpcReader.open("rows.arrow", file, memory)) {
        Batch batch = Objects.requireNonNull(reader.next());
        for (String line : lines("filters.tsv")) {
          String[] parts = line.split("\t", -1);
          String found = answer(parts[0], reader.schema(), batch, scratch);
          String expected = ours.getOrDefault(parts[0], parts[1]);
          if (parts[1].equals("ERR")) {
            continue;
          }
          compared++;
          if (!found.equals(expected)) {
            wrong.add(parts[0] + ": expected=" + expected + ", found=" + found);
          }
          assertThat(ours.get(parts[0])).as("no longer different: %s", line).isNotEqualTo(parts[1]);
        }
      }
    }
    assertThat(wrong).isEmpty();
    assertThat(compared).isGreaterThan(800);
  }

  private static String answer(String filter, Schema schema, Batch batch, Scratch scratch) {
    scratch.reset();
    try {
      Filter bound = Filter.parse(filter, schema);
      assertThat(Expr.parse(bound.toString())).as(filter).isEqualTo(bound.expr());
      return Rows.picked(bound.evaluate(batch, scratch)).stream()
          .map(String::valueOf)
          .collect(Collectors.joining(" "));
    } catch (LancelotException e) {
      return "ERR";
    }
  }

  private static List<String> lines(String name) throws IOException {
    return new String(bytes(name), StandardCharsets.UTF_8).lines().toList();
  }

  private static byte[] bytes(String name) throws IOException {
    try (InputStream in = FilterOracleTest.class.getResourceAsStream(name)) {
      return Objects.requireNonNull(in, name).readAllBytes();
    }
  }
}
