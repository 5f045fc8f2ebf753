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

  /// The signs of each round as factors, times what keeps lengths the same.
  private final float[][] flips;

  private Rotation(int dim, byte[] signs, float @Nullable [] matrix) {
    this.dim = dim;
    this.signs = signs;
    this.matrix = matrix;
    this.block = Integer.highestOneBit(dim);
    this.flips = new float[signs.length == 0 ? 0 : ROUNDS][dim];
    float scale = (float) (1 / Math.sqrt(block));
    for (int round = 0; round < flips.length; round++) {
      int bits = round * ((dim + 7) / 8);
      int from = start(round);
      for (int i = 0; i < dim; i++) {
        float factor = i >= from && i < from + block ? scale : 1;
        if (block != dim) {
          // The halves are added besides.
          factor *= 0.5f * (float) Math.sqrt(2);
        }
        flips[round][i] = (signs[bits + (i >>> 3)] >>> (i & 7) & 1) == 0 ? factor : -factor;
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
    for (int round = 0; round < ROUNDS; round++) {
      float[] factors = flips[round];
      for (int i = 0; i < factors.length; i++) {
        x[i] *= factors[i];
      }
      hadamard(x, start(round), block);
      if (block != dim) {
        butterfly(x, 0, dim / 2);
      }
    }
  }

  /// Where the block of a round begins: the first numbers and the last in turn.
  private int start(int round) {
    return round % 2 == 0 ? 0 : dim - block;
  }

  private static void hadamard(float[] x, int from, int block) {
    int end = from + block;
    int h = 1;
    // Two steps at once, where each number is loaded and stored once.
    if (block >= 4) {
      for (int i = from; i < end; i += 4) {
        float a = x[i] + x[i + 1];
        float b = x[i] - x[i + 1];
        float c = x[i + 2] + x[i + 3];
        float d = x[i + 2] - x[i + 3];
        x[i] = a + c;
        x[i + 1] = b + d;
        x[i + 2] = a - c;
        x[i + 3] = b - d;
      }
      h = 4;
    }
    for (; 2 * h < block; h *= 4) {
      for (int i = from; i < end; i += 4 * h) {
        for (int j = i; j < i + h; j++) {
          float a = x[j] + x[j + h];
          float b = x[j] - x[j + h];
          float c = x[j + 2 * h] + x[j + 3 * h];
          float d = x[j + 2 * h] - x[j + 3 * h];
          x[j] = a + c;
          x[j + h] = b + d;
          x[j + 2 * h] = a - c;
          x[j + 3 * h] = b - d;
        }
      }
    }
    if (h < block) {
      butterfly(x, from, h);
    }
  }

  private static void butterfly(float[] x, int from, int half) {
    for (int j = from; j < from + half; j++) {
      float a = x[j];
      float b = x[j + half];
      x[j] = a + b;
      x[j + half] = a - b;
    }
  }
}
