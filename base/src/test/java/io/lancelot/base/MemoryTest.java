package io.lancelot.base;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class MemoryTest {

  private static final long KIB = 1 << 10;
  private static final long MIB = 1 << 20;

  @Test
  void countsWhatIsOutAndRemembersTheMost() {
    try (Memory memory = Memory.ofLimit(MIB)) {
      Scratch scratch = memory.scratch();
      assertThat(memory.usedBytes()).isZero();

      scratch.allocateBytes(1);
      assertThat(memory.usedBytes()).isEqualTo(64 * KIB).isEqualTo(scratch.heldBytes());
      scratch.allocateBytes(300 * KIB);
      assertThat(memory.usedBytes()).isEqualTo(364 * KIB);

      scratch.close();
      scratch.close();
      assertThat(memory.usedBytes()).isZero();
      assertThat(scratch.heldBytes()).isZero();
      assertThat(memory.peakBytes()).isEqualTo(364 * KIB);
    }
  }

  @Test
  void refusesWhatIsBeyondTheBudgetWithTheFigures() {
    try (Memory memory = Memory.ofLimit(MIB);
        Scratch scratch = memory.scratch()) {
      scratch.allocateBytes(600 * KIB);

      assertThatThrownBy(() -> scratch.allocateBytes(500 * KIB))
          .isInstanceOf(ResourceExhaustedException.class)
          .hasMessage("memory budget exceeded: needed=512000, in use=614400, budget=1048576 bytes");
      assertThatThrownBy(() -> scratch.allocateBytes(Long.MAX_VALUE))
          .isInstanceOf(ResourceExhaustedException.class)
          .hasMessage(
              "memory budget exceeded: needed=9223372036854775807, in use=614400, budget=1048576 bytes");

      assertThat(scratch.heldBytes()).isEqualTo(600 * KIB);
      assertThat(memory.usedBytes()).isEqualTo(600 * KIB);
    }
  }

  @Test
  void theWholeBudgetCanBeUsedWhateverItsSize() {
    for (long budget : new long[] {64 * KIB, 100_032, MIB, 3 * MIB + 64}) {
      try (Memory memory = Memory.ofLimit(budget);
          Scratch scratch = memory.scratch()) {
        assertThat(scratch.allocateBytes(budget).byteSize()).isEqualTo(budget);
      }
    }
  }

  @Test
  void blocksAreAtMostAQuarterLargerThanAskedFor() {
    Random random = new Random(7);
    try (Memory memory = Memory.ofLimit(1L << 40)) {
      for (int i = 0; i < 200; i++) {
        long asked = 64 * KIB + random.nextInt(1 << random.nextInt(1, 22));
        try (Scratch scratch = memory.scratch()) {
          scratch.allocateBytes(asked);
          assertThat(scratch.heldBytes()).isBetween(asked, asked * 5 / 4);
        }
      }
    }
  }

  @Test
  void aScratchGrowsInSmallerStepsWhenLittleIsLeft() {
    try (Memory memory = Memory.ofLimit(8 * MIB);
        Scratch scratch = memory.scratch()) {
      scratch.allocateBytes(7 * MIB);
      assertThat(scratch.allocateBytes(100).byteSize()).isEqualTo(100);
    }
  }

  @Test
  void refusesABudgetTooSmallForOneBlock() {
    assertThatThrownBy(() -> Memory.ofLimit(1000))
        .isInstanceOf(InvalidInputException.class)
        .hasMessage("memory budget too small: expected at least 65536 bytes, found 1000");
  }

  @Test
  void allocationsAreAlignedAndDoNotOverlap() {
    try (Memory memory = Memory.ofLimit(64 * MIB);
        Scratch scratch = memory.scratch()) {
      Random random = new Random(11);
      for (int round = 0; round < 3; round++) {
        List<MemorySegment> segments = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
          MemorySegment segment = scratch.allocateBytes(random.nextInt(50_000));
          assertThat(segment.address() % 64).isZero();
          segments.add(segment.fill((byte) i));
        }
        for (int i = 0; i < segments.size(); i++) {
          MemorySegment expected =
              MemorySegment.ofArray(new byte[(int) segments.get(i).byteSize()]).fill((byte) i);
          assertThat(segments.get(i).mismatch(expected)).isEqualTo(-1);
        }
        scratch.reset();
      }
    }
  }

  @Test
  @SuppressWarnings("try")
  void memoryIsDeadAfterResetInCheckedMode() {
    assertThat(Memory.CHECKED).as("-Dlancelot.memory.checked=true").isTrue();
    try (Memory memory = Memory.ofLimit(MIB);
        Scratch scratch = memory.scratch()) {
      MemorySegment early = scratch.allocateBytes(8);
      scratch.reset();
      assertThat(early.scope().isAlive()).isFalse();
      assertThatThrownBy(() -> early.get(ValueLayout.JAVA_BYTE, 0))
          .isInstanceOf(IllegalStateException.class);

      MemorySegment late = scratch.allocateBytes(8);
      scratch.close();
      assertThatThrownBy(() -> late.get(ValueLayout.JAVA_BYTE, 0))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @Test
  void aClosedMemoryGivesNothingAndTakesBack() {
    Memory memory = Memory.ofLimit(MIB);
    Scratch scratch = memory.scratch();
    MemorySegment segment = scratch.allocateBytes(8);
    memory.close();

    segment.set(ValueLayout.JAVA_BYTE, 0, (byte) 1);
    scratch.close();
    assertThat(memory.usedBytes()).isZero();
    assertThat(segment.scope().isAlive()).isFalse();
    assertThatThrownBy(() -> scratch.allocateBytes(8))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("connection is closed");
  }

  @Test
  void manyThreadsShareABudget() throws Exception {
    long budget = 4 * MIB;
    AtomicLong refused = new AtomicLong();
    try (Memory memory = Memory.ofLimit(budget);
        var threads = Executors.newFixedThreadPool(16)) {
      List<Callable<Long>> tasks = new ArrayList<>();
      for (int i = 0; i < 16; i++) {
        byte mine = (byte) i;
        tasks.add(() -> {
          Random random = new Random(mine);
          long rounds = 0;
          for (int round = 0; round < 50; round++) {
            try (Scratch scratch = memory.scratch()) {
              List<MemorySegment> segments = new ArrayList<>();
              for (int j = 0; j < 5; j++) {
                segments.add(scratch.allocateBytes(random.nextInt(150_000)).fill(mine));
                assertThat(memory.usedBytes()).isBetween(scratch.heldBytes(), budget);
              }
              for (MemorySegment segment : segments) {
                MemorySegment expected = MemorySegment.ofArray(new byte[(int) segment.byteSize()]);
                assertThat(segment.mismatch(expected.fill(mine))).isEqualTo(-1);
              }
              rounds++;
            } catch (ResourceExhaustedException e) {
              assertThat(e)
                  .hasMessageMatching(
                      "memory budget exceeded: needed=\\d+, in use=\\d+, budget=4194304 bytes");
              refused.incrementAndGet();
            }
          }
          return rounds;
        });
      }
      long done = 0;
      for (Future<Long> result : threads.invokeAll(tasks)) {
        done += result.get();
      }
      assertThat(done + refused.get()).isEqualTo(800);
      assertThat(done).isPositive();
      assertThat(memory.usedBytes()).isZero();
      assertThat(memory.peakBytes()).isBetween(64 * KIB, budget);
    }
  }

  @Test
  void aPartLeavesRoomForTheWhole() {
    try (Memory memory = Memory.ofLimit(MIB)) {
      Memory part = memory.part(512 * KIB);
      try (Scratch own = part.scratch();
          Scratch other = memory.scratch()) {
        own.allocateBytes(300 * KIB);
        assertThat(part.usedBytes()).isEqualTo(own.heldBytes()).isEqualTo(memory.usedBytes());
        assertThatThrownBy(() -> own.allocateBytes(300 * KIB))
            .isInstanceOf(ResourceExhaustedException.class)
            .hasMessageContaining("budget=524288 bytes");
        assertThat(memory.usedBytes()).isEqualTo(part.usedBytes());
        other.allocateBytes(600 * KIB);
        assertThatThrownBy(() -> own.allocateBytes(150 * KIB))
            .isInstanceOf(ResourceExhaustedException.class)
            .hasMessageContaining("budget=1048576 bytes");
        assertThat(part.usedBytes()).isEqualTo(own.heldBytes());
      }
      assertThat(part.usedBytes()).isZero();
      assertThat(memory.usedBytes()).isZero();
    }
  }
}
