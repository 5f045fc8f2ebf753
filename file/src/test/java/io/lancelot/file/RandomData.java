package io.lancelot.file;

import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Bits;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.VarColumn;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Random schemas and batches of every type: nulls of all densities with garbage below them, empty
/// and missing lists, constant and repeating values, slices that start anywhere.
final class RandomData {

  private final Random random;
  private final boolean allTypes;
  private final Arena arena = Arena.ofAuto();

  /// @param allTypes whether types that only version 2.2 has may occur
  RandomData(long seed, boolean allTypes) {
    this.random = new Random(seed);
    this.allTypes = allTypes;
  }

  Schema schema(int maxDepth) {
    int columns = 1 + random.nextInt(4);
    List<Field> fields = new ArrayList<>();
    for (int i = 0; i < columns; i++) {
      fields.add(field("c" + i, type(random.nextInt(maxDepth + 1))));
    }
    return Schema.of(fields);
  }

  private Field field(String name, DataType type) {
    boolean nullable = type instanceof DataType.Null || random.nextInt(5) > 0;
    return new Field(name, type, nullable, Map.of());
  }

  private DataType type(int depth) {
    if (depth == 0) {
      return leafType();
    }
    return switch (random.nextInt(allTypes ? 5 : 4)) {
      case 0, 1 -> new DataType.ListOf(field("item", type(depth - 1)), random.nextInt(4) == 0);
      case 2, 3 -> struct(depth);
      case 4 ->
          new DataType.MapOf(
              Field.required(
                  "entries",
                  new DataType.Struct(
                      List.of(
                          Field.required("key", leafType(true)), field("value", type(depth - 1))))),
              false);
      default -> new DataType.FixedSizeList(field("item", struct(depth)), 1 + random.nextInt(3));
    };
  }

  private DataType.Struct struct(int depth) {
    int children = 1 + random.nextInt(3);
    List<Field> fields = new ArrayList<>();
    for (int i = 0; i < children; i++) {
      fields.add(field("f" + i, type(random.nextInt(depth))));
    }
    return new DataType.Struct(fields);
  }

  private DataType leafType() {
    return leafType(false);
  }

  private DataType leafType(boolean plain) {
    return switch (random.nextInt(plain ? 16 : 24)) {
      case 0 -> Types.BOOL;
      case 1 -> Types.INT8;
      case 2 -> Types.UINT16;
      case 3 -> Types.INT32;
      case 4 -> Types.INT64;
      case 5 -> Types.UINT64;
      case 6 -> Types.FLOAT16;
      case 7 -> Types.FLOAT32;
      case 8 -> Types.FLOAT64;
      case 9 -> Types.UTF8;
      case 10 -> random.nextBoolean() ? Types.LARGE_UTF8 : Types.LARGE_BINARY;
      case 11 -> Types.BINARY;
      case 12 -> new DataType.Decimal(random.nextBoolean() ? 128 : 256, 30, 3);
      case 13 -> new DataType.FixedSizeBinary(1 + random.nextInt(20));
      case 14 -> new DataType.Timestamp(DataType.TimeUnit.MICROSECOND, Optional.of("UTC"));
      case 15 -> Types.DATE32;
      case 16, 17 -> Types.UTF8;
      case 18 -> Types.NULL;
      case 19 ->
          new DataType.Dictionary(
              random.nextBoolean() ? Types.INT8 : Types.INT32, Types.UTF8, false);
      case 20 -> Types.vector(64 + random.nextInt(30));
      case 21 ->
          new DataType.FixedSizeList(Field.nullable("item", Types.BOOL), 1 + random.nextInt(20));
      case 22 ->
          new DataType.FixedSizeList(
              Field.nullable(
                  "item", new DataType.FixedSizeList(Field.nullable("item", Types.INT16), 2)),
              3);
      default -> Types.vector(1 + random.nextInt(8));
    };
  }

  Batch batch(Schema schema, int rows) {
    List<Column> columns = new ArrayList<>();
    for (Field field : schema.fields()) {
      columns.add(column(field.type(), rows, field.nullable()));
    }
    return new Batch(schema, rows, columns);
  }

  private Column column(DataType type, int rows, boolean nullable) {
    int before = random.nextInt(3) == 0 ? random.nextInt(20) : 0;
    int after = random.nextInt(3) == 0 ? random.nextInt(20) : 0;
    return make(type, before + rows + after, nullable).slice(before, rows);
  }

  private Column make(DataType type, int rows, boolean nullable) {
    if (type instanceof DataType.Null) {
      return new NullColumn(rows);
    }
    Bits validity = nullable && random.nextBoolean() ? bits(rows, density()) : null;
    return switch (type) {
      case DataType.Null _ -> new NullColumn(rows);
      case DataType.Bool _ -> new BoolColumn(bits(rows, density()), validity);
      case DataType.Int _,
          DataType.Floating _,
          DataType.Decimal _,
          DataType.FixedSizeBinary _,
          DataType.Date _,
          DataType.Time _,
          DataType.Timestamp _,
          DataType.Duration _ ->
          fixed(type, rows, validity);
      case DataType.Utf8(boolean large) -> variable(type, large, rows, validity);
      case DataType.Binary(boolean large) -> variable(type, large, rows, validity);
      case DataType.ListOf(Field item, boolean large) -> list(type, item, large, rows, validity);
      case DataType.MapOf map -> list(map, map.entries(), false, rows, validity);
      case DataType.FixedSizeList list ->
          new FixedListColumn(
              list,
              rows,
              column(list.item().type(), rows * list.size(), list.item().nullable()),
              validity);
      case DataType.Struct struct ->
          new StructColumn(
              struct,
              rows,
              struct.fields().stream()
                  .map(field -> column(field.type(), rows, field.nullable()))
                  .toList(),
              validity);
      case DataType.Dictionary dictionary -> dictionary(dictionary, rows, nullable, validity);
    };
  }

  private double density() {
    return switch (random.nextInt(5)) {
      case 0 -> 0;
      case 1 -> 1;
      case 2 -> 0.99;
      default -> random.nextDouble();
    };
  }

  private Bits bits(int rows, double density) {
    int offset = random.nextInt(10);
    MemorySegment bytes = arena.allocate((offset + rows + 7) / 8 + 1);
    for (int i = 0; i < offset + rows; i++) {
      if (random.nextDouble() < density) {
        byte old = bytes.get(ValueLayout.JAVA_BYTE, i >> 3);
        bytes.set(ValueLayout.JAVA_BYTE, i >> 3, (byte) (old | 1 << (i & 7)));
      }
    }
    return new Bits(bytes, offset, rows);
  }

  private FixedColumn fixed(DataType type, int rows, @Nullable Bits validity) {
    int width = type.byteWidth();
    MemorySegment data = arena.allocate((long) rows * width, 8);
    byte[] value = new byte[width];
    int style = random.nextInt(6);
    int bytes = 1 + random.nextInt(width);
    for (int i = 0; i < rows; i++) {
      boolean fresh =
          switch (style) {
            case 0 -> i == 0;
            case 1 -> random.nextInt(50) == 0;
            default -> true;
          };
      if (fresh) {
        for (int j = 0; j < width; j++) {
          boolean low = style == 2 ? j < 1 : style == 3 ? j < bytes : true;
          // A decimal may not have more digits than its type says.
          boolean limited = type instanceof DataType.Decimal && j > 8;
          value[j] = low && !limited ? (byte) random.nextInt(style == 4 ? 3 : 256) : 0;
        }
        if (type instanceof DataType.Floating) {
          value[width - 1] &= 0x3F;
        }
      }
      MemorySegment.copy(value, 0, data, ValueLayout.JAVA_BYTE, (long) i * width, width);
    }
    return new FixedColumn(type, rows, data, validity);
  }

  private VarColumn variable(DataType type, boolean large, int rows, @Nullable Bits validity) {
    int max =
        switch (random.nextInt(6)) {
          case 0 -> 1;
          case 1 -> 400;
          case 2 -> 255;
          default -> 30;
        };
    int distinct = random.nextInt(3) == 0 ? 1 + random.nextInt(20) : Integer.MAX_VALUE;
    List<byte[]> seen = new ArrayList<>();
    List<byte[]> values = new ArrayList<>();
    long total = random.nextInt(30);
    long first = total;
    for (int i = 0; i < rows; i++) {
      byte[] value;
      if (seen.size() < distinct) {
        value = new byte[random.nextInt(max + 1)];
        for (int j = 0; j < value.length; j++) {
          value[j] = (byte) ('a' + random.nextInt(1 + j % 26));
        }
        seen.add(value);
      } else {
        value = seen.get(random.nextInt(seen.size()));
      }
      values.add(value);
      total += value.length;
    }
    int width = large ? 8 : 4;
    MemorySegment offsets = arena.allocate((rows + 1L) * width, 8);
    MemorySegment data = arena.allocate(total);
    long at = first;
    for (int i = 0; i <= rows; i++) {
      if (large) {
        offsets.set(FixedColumn.LONG, 8L * i, at);
      } else {
        offsets.set(FixedColumn.INT, 4L * i, (int) at);
      }
      if (i < rows) {
        byte[] value = values.get(i);
        MemorySegment.copy(value, 0, data, ValueLayout.JAVA_BYTE, at, value.length);
        at += value.length;
      }
    }
    return new VarColumn(type, rows, offsets, data, validity);
  }

  private ListColumn list(
      DataType type, Field item, boolean large, int rows, @Nullable Bits validity) {
    int max =
        switch (random.nextInt(8)) {
          case 0 -> 1;
          case 1 -> rows < 50 ? 3000 : 20;
          case 2 -> 0;
          default -> 4;
        };
    int width = large ? 8 : 4;
    MemorySegment offsets = arena.allocate((rows + 1L) * width, 8);
    int first = random.nextInt(5);
    int at = first;
    for (int i = 0; i <= rows; i++) {
      if (large) {
        offsets.set(FixedColumn.LONG, 8L * i, at);
      } else {
        offsets.set(FixedColumn.INT, 4L * i, at);
      }
      if (i < rows) {
        at += random.nextInt(max + 1);
      }
    }
    return new ListColumn(type, rows, offsets, column(item.type(), at, item.nullable()), validity);
  }

  private DictionaryColumn dictionary(
      DataType.Dictionary type, int rows, boolean nullable, @Nullable Bits validity) {
    int entries = 1 + random.nextInt(40);
    Column values = make(type.value(), entries, nullable && random.nextInt(4) == 0);
    int width = type.index().byteWidth();
    MemorySegment indices = arena.allocate((long) rows * width, 8);
    for (int i = 0; i < rows; i++) {
      indices.set(ValueLayout.JAVA_BYTE, (long) i * width, (byte) random.nextInt(entries));
    }
    return new DictionaryColumn(
        type, new FixedColumn(type.index(), rows, indices, validity), values);
  }
}
