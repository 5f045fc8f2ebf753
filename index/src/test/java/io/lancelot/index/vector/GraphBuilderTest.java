package io.lancelot.index.vector;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.base.Context;
import io.lancelot.index.BuildProgress;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Random;
import org.junit.jupiter.api.RepeatedTest;

class GraphBuilderTest {

  private static final int NODES = 6000;
  private static final int DIM = 32;
  private static final int M = 20;

  private final long seed = Long.getLong("lancelot.seed", System.nanoTime());

  /// Threads that build a graph side by side see each other's nodes half-linked: whoever comes by
  /// one of these must find its way on from there, or gets it for an only neighbour.
  @RepeatedTest(4)
  void everyNodeHasNeighboursInManyDirections() {
    Random random = new Random(seed);
    try (Arena arena = Arena.ofShared()) {
      MemorySegment codes = arena.allocate((long) NODES * DIM);
      byte[][] places = new byte[40][DIM];
      for (byte[] place : places) {
        random.nextBytes(place);
      }
      for (int node = 0; node < NODES; node++) {
        byte[] place = places[random.nextInt(places.length)];
        for (int d = 0; d < DIM; d++) {
          int value = (place[d] & 0xff) * 3 / 4 + (int) (16 * random.nextGaussian()) + 32;
          codes.set(ValueLayout.JAVA_BYTE, (long) node * DIM + d, (byte) Math.clamp(value, 0, 255));
        }
      }
      Graph graph =
          new GraphBuilder(Context.create(), codes, NODES, DIM, M, 100).build(BuildProgress.NONE);
      assertThat(graph.levels()[0]).hasSize(NODES);
      for (int[] neighbours : graph.neighbours()[0]) {
        assertThat(neighbours)
            .as("seed %s", seed)
            .hasSizeBetween(M / 2, 2 * M)
            .doesNotHaveDuplicates();
      }
    }
  }
}
