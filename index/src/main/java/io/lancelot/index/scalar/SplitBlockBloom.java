package io.lancelot.index.scalar;

import io.lancelot.columnar.FixedColumn;
import java.lang.foreign.MemorySegment;

/// A split-block Bloom filter as Parquet defines it: blocks of eight 32-bit words, one bit in each
/// for every value. Format: lance-format section 4.11.
final class SplitBlockBloom {

  static final int BLOCK_BYTES = 32;

  private static final int[] SALT = {
    0x47b6137b, 0x44974d91, 0x8824ad5b, 0xa2b7289d, 0x705495c7, 0x2df1424b, 0x9efc4947, 0x5c6bfb31
  };
  private static final int MIN_LOG_BYTES = 5;
  private static final int MAX_LOG_BYTES = 27;

  private SplitBlockBloom() {}

  /// Bytes of a filter for so many values: the least power of two that is wrong at most so often.
  static int bytesFor(long values, double wrong) {
    int low = 0;
    int high = 64;
    while (high > low + 1) {
      int middle = (low + high) / 2;
      if (wrongShare(values, middle) <= wrong) {
        high = middle;
      } else {
        low = middle;
      }
    }
    return 1 << Math.clamp(high, MIN_LOG_BYTES, MAX_LOG_BYTES);
  }

  /// How often a filter of `2^logBytes` bytes finds what is not there: the number of values in a
  /// block is Poisson distributed, each sets one bit in every word.
  private static double wrongShare(long values, int logBytes) {
    double bits = Math.scalb(8.0, logBytes);
    if (values == 0) {
      return 0;
    }
    if (values / bits > 2) {
      return 1;
    }
    double mean = 256 * values / bits;
    double sum = 0;
    double logFactorial = 0;
    for (int i = 0; i < 750; i++) {
      if (i > 1) {
        logFactorial += Math.log(i);
      }
      double probability = i * Math.log(mean) - mean - logFactorial;
      double all = i == 0 ? Double.NEGATIVE_INFINITY : 8 * Math.log1p(-Math.pow(31.0 / 32, i));
      sum += Math.exp(probability + all);
    }
    return Math.min(1, sum);
  }

  private static long block(long hash, long bytes) {
    return ((hash >>> 32) * (bytes / BLOCK_BYTES) >>> 32) * BLOCK_BYTES;
  }

  private static int bit(long hash, int word) {
    return 1 << ((int) hash * SALT[word] >>> 27);
  }

  static void insert(MemorySegment filter, long hash) {
    long block = block(hash, filter.byteSize());
    for (int i = 0; i < 8; i++) {
      long at = block + 4L * i;
      filter.set(FixedColumn.INT, at, filter.get(FixedColumn.INT, at) | bit(hash, i));
    }
  }

  static boolean mayContain(MemorySegment filter, long hash) {
    long block = block(hash, filter.byteSize());
    for (int i = 0; i < 8; i++) {
      if ((filter.get(FixedColumn.INT, block + 4L * i) & bit(hash, i)) == 0) {
        return false;
      }
    }
    return true;
  }
}
