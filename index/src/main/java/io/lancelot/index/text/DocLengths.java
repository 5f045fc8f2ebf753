package io.lancelot.index.text;

/// Lengths of documents in a byte, rounded down: exact below eight, then the first four bits.
/// Format: lance-format section 4.12.5.
final class DocLengths {

  private DocLengths() {}

  static int code(int length) {
    if (length < 8) {
      return length;
    }
    int bits = Integer.SIZE - Integer.numberOfLeadingZeros(length);
    return length >> (bits - 4) & 7 | (bits - 3) << 3;
  }

  static int decode(int code) {
    return code < 8 ? code : (8 | code & 7) << (code >> 3) - 1;
  }
}
