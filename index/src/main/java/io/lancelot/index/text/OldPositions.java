package io.lancelot.index.text;

import io.lancelot.base.CorruptDataException;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.ValueLayout;

/// Positions as format 1 keeps them, document by document, turned into those of a posting list.
/// Format: lance-format section 4.12.6. For one thread.
final class OldPositions {

  static final String COLUMN = "_position";

  private static final int GROUP = Bits32.BLOCK;

  private final VarColumn pieces;
  private final String path;
  private final GrowingBytes out = new GrowingBytes(256);
  private final int[] group = new int[GROUP];
  private int[] positions = new int[GROUP];

  private OldPositions(VarColumn pieces, String path) {
    this.pieces = pieces;
    this.path = path;
  }

  /// A list with its positions.
  ///
  /// @param bare the list without them
  /// @param column the value of the list in the column: pieces of each document
  static Posting of(Posting bare, ListColumn column, String path) {
    ListColumn documents = (ListColumn) column.items();
    int first = column.offset(0);
    if (column.offset(1) - first != bare.docCount()) {
      throw wrong("documents", bare.docCount(), column.offset(1) - first, path);
    }
    OldPositions reader = new OldPositions((VarColumn) documents.items(), path);
    int[] starts = new int[bare.blockCount() + 1];
    int[] freqs = new int[bare.format().blockSize()];
    int document = first;
    for (int block = 0; block < bare.blockCount(); block++) {
      starts[block] = reader.out.length;
      bare.freqs(block, freqs);
      for (int i = 0; i < bare.size(block); i++, document++) {
        reader.add(documents.offset(document), documents.offset(document + 1), freqs[i]);
      }
    }
    starts[bare.blockCount()] = reader.out.length;
    return new Posting(
        bare.format(), bare.docCount(), bare.data(), bare.starts(), reader.out.toArray(), starts);
  }

  /// Adds the positions of a document: a piece with their number, one for each full group, and one
  /// for the rest.
  private void add(int from, int to, int freq) {
    byte[] number = from < to ? piece(from, Integer.BYTES) : new byte[Integer.BYTES];
    int count = Bits32.get(number, 0);
    if (count != freq || to - from != 1 + (count + GROUP - 1) / GROUP) {
      throw wrong("positions of a document", freq, count, path);
    }
    if (positions.length < count) {
      positions = new int[2 * count];
    }
    int done = 0;
    for (int at = from + 1; at < to; at++) {
      int size = Math.min(GROUP, count - done);
      if (size == GROUP) {
        packed(piece(at, 5), done);
      } else {
        byte[] rest = piece(at, Integer.BYTES * size);
        for (int i = 0; i < size; i++) {
          positions[done + i] = Bits32.get(rest, Integer.BYTES * i);
        }
      }
      done += size;
    }
    int before = 0;
    for (int i = 0; i < count; i++) {
      if (positions[i] < before) {
        throw wrong("position", before, positions[i], path);
      }
      out.writeVarint(positions[i] - before);
      before = positions[i];
    }
  }

  private void packed(byte[] in, int to) {
    int width = in[4];
    if (width < 0 || width > Integer.SIZE || in.length < 5 + 16 * width) {
      throw wrong("width of packed positions", 16 * width, in.length - 5, path);
    }
    Bits32.unpack(in, 5, GROUP / 32, width, group);
    int position = Bits32.get(in, 0);
    for (int i = 0; i < GROUP; i++) {
      position += group[i];
      positions[to + i] = position;
    }
  }

  private byte[] piece(int at, int least) {
    byte[] bytes = pieces.bytesAt(at).toArray(ValueLayout.JAVA_BYTE);
    if (bytes.length < least) {
      throw wrong("bytes of positions", least, bytes.length, path);
    }
    return bytes;
  }

  private static CorruptDataException wrong(String what, int expected, int found, String path) {
    return new CorruptDataException(
        what + ": expected=" + expected + ", found=" + found + " (path=" + path + ")");
  }
}
