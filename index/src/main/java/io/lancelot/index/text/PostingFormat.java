package io.lancelot.index.text;

/// How the posting lists of an index are written. Format: lance-format section 4.12.
///
/// @param blockSize documents of a full block: 128 or 256
/// @param varintTail whether the last block is varints instead of 32-bit numbers
/// @param packedPositions whether full groups of positions are packed
record PostingFormat(int blockSize, boolean varintTail, boolean packedPositions) {

  /// What indices have unless they are asked for something else.
  static final PostingFormat CURRENT = new PostingFormat(128, true, true);

  /// What we write for some settings.
  static PostingFormat of(TextParams params) {
    return new PostingFormat(params.blockSize(), true, true);
  }

  int lanes() {
    return blockSize / 32;
  }

  /// Whether each block begins with its highest score.
  boolean scored() {
    return blockSize == 128;
  }

  boolean patchedFreqs() {
    return blockSize == 256;
  }

  /// The length that scores count a document with: in indices of large blocks upstream rounds it
  /// down to four significant bits, as their bounds do.
  int scoredLength(int length) {
    return blockSize == 256 ? DocLengths.decode(DocLengths.code(length)) : length;
  }
}
