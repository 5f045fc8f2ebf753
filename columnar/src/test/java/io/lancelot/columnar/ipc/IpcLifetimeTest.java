package io.lancelot.columnar.ipc;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.RandomData;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.VarColumn;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.channels.Channels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class IpcLifetimeTest {

  private static final int MIB = 1 << 20;

  private final byte[] stream = IpcGoldenTest.golden("zstd.arrow");

  /// Whatever a reader handed out lives in an arena that is dead once the reader is closed.
  @Test
  void whatAReaderAllocatedDiesWithIt() {
    try (Memory memory = Memory.ofLimit(64 * MIB)) {
      List<MemorySegment> segments = new ArrayList<>();
      try (IpcReader reader = IpcReader.open("f", MemorySegment.ofArray(stream), memory)) {
        Batch batch = Objects.requireNonNull(reader.next());
        segments.add(((FixedColumn) batch.column("id")).data());
        segments.add(((VarColumn) batch.column("text")).data());
        assertThat(segments).allMatch(segment -> segment.scope().isAlive());
        assertThat(memory.usedBytes()).isPositive();
      }
      assertThat(segments).noneMatch(segment -> segment.scope().isAlive());
      assertThat(memory.usedBytes()).isZero();
    }
  }

  @Test
  void writersAndRandomWorkGiveEverythingBack() {
    RandomData data = RandomData.seeded("IpcLifetimeTest");
    try (Memory memory = Memory.ofLimit(64 * MIB)) {
      for (int i = 0; i < 50; i++) {
        Schema schema = data.schema(3);
        try (Scratch scratch = memory.scratch()) {
          Batch batch = data.batch(schema, data.length(), scratch);
          long before = memory.usedBytes();
          byte[] bytes = IpcRoundTripTest.write(i % 2 == 0, schema, List.of(batch, batch), memory);
          assertThat(memory.usedBytes()).isEqualTo(before);
          try (IpcReader reader = IpcReader.open("f", MemorySegment.ofArray(bytes), memory)) {
            reader.next();
          }
          assertThat(memory.usedBytes()).isEqualTo(before);
        }
        assertThat(memory.usedBytes()).isZero();
      }
    }
  }

  /// A thousand readers take 2 GiB in all; a process that kept a tenth of that would show it.
  @Test
  @EnabledOnOs(OS.LINUX)
  void theProcessDoesNotGrow() throws IOException {
    try (Memory memory = Memory.ofLimit(64 * MIB)) {
      readMany(memory, 50);
      long before = residentBytes();
      long taken = readMany(memory, 1_000);
      assertThat(taken).isGreaterThan(1_000L * MIB);
      assertThat(residentBytes() - before).isLessThan(200L * MIB);
      assertThat(memory.usedBytes()).isZero();
    }
  }

  private static long readMany(Memory memory, int times) {
    long taken = 0;
    byte[] bytes = IpcGoldenTest.golden("v4.arrows");
    for (int i = 0; i < times; i++) {
      try (Scratch scratch = memory.scratch();
          IpcReader reader =
              IpcReader.stream("s", Channels.newChannel(new ByteArrayInputStream(bytes)), memory)) {
        reader.next();
        scratch.allocateBytes(2 * MIB);
        taken += memory.usedBytes();
      }
    }
    return taken;
  }

  private static long residentBytes() throws IOException {
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return 1024 * Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IllegalStateException("no VmRSS");
  }
}
