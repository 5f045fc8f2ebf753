package io.lancelot.index.vector;

import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/// A random rotation of vectors, after which their numbers are alike in size: rounds of sign flips
/// and Walsh-Hadamard steps, or a matrix in files of other writers. Format: lance-format section
/// 4.8.
final class Rotation {

  private static final int ROUNDS = 4;

  private final int dim;
  private final byte[] signs;
  private final float @Nullable [] matrix;

  /// The largest power of two within the dimension.
  private final int block;

  /// The signs of each round as factors: a multiplication is done for many numbers at once.
  private final float[][] flips;

  private Rotation(int dim, byte[] signs, float @Nullable [] matrix) {
    this.dim = dim;
    this.signs = signs;
    this.matrix = matrix;
    this.block = Integer.highestOneBit(dim);
    this.flips = new float[signs.length == 0 ? 0 : ROUNDS][dim];
    for (int round = 0; round < flips.length; round++) {
      int from = round * ((dim + 7) / 8);
      for (int i = 0; i < dim; i++) {
        flips[round][i] = (signs[from + (i >>> 3)] >>> (i & 7) & 1) == 0 ? 1 : -1;
      }
    }
  }

  static Rotation random(int dim, long seed) {
    byte[] signs = new byte[signBytes(dim)];
    new SplittableRandom(seed).nextBytes(signs);
    return new Rotation(dim, signs, null);
  }

  static Rotation ofSigns(int dim, byte[] signs) {
    return new Rotation(dim, signs, null);
  }

  /// @param matrix `dim × dim` numbers, row after row: row i gives number i of the result
  static Rotation ofMatrix(int dim, float[] matrix) {
    return new Rotation(dim, new byte[0], matrix);
  }

  static int signBytes(int dim) {
    return ROUNDS * ((dim + 7) / 8);
  }

  byte[] signs() {
    return signs;
  }

  /// The rotated vector.
  float[] apply(float[] in, int at) {
    float[] out = new float[dim];
    apply(in, at, out);
    return out;
  }

  void apply(float[] in, int at, float[] x) {
    float[] rows = matrix;
    if (rows != null) {
      for (int i = 0; i < dim; i++) {
        float sum = 0;
        for (int j = 0; j < dim; j++) {
          sum += rows[i * dim + j] * in[at + j];
        }
        x[i] = sum;
      }
      return;
    }
    System.arraycopy(in, at, x, 0, dim);
    float scale = (float) (1 / Math.sqrt(block));
    for (int round = 0; round < ROUNDS; round++) {
      flip(x, flips[round]);
      if (block == dim) {
        hadamard(x, 0, scale);
        continue;
      }
      hadamard(x, round % 2 == 0 ? 0 : dim - block, scale);
      int half = dim / 2;
      for (int i = 0; i < half; i++) {
        float a = x[i];
        float b = x[i + half];
        x[i] = a + b;
        x[i + half] = a - b;
      }
    }
    if (block != dim) {
      for (int i = 0; i < dim; i++) {
        x[i] *= 0.25f;
      }
    }
  }

  private static void flip(float[] x, float[] factors) {
    for (int i = 0; i < factors.length; i++) {
      x[i] *= factors[i];
    }
  }

  private void hadamard(float[] x, int from, float scale) {
    for (int h = 1; h < block; h <<= 1) {
      for (int i = from; i < from + block; i += 2 * h) {
        for (int j = i; j < i + h; j++) {
          float a = x[j];
          float b = x[j + h];
          x[j] = a + b;
          x[j + h] = a - b;
        }
      }
    }
    for (int i = from; i < from + block; i++) {
      x[i] *= scale;
    }
  }
}
