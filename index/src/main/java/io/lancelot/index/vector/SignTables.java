package io.lancelot.index.vector;

import io.lancelot.kernels.CodeScan;

/// Tables of RaBitQ: for four bits at once the sum of the rotated query's numbers where they are
/// set, in bytes.
final class SignTables {
  private final byte[] bytes;
  private final float step;
  private final float bias;

  byte[] bytes() {
    return bytes;
  }

  float step() {
    return step;
  }

  float bias() {
    return bias;
  }

  SignTables(float[] rotated, int dim) {
    int groups = dim / 4;
    float widest = 0;
    float least = 0;
    float total = 0;
    for (int g = 0; g < groups; g++) {
      float span = 0;
      for (int d = 4 * g; d < 4 * g + 4; d++) {
        span += Math.abs(rotated[d]);
        least += Math.min(0, rotated[d]);
        total += rotated[d];
      }
      widest = Math.max(widest, span);
    }
    int top = Math.min(127, 32767 / groups);
    step = widest == 0 ? 1 : widest / top;
    bias = least - total / 2;
    bytes = new byte[groups * 16 + CodeScan.TABLE_SLACK];
    float inverse = 1 / step;
    float[] sums = new float[16];
    for (int g = 0; g < groups; g++) {
      // Half a step, for numbers to be rounded; and what makes the least sum 0.
      sums[0] = 0.5f;
      for (int b = 0; b < 4; b++) {
        sums[0] -= Math.min(0, rotated[4 * g + b]) * inverse;
      }
      for (int b = 0; b < 4; b++) {
        float more = rotated[4 * g + b] * inverse;
        for (int code = 0; code < 1 << b; code++) {
          sums[(1 << b) + code] = sums[code] + more;
        }
      }
      for (int code = 0; code < 16; code++) {
        bytes[g * 16 + code] = (byte) Math.min(top, (int) sums[code]);
      }
    }
  }
}
