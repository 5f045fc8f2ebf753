package io.lancelot.table;

import com.google.protobuf.CodedOutputStream;
import io.lancelot.table.proto.TableProto;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;

/// The fragments of a manifest in the form in which they are stored, kept from commit to commit: an
/// append leaves thousands of them as they are, and writing each anew would cost more with every
/// commit.
final class EncodedFragments {

  static final EncodedFragments NONE = new EncodedFragments(List.of(), new byte[0], new int[0]);

  private final List<TableProto.DataFragment> fragments;
  private final byte[] bytes;

  /// Where the bytes of each fragment end.
  private final int[] ends;

  private EncodedFragments(List<TableProto.DataFragment> fragments, byte[] bytes, int[] ends) {
    this.fragments = fragments;
    this.bytes = bytes;
    this.ends = ends;
  }

  /// @param before of an earlier version; its bytes are taken over as far as both begin with the
  ///   same fragments
  static EncodedFragments of(List<TableProto.DataFragment> fragments, EncodedFragments before) {
    int most = Math.min(fragments.size(), before.fragments.size());
    int same = 0;
    while (same < most && fragments.get(same) == before.fragments.get(same)) {
      same++;
    }
    int[] ends = Arrays.copyOf(before.ends, fragments.size());
    int start = same == 0 ? 0 : ends[same - 1];
    int end = start;
    for (int i = same; i < ends.length; i++) {
      end = Math.addExact(end, size(fragments.get(i)));
      ends[i] = end;
    }
    byte[] bytes = new byte[end];
    System.arraycopy(before.bytes, 0, bytes, 0, start);
    write(fragments.subList(same, fragments.size()), bytes, start);
    return new EncodedFragments(List.copyOf(fragments), bytes, ends);
  }

  private static int size(TableProto.DataFragment fragment) {
    return CodedOutputStream.computeMessageSize(
        TableProto.Manifest.FRAGMENTS_FIELD_NUMBER, fragment);
  }

  private static void write(List<TableProto.DataFragment> fragments, byte[] bytes, int start) {
    CodedOutputStream out = CodedOutputStream.newInstance(bytes, start, bytes.length - start);
    try {
      for (TableProto.DataFragment fragment : fragments) {
        out.writeMessage(TableProto.Manifest.FRAGMENTS_FIELD_NUMBER, fragment);
      }
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException("fragments do not fit the room computed for them", e);
    }
  }

  /// A part of the manifest's message: protobuf messages may be cut between any two fields.
  byte[] bytes() {
    return bytes;
  }
}
