package io.lancelot.columnar;

import io.lancelot.columnar.DataType.TimeUnit;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.jspecify.annotations.Nullable;

/// Random types, values and columns. Values are the objects that [Values#at] gives back.
public final class RandomData {

  /// A column and what is in it.
  public record Sample(DataType type, Column column, List<@Nullable Object> values) {}

  private final Random random;

  public RandomData(Random random) {
    this.random = random;
  }

  /// A generator whose seed is printed; `-Dlancelot.seed` repeats it.
  public static RandomData seeded(String what) {
    long seed = Long.getLong("lancelot.seed", System.nanoTime());
    System.out.println(what + ": -Dlancelot.seed=" + seed);
    return new RandomData(new Random(seed));
  }

  public Random random() {
    return random;
  }

  /// Zeros that take no memory until they are touched.
  static MemorySegment sparse(Path folder, long bytes, Arena arena) throws IOException {
    Path file = folder.resolve("sparse");
    try (FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.SPARSE)) {
      return channel.map(FileChannel.MapMode.READ_WRITE, 0, bytes, arena);
    }
  }

  /// Every type without children, the parametrised ones several times.
  public static List<DataType> leaves() {
    List<DataType> types = new ArrayList<>();
    types.add(Types.NULL);
    types.add(Types.BOOL);
    for (int bits = 8; bits <= 64; bits *= 2) {
      types.add(new DataType.Int(bits, true));
      types.add(new DataType.Int(bits, false));
    }
    types.addAll(List.of(Types.FLOAT16, Types.FLOAT32, Types.FLOAT64));
    types.add(new DataType.Decimal(128, 38, 10));
    types.add(new DataType.Decimal(128, 5, -2));
    types.add(new DataType.Decimal(256, 76, 38));
    types.addAll(List.of(Types.UTF8, Types.LARGE_UTF8, Types.BINARY, Types.LARGE_BINARY));
    types.add(new DataType.FixedSizeBinary(16));
    types.add(new DataType.FixedSizeBinary(3));
    types.add(new DataType.FixedSizeBinary(0));
    types.addAll(List.of(Types.DATE32, Types.DATE64));
    for (TimeUnit unit : TimeUnit.values()) {
      types.add(new DataType.Time(unit));
      types.add(new DataType.Timestamp(unit, Optional.empty()));
      types.add(new DataType.Timestamp(unit, Optional.of("UTC")));
      types.add(new DataType.Timestamp(unit, Optional.of("Europe/Paris")));
      types.add(new DataType.Duration(unit));
    }
    return types;
  }

  /// Every kind of type with children, around `item`.
  public static List<DataType> nested(DataType item) {
    Field child = Field.nullable("item", item);
    List<DataType> types = new ArrayList<>();
    types.add(new DataType.ListOf(child, false));
    types.add(new DataType.ListOf(child, true));
    types.add(new DataType.FixedSizeList(child, 3));
    types.add(new DataType.FixedSizeList(child, 0));
    types.add(
        new DataType.Struct(List.of(Field.nullable("a", item), Field.nullable("b", Types.UTF8))));
    types.add(mapOf(Types.UTF8, item));
    if (!(item instanceof DataType.Dictionary) && !(item instanceof DataType.Null)) {
      types.add(new DataType.Dictionary(Types.INT16, item, false));
    }
    return types;
  }

  public static DataType.MapOf mapOf(DataType key, DataType value) {
    return new DataType.MapOf(
        Field.required(
            "entries",
            new DataType.Struct(
                List.of(Field.required("key", key), Field.nullable("value", value)))),
        false);
  }

  /// A type nested at most `depth` levels deep.
  public DataType type(int depth) {
    if (depth == 0 || random.nextInt(3) == 0) {
      List<DataType> leaves = leaves();
      return leaves.get(random.nextInt(leaves.size()));
    }
    Field item = new Field("item", type(depth - 1), true, metadata());
    return switch (random.nextInt(6)) {
      case 0, 1 -> new DataType.ListOf(item, random.nextBoolean());
      case 2 -> new DataType.FixedSizeList(item, random.nextInt(4));
      case 3 -> {
        List<Field> fields = new ArrayList<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          fields.add(new Field("f" + i, type(depth - 1), true, metadata()));
        }
        yield new DataType.Struct(fields);
      }
      case 4 ->
          mapOf(List.of(Types.UTF8, Types.INT32, Types.DATE32).get(random.nextInt(3)), item.type());
      default ->
          item.type() instanceof DataType.Dictionary || item.type() instanceof DataType.Null
              ? item.type()
              : new DataType.Dictionary(
                  List.of(Types.INT16, Types.INT32, Types.UINT16, Types.INT64)
                      .get(random.nextInt(4)),
                  item.type(),
                  false);
    };
  }

  public Map<String, String> metadata() {
    return random.nextInt(4) > 0 ? Map.of() : Map.of("key " + random.nextInt(9), "wert ü");
  }

  public Schema schema(int depth) {
    List<Field> fields = new ArrayList<>();
    for (int i = random.nextInt(5); i > 0; i--) {
      fields.add(new Field("column " + i, type(depth), true, metadata()));
    }
    return new Schema(fields, metadata());
  }

  public int length() {
    int[] lengths = {0, 0, 1, 2, 7, 8, 9, 63, 64, 65, 130};
    return lengths[random.nextInt(lengths.length)];
  }

  public Batch batch(Schema schema, int rows, SegmentAllocator allocator) {
    return new Batch(
        schema,
        rows,
        schema.fields().stream()
            .map(field -> sample(field.type(), rows, allocator).column())
            .toList());
  }

  /// A column with nulls at every level, one in four chances each that nulls lie over values, and
  /// that the column is a slice of a longer one.
  public Sample sample(DataType type, int length, SegmentAllocator allocator) {
    int before = random.nextInt(4) == 0 ? random.nextInt(20) : 0;
    int after = before == 0 ? 0 : random.nextInt(20);
    int whole = before + length + after;
    boolean masked = random.nextInt(4) == 0 && !(type instanceof DataType.Null);
    List<@Nullable Object> values = new ArrayList<>();
    ColumnBuilder builder = ColumnBuilder.of(type, allocator);
    boolean nulls = random.nextInt(3) > 0;
    for (int i = 0; i < whole; i++) {
      Object value = masked || !nulls || random.nextInt(4) > 0 ? value(type) : null;
      values.add(value);
      builder.append(value);
    }
    Column column = builder.build();
    if (masked) {
      int offset = random.nextInt(12);
      byte[] bits = new byte[(offset + whole + 7) / 8];
      random.nextBytes(bits);
      Bits validity = new Bits(MemorySegment.ofArray(bits), offset, whole);
      column = withValidity(column, validity);
      for (int i = 0; i < whole; i++) {
        if (!validity.get(i)) {
          values.set(i, null);
        }
      }
    }
    return new Sample(
        type,
        column.slice(before, length),
        new ArrayList<>(values.subList(before, before + length)));
  }

  private static Column withValidity(Column column, Bits validity) {
    return switch (column) {
      case NullColumn nulls -> nulls;
      case BoolColumn bool -> new BoolColumn(bool.values(), validity);
      case FixedColumn fixed ->
          new FixedColumn(fixed.type(), fixed.length(), fixed.data(), validity);
      case VarColumn var ->
          new VarColumn(var.type(), var.length(), var.offsets(), var.data(), validity);
      case ListColumn list ->
          new ListColumn(list.type(), list.length(), list.offsets(), list.items(), validity);
      case FixedListColumn list ->
          new FixedListColumn(list.type(), list.length(), list.items(), validity);
      case StructColumn struct ->
          new StructColumn(struct.type(), struct.length(), struct.children(), validity);
      case DictionaryColumn dictionary ->
          new DictionaryColumn(
              dictionary.type(),
              (FixedColumn) withValidity(dictionary.indices(), validity),
              dictionary.values());
    };
  }

  private @Nullable Object valueOrNull(DataType type) {
    return random.nextInt(5) == 0 ? null : value(type);
  }

  /// A value, null only of the null type.
  public @Nullable Object value(DataType type) {
    return switch (type) {
      case DataType.Null _ -> null;
      case DataType.Bool _ -> random.nextBoolean();
      case DataType.Int(int bits, boolean signed) -> integer(bits, signed);
      case DataType.Floating(int bits) ->
          switch (bits) {
            case 16 -> Float.float16ToFloat((short) random.nextInt());
            case 32 -> Float.intBitsToFloat(random.nextInt());
            default -> Double.longBitsToDouble(random.nextLong());
          };
      case DataType.Decimal(_, int precision, int scale) -> {
        BigInteger bound = BigInteger.TEN.pow(random.nextInt(precision) + 1);
        BigInteger unscaled = new BigInteger(260, random).mod(bound);
        yield new BigDecimal(random.nextBoolean() ? unscaled : unscaled.negate(), scale);
      }
      case DataType.Utf8 _ -> text();
      case DataType.Binary _ -> bytes(random.nextInt(12));
      case DataType.FixedSizeBinary(int width) -> bytes(width);
      case DataType.Date _ -> LocalDate.ofEpochDay(random.nextInt(2_000_000) - 1_000_000);
      case DataType.Time(TimeUnit unit) ->
          LocalTime.ofNanoOfDay(
              random.nextLong(86_400L * unit.perSecond()) * (1_000_000_000L / unit.perSecond()));
      case DataType.Timestamp(TimeUnit unit, Optional<String> zone) -> {
        long seconds = random.nextLong(-9_000_000_000L, 9_000_000_000L);
        Instant instant =
            Values.instant(
                Math.addExact(seconds * unit.perSecond(), random.nextLong(unit.perSecond())), unit);
        yield zone.isPresent()
            ? (Object) instant.atZone(ZoneId.of(zone.get()))
            : (Object) LocalDateTime.ofInstant(instant, ZoneOffset.UTC);
      }
      case DataType.Duration(TimeUnit unit) ->
          Duration.ofSeconds(
              random.nextLong(-9_000_000_000L, 9_000_000_000L),
              random.nextLong(unit.perSecond()) * (1_000_000_000L / unit.perSecond()));
      case DataType.ListOf(Field item, _) -> list(item.type(), random.nextInt(4));
      case DataType.FixedSizeList(Field item, int size) -> list(item.type(), size);
      case DataType.Struct(List<Field> fields) -> {
        Map<String, @Nullable Object> struct = new LinkedHashMap<>();
        fields.forEach(field -> struct.put(field.name(), valueOrNull(field.type())));
        yield struct;
      }
      case DataType.MapOf map -> {
        Map<@Nullable Object, @Nullable Object> entries = new LinkedHashMap<>();
        for (int i = random.nextInt(4); i > 0; i--) {
          entries.put(value(map.key().type()), valueOrNull(map.value().type()));
        }
        yield entries;
      }
      case DataType.Dictionary dictionary -> value(dictionary.value());
    };
  }

  private Object integer(int bits, boolean signed) {
    long value = random.nextLong() >> random.nextInt(64);
    return switch (bits) {
      case 8 -> signed ? (Object) (int) (byte) value : (Object) (int) (value & 0xFF);
      case 16 -> signed ? (Object) (int) (short) value : (Object) (int) (value & 0xFFFF);
      case 32 -> signed ? (Object) (int) value : (Object) (value & 0xFFFF_FFFFL);
      default -> signed ? (Object) value : (Object) Values.unsigned(value);
    };
  }

  private String text() {
    StringBuilder text = new StringBuilder();
    for (int i = random.nextInt(20); i > 0; i--) {
      text.appendCodePoint("aZ 0éıİ漢\uD83D\uDE00".codePointAt(random.nextInt(9)));
    }
    return text.toString().replaceAll("[\uD800-\uDFFF]", "\uD83D\uDE00");
  }

  private byte[] bytes(int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private List<@Nullable Object> list(DataType item, int size) {
    List<@Nullable Object> list = new ArrayList<>();
    for (int i = 0; i < size; i++) {
      list.add(valueOrNull(item));
    }
    return list;
  }

  /// All values of a column, comparable.
  public static List<@Nullable Object> contents(Column column) {
    List<@Nullable Object> contents = new ArrayList<>();
    for (int i = 0; i < column.length(); i++) {
      contents.add(comparable(Values.at(column, i)));
    }
    return contents;
  }

  public static List<@Nullable Object> contents(List<@Nullable Object> values) {
    List<@Nullable Object> contents = new ArrayList<>();
    values.forEach(value -> contents.add(comparable(value)));
    return contents;
  }

  public static List<List<@Nullable Object>> contents(Batch batch) {
    return batch.columns().stream().map(RandomData::contents).toList();
  }

  /// The value with arrays replaced by what compares by content.
  private static @Nullable Object comparable(@Nullable Object value) {
    return switch (value) {
      case null -> null;
      case byte[] bytes -> ByteBuffer.wrap(bytes);
      case float[] floats -> {
        List<@Nullable Object> list = new ArrayList<>();
        for (float f : floats) {
          list.add(f);
        }
        yield list;
      }
      case List<?> list -> {
        List<@Nullable Object> items = new ArrayList<>();
        list.forEach(item -> items.add(comparable(item)));
        yield items;
      }
      case Map<?, ?> map -> {
        Map<@Nullable Object, @Nullable Object> entries = new LinkedHashMap<>();
        map.forEach((k, v) -> entries.put(comparable(k), comparable(v)));
        yield entries;
      }
      default -> value;
    };
  }
}
