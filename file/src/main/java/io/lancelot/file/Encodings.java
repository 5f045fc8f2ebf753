package io.lancelot.file;

import com.google.protobuf.ByteString;
import io.lancelot.file.proto.BufferCompression;
import io.lancelot.file.proto.ByteStreamSplit;
import io.lancelot.file.proto.CompressiveEncoding;
import io.lancelot.file.proto.FixedSizeListEncoding;
import io.lancelot.file.proto.Flat;
import io.lancelot.file.proto.Fsst;
import io.lancelot.file.proto.General;
import io.lancelot.file.proto.InlineBitpacking;
import io.lancelot.file.proto.OutOfLineBitpacking;
import io.lancelot.file.proto.PackedStruct;
import io.lancelot.file.proto.Rle;
import io.lancelot.file.proto.Variable;
import io.lancelot.file.proto.VariablePackedStruct;
import java.util.List;

/// The messages that name encodings. Format: lance-format section 2.1.
final class Encodings {

  private Encodings() {}

  static CompressiveEncoding flat(long bits) {
    return CompressiveEncoding.newBuilder()
        .setFlat(Flat.newBuilder().setBitsPerValue(bits))
        .build();
  }

  static CompressiveEncoding variable(int offsetBits) {
    return CompressiveEncoding.newBuilder()
        .setVariable(Variable.newBuilder().setOffsets(flat(offsetBits)))
        .build();
  }

  static CompressiveEncoding inlineBitpacking(int bits) {
    return CompressiveEncoding.newBuilder()
        .setInlineBitpacking(InlineBitpacking.newBuilder().setUncompressedBitsPerValue(bits))
        .build();
  }

  static CompressiveEncoding outOfLineBitpacking(int bits, int packedBits) {
    return CompressiveEncoding.newBuilder()
        .setOutOfLineBitpacking(
            OutOfLineBitpacking.newBuilder()
                .setUncompressedBitsPerValue(bits)
                .setValues(flat(packedBits)))
        .build();
  }

  static CompressiveEncoding rle(int bits) {
    return CompressiveEncoding.newBuilder()
        .setRle(Rle.newBuilder().setValues(flat(bits)).setRunLengths(flat(8)))
        .build();
  }

  static CompressiveEncoding general(BufferCompression codec, CompressiveEncoding inner) {
    return CompressiveEncoding.newBuilder()
        .setGeneral(General.newBuilder().setCompression(codec).setValues(inner))
        .build();
  }

  static CompressiveEncoding byteStreamSplit(int bits) {
    return CompressiveEncoding.newBuilder()
        .setByteStreamSplit(ByteStreamSplit.newBuilder().setValues(flat(bits)))
        .build();
  }

  /// Rows of values of one size each.
  static CompressiveEncoding packedStruct(List<PageSlots> children) {
    PackedStruct.Builder rows = PackedStruct.newBuilder();
    long total = 0;
    for (PageSlots child : children) {
      int bits = ((PageSlots.Fixed) child).bits();
      rows.addBitsPerValue(bits);
      total += bits;
    }
    return CompressiveEncoding.newBuilder().setPackedStruct(rows.setValues(flat(total))).build();
  }

  /// Rows of values some of which vary in size.
  static CompressiveEncoding variablePackedStruct(
      List<VariablePackedStruct.FieldEncoding> children) {
    return CompressiveEncoding.newBuilder()
        .setVariablePackedStruct(VariablePackedStruct.newBuilder().addAllFields(children))
        .build();
  }

  static CompressiveEncoding fsst(ByteString symbolTable, CompressiveEncoding coded) {
    return CompressiveEncoding.newBuilder()
        .setFsst(Fsst.newBuilder().setSymbolTable(symbolTable).setValues(coded))
        .build();
  }

  /// The encoding of plain slots, with the fixed-size lists around them.
  static CompressiveEncoding fixed(PageSlots.Fixed slots) {
    int items = 1;
    for (PageSlots.FixedLists layer : slots.lists()) {
      items *= layer.size();
    }
    return fixed(slots.lists(), slots.bits() / items);
  }

  private static CompressiveEncoding fixed(List<PageSlots.FixedLists> lists, int itemBits) {
    if (lists.isEmpty()) {
      return flat(itemBits);
    }
    PageSlots.FixedLists outer = lists.getFirst();
    return CompressiveEncoding.newBuilder()
        .setFixedSizeList(
            FixedSizeListEncoding.newBuilder()
                .setItemsPerValue(outer.size())
                .setHasValidity(outer.validity() != null)
                .setValues(fixed(lists.subList(1, lists.size()), itemBits)))
        .build();
  }
}
