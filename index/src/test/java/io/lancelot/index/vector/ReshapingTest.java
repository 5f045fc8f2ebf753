package io.lancelot.index.vector;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class ReshapingTest {

  private static long[] sizes(long... first) {
    long[] sizes = new long[20];
    Arrays.fill(sizes, 100);
    System.arraycopy(first, 0, sizes, 0, first.length);
    return sizes;
  }

  @Test
  void partitionsFarAboveTheMeanAreSplit() {
    assertThat(Reshaping.overfull(sizes())).isEmpty();
    assertThat(Reshaping.overfull(sizes(400))).isEmpty();
    assertThat(Reshaping.overfull(sizes(1000))).containsExactly(0);
    assertThat(Reshaping.overfull(new long[20])).isEmpty();
    assertThat(Reshaping.overfull(new long[] {60, 1, 1, 1, 1, 1, 1, 1, 1, 1})).isEmpty();
  }

  /// 1000 rows are not four times the mean of 340, but four times that of 219 once 4000 are split.
  @Test
  void aSplitMakesOthersOverfull() {
    assertThat(Reshaping.overfull(sizes(4000, 1000))).containsExactly(0, 1);
    assertThat(Reshaping.overfull(sizes(4000, 500))).containsExactly(0);
  }
}
