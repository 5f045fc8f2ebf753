package io.lancelot.columnar.ipc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.CorruptDataException;
import io.lancelot.base.Memory;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.RandomData;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.Values;
import java.io.ByteArrayInputStream;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/// Flipped bits, overwritten words and truncation: a typed error or a well-formed result.
class IpcDamageTest {

  private static final int CASES = 4_000;

  private final RandomData data = RandomData.seeded("IpcDamageTest");
  private final Random random = data.random();
  private final Memory memory = Memory.ofLimit(32 << 20);

  @AfterEach
  void nothingLeaks() {
    assertThat(memory.usedBytes()).isZero();
    memory.close();
  }

  @Test
  void damageIsATypedErrorOrAWellFormedResult() {
    List<byte[]> originals = new ArrayList<>();
    for (String name :
        List.of("views.arrow", "views.arrows", "lz4.arrows", "zstd.arrows", "deltas.arrows")) {
      originals.add(IpcGoldenTest.golden(name));
    }
    for (int i = 0; i < 20; i++) {
      try (Scratch scratch = memory.scratch()) {
        Schema schema = i == 0 ? Schema.of(List.of()) : data.schema(3);
        List<Batch> batches =
            List.of(data.batch(schema, 9, scratch), data.batch(schema, data.length(), scratch));
        originals.add(IpcRoundTripTest.write(i % 2 == 0, schema, batches, memory));
      }
    }
    int refused = 0;
    for (int i = 0; i < CASES; i++) {
      byte[] damaged = damage(originals.get(random.nextInt(originals.size())));
      try {
        read(damaged, random.nextBoolean());
      } catch (CorruptDataException | UnsupportedFeatureException | ResourceExhaustedException e) {
        assertThat(e.getMessage()).isNotBlank();
        refused++;
      } catch (RuntimeException | Error e) {
        throw new AssertionError("case " + i + " of " + damaged.length + " bytes", e);
      }
      assertThat(memory.usedBytes()).isZero();
    }
    assertThat(refused).isBetween(CASES / 10, CASES);
  }

  private byte[] damage(byte[] original) {
    if (random.nextInt(4) == 0) {
      return Arrays.copyOf(original, random.nextInt(original.length));
    }
    byte[] damaged = original.clone();
    for (int i = random.nextInt(3); i >= 0; i--) {
      // Most of the sense lies at the head, and in a file at the end.
      int span = random.nextBoolean() ? Math.min(1500, damaged.length) : damaged.length;
      int at = random.nextInt(span);
      if (random.nextInt(3) == 0) {
        at = damaged.length - 1 - at;
      }
      switch (random.nextInt(4)) {
        case 0 -> damaged[at] ^= (byte) (1 << random.nextInt(8));
        case 1 -> damaged[at] = (byte) random.nextInt();
        case 2 -> {
          int[] words = {-1, Integer.MAX_VALUE, Integer.MIN_VALUE, 0, 1 << 24, random.nextInt()};
          if (damaged.length >= 8) {
            ByteBuffer.wrap(damaged)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(Math.min(at, damaged.length - 4), words[random.nextInt(words.length)]);
          }
        }
        default -> {
          int from = random.nextInt(damaged.length);
          int length = Math.min(random.nextInt(64), damaged.length - Math.max(at, from));
          System.arraycopy(damaged, from, damaged, at, length);
        }
      }
    }
    return damaged;
  }

  private void read(byte[] bytes, boolean channel) {
    try (IpcReader reader =
        channel
            ? IpcReader.stream(
                "damaged", Channels.newChannel(new ByteArrayInputStream(bytes)), memory)
            : IpcReader.open("damaged", MemorySegment.ofArray(bytes), memory)) {
      for (Batch batch = reader.next(); batch != null; batch = reader.next()) {
        for (Column column : batch.columns()) {
          // A batch of values without bytes may claim two billion rows.
          for (int i = 0; i < Math.min(column.length(), 200); i++) {
            assertThat(Values.at(column, i) == null || !column.isNull(i)).isTrue();
          }
        }
      }
    }
  }

  @Test
  void aReaderThatFailedFailsAgainAndGivesEverythingBack() {
    byte[] stream = IpcGoldenTest.golden("zstd.arrows");
    byte[] half = Arrays.copyOf(stream, stream.length - 1_000);
    try (IpcReader reader =
        IpcReader.stream("half", Channels.newChannel(new ByteArrayInputStream(half)), memory)) {
      for (int i = 0; i < 2; i++) {
        assertThatThrownBy(reader::next)
            .isInstanceOf(CorruptDataException.class)
            .hasMessage("Arrow IPC: the stream ends in the middle of a message (path=half)");
      }
      assertThat(memory.usedBytes()).isPositive();
    }
  }

  @Test
  void saysWhatIsWrong() {
    assertThatThrownBy(() -> read(new byte[0], false))
        .hasMessage("Arrow IPC: empty input (path=damaged)");
    assertThatThrownBy(() -> read(new byte[3], false))
        .hasMessage("Arrow IPC: truncated message prefix (path=damaged)");
    assertThatThrownBy(() -> read(new byte[0], true))
        .hasMessage("Arrow IPC: expected=schema message first (path=damaged)");
    byte[] file = IpcGoldenTest.golden("lz4.arrow");
    assertThatThrownBy(() -> read(Arrays.copyOf(file, file.length - 1), false))
        .isInstanceOf(CorruptDataException.class)
        .hasMessage(
            "Arrow IPC file: expected=ARROW1 at the end; the file is truncated or not an Arrow file"
                + " (path=damaged)");
  }

  @Test
  void refusesABudgetThatIsTooSmallAndGivesBackWhatItHad() {
    Schema schema = Schema.of(Field.nullable("a", Types.INT64));
    byte[] stream;
    try (Scratch scratch = memory.scratch()) {
      stream =
          IpcRoundTripTest.write(
              false, schema, List.of(data.batch(schema, 20_000, scratch)), memory);
    }
    try (Memory little = Memory.ofLimit(64 << 10)) {
      try (IpcReader reader =
          IpcReader.stream("s", Channels.newChannel(new ByteArrayInputStream(stream)), little)) {
        assertThatThrownBy(reader::next)
            .isInstanceOf(ResourceExhaustedException.class)
            .hasMessageContaining("budget=65536 bytes");
      }
      assertThat(little.usedBytes()).isZero();
    }
  }

  /// Whoever announces much and sends little holds little.
  @Test
  void takesMemoryAsBytesComeIn() {
    Schema schema = Schema.of(Field.nullable("a", Types.INT64));
    byte[] stream;
    try (Scratch scratch = memory.scratch()) {
      stream =
          IpcRoundTripTest.write(
              false, schema, List.of(data.batch(schema, 1_000_000, scratch)), memory);
    }
    for (int sent : new int[] {2_000, 600_000, 3_000_000}) {
      byte[] part = Arrays.copyOf(stream, sent);
      try (IpcReader reader =
          IpcReader.stream("part", Channels.newChannel(new ByteArrayInputStream(part)), memory)) {
        assertThatThrownBy(reader::next).isInstanceOf(CorruptDataException.class);
        assertThat(memory.usedBytes()).isLessThan(5L * sent + (512 << 10));
      }
    }
    read(stream, true);
  }
}
