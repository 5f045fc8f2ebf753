package io.lancelot.kernels;

/// The numbers a vector column is made of, as they lie in memory: little-endian, row after row.
public enum ElementType {
  FLOAT16(2),
  FLOAT32(4),
  FLOAT64(8),
  UINT8(1),
  INT8(1);

  private final int bytes;

  ElementType(int bytes) {
    this.bytes = bytes;
  }

  /// The size of one number.
  public int bytes() {
    return bytes;
  }
}
