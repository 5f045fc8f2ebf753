package io.lancelot;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.Values;
import io.lancelot.file.BlobInput;
import java.lang.foreign.SegmentAllocator;
import java.lang.reflect.Array;
import java.lang.reflect.Constructor;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.net.URI;
import java.time.Duration;
import java.time.Instant;
import java.time.LocalDate;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/// Records and maps to columns, and back.
///
/// A record's components are columns of the same names. Primitives are non-null columns; everything
/// else is nullable.
final class RecordMapping {

  private RecordMapping() {}

  /// The schema of a record class.
  ///
  /// @throws InvalidInputException for a component whose type has no column type
  static Schema schemaOf(Class<?> recordClass) {
    if (!recordClass.isRecord()) {
      throw new InvalidInputException("not a record class: found=" + recordClass.getName());
    }
    return Schema.of(fieldsOf(recordClass));
  }

  private static List<Field> fieldsOf(Class<?> recordClass) {
    List<Field> fields = new ArrayList<>();
    for (RecordComponent component : recordClass.getRecordComponents()) {
      Vector vector = component.getAnnotation(Vector.class);
      DataType type =
          vector != null
              ? vectorType(component, vector.value())
              : typeOf(component.getGenericType(), recordClass, component.getName());
      fields.add(
          new Field(component.getName(), type, !component.getType().isPrimitive(), Map.of()));
    }
    return fields;
  }

  /// A vector for each row, or a list of vectors.
  private static DataType vectorType(RecordComponent component, int dim) {
    Class<?> type = component.getType();
    Type items =
        component.getGenericType() instanceof ParameterizedType generic
                && Collection.class.isAssignableFrom(type)
            ? generic.getActualTypeArguments()[0]
            : type.getComponentType();
    DataType one = VECTOR_ITEMS.get(type);
    DataType several = items == null ? null : VECTOR_ITEMS.get(items);
    if (one == null && several == null) {
      throw new InvalidInputException(
          "@Vector component: expected=float[], double[] or byte[], or several of them, found="
              + type.getSimpleName()
              + " (component="
              + component.getName()
              + ")");
    }
    DataType vector =
        new DataType.FixedSizeList(
            Field.nullable("item", one == null ? Objects.requireNonNull(several) : one), dim);
    return one == null ? Types.listOf(vector) : vector;
  }

  private static final Map<Type, DataType> VECTOR_ITEMS =
      Map.of(
          float[].class, Types.FLOAT32, double[].class, Types.FLOAT64, byte[].class, Types.UINT8);

  private static DataType typeOf(Type type, Class<?> owner, String component) {
    if (type instanceof ParameterizedType generic && generic.getRawType() instanceof Class<?> raw) {
      Type[] arguments = generic.getActualTypeArguments();
      if (Collection.class.isAssignableFrom(raw)) {
        return Types.listOf(typeOf(arguments[0], owner, component));
      }
      if (Map.class.isAssignableFrom(raw)) {
        return new DataType.MapOf(
            Field.required(
                "entries",
                new DataType.Struct(
                    List.of(
                        Field.required("key", typeOf(arguments[0], owner, component)),
                        Field.nullable("value", typeOf(arguments[1], owner, component))))),
            false);
      }
      if (raw == Optional.class) {
        return typeOf(arguments[0], owner, component);
      }
    }
    if (type instanceof GenericArrayType array) {
      return Types.listOf(typeOf(array.getGenericComponentType(), owner, component));
    }
    if (type instanceof Class<?> plain) {
      DataType scalar = SCALARS.get(plain);
      if (scalar != null) {
        return scalar;
      }
      if (plain.isRecord()) {
        return new DataType.Struct(fieldsOf(plain));
      }
      if (plain.isEnum()) {
        return Types.UTF8;
      }
      if (plain.isArray()) {
        return Types.listOf(typeOf(plain.getComponentType(), owner, component));
      }
    }
    throw new InvalidInputException(
        "no column type for a record component: found="
            + type.getTypeName()
            + " (component="
            + owner.getName()
            + "."
            + component
            + ")");
  }

  private static final Map<Class<?>, DataType> SCALARS =
      Map.ofEntries(
          Map.entry(boolean.class, Types.BOOL),
          Map.entry(Boolean.class, Types.BOOL),
          Map.entry(byte.class, Types.INT8),
          Map.entry(Byte.class, Types.INT8),
          Map.entry(short.class, Types.INT16),
          Map.entry(Short.class, Types.INT16),
          Map.entry(int.class, Types.INT32),
          Map.entry(Integer.class, Types.INT32),
          Map.entry(long.class, Types.INT64),
          Map.entry(Long.class, Types.INT64),
          Map.entry(float.class, Types.FLOAT32),
          Map.entry(Float.class, Types.FLOAT32),
          Map.entry(double.class, Types.FLOAT64),
          Map.entry(Double.class, Types.FLOAT64),
          Map.entry(String.class, Types.UTF8),
          Map.entry(CharSequence.class, Types.UTF8),
          Map.entry(byte[].class, Types.BINARY),
          Map.entry(UUID.class, new DataType.FixedSizeBinary(16)),
          Map.entry(BigInteger.class, new DataType.Decimal(128, 38, 0)),
          Map.entry(BigDecimal.class, new DataType.Decimal(128, 38, 10)),
          Map.entry(LocalDate.class, Types.DATE32),
          Map.entry(LocalTime.class, new DataType.Time(DataType.TimeUnit.MICROSECOND)),
          Map.entry(
              LocalDateTime.class,
              new DataType.Timestamp(DataType.TimeUnit.MICROSECOND, Optional.empty())),
          Map.entry(
              Instant.class,
              new DataType.Timestamp(DataType.TimeUnit.MICROSECOND, Optional.of("UTC"))),
          Map.entry(Duration.class, new DataType.Duration(DataType.TimeUnit.MICROSECOND)));

  /// The narrowest schema of rows given as maps: types are taken from the first value of each key
  /// that is not null.
  static Schema schemaOfMaps(List<? extends Map<String, ?>> rows) {
    Map<String, @Nullable Field> fields = new LinkedHashMap<>();
    for (Map<String, ?> row : rows) {
      for (Map.Entry<String, ?> entry : row.entrySet()) {
        Field known = fields.get(entry.getKey());
        if (known == null) {
          Object value = entry.getValue();
          fields.put(
              entry.getKey(),
              value == null
                  ? null
                  : Field.nullable(entry.getKey(), typeOfValue(value, entry.getKey())));
        }
      }
    }
    List<Field> known = new ArrayList<>();
    fields.forEach(
        (name, field) -> known.add(field == null ? Field.nullable(name, Types.UTF8) : field));
    return Schema.of(known);
  }

  private static DataType typeOfValue(Object value, String name) {
    if (value instanceof float[] floats) {
      return Types.vector(floats.length);
    }
    if (value instanceof double[] doubles) {
      return new DataType.FixedSizeList(Field.nullable("item", Types.FLOAT64), doubles.length);
    }
    if (value instanceof ZonedDateTime) {
      return new DataType.Timestamp(DataType.TimeUnit.MICROSECOND, Optional.of("UTC"));
    }
    if (value instanceof Map<?, ?> map) {
      List<Field> children = new ArrayList<>();
      map.forEach((key, child) ->
          children.add(
              Field.nullable(
                  String.valueOf(key), child == null ? Types.UTF8 : typeOfValue(child, name))));
      return new DataType.Struct(children);
    }
    if (value instanceof Object[] items && value.getClass().getComponentType().isArray()) {
      return typeOfValue(Arrays.asList(items), name);
    }
    if (value instanceof Collection<?> items) {
      for (Object item : items) {
        if (item != null) {
          return Types.listOf(typeOfValue(item, name));
        }
      }
      return Types.listOf(Types.UTF8);
    }
    return typeOf(value.getClass(), Map.class, name);
  }

  /// The components of records that are marked as vectors.
  static String[] vectorsOf(Collection<?> rows) {
    Object first = rows.isEmpty() ? null : rows.iterator().next();
    if (!(first instanceof Record record)) {
      return new String[0];
    }
    return Arrays.stream(record.getClass().getRecordComponents())
        .filter(component -> component.isAnnotationPresent(Vector.class))
        .map(RecordComponent::getName)
        .toArray(String[]::new);
  }

  /// The columns that any of the rows (records or maps) has.
  static List<String> columnsOf(Collection<?> rows) {
    Set<String> names = new java.util.LinkedHashSet<>();
    Class<?> known = null;
    for (Object row : rows) {
      if (row instanceof Record && row.getClass() == known) {
        continue;
      }
      known = row.getClass();
      names.addAll(values(row).keySet());
    }
    return List.copyOf(names);
  }

  /// Rows (records or maps) as one batch of `schema`.
  static Batch toBatch(Schema table, Collection<?> rows, SegmentAllocator allocator) {
    Schema schema =
        new Schema(table.fields().stream().map(BlobInput::given).toList(), table.metadata());
    List<ColumnBuilder> builders = new ArrayList<>();
    for (Field field : schema.fields()) {
      builders.add(ColumnBuilder.of(field.type(), allocator));
    }
    int number = 0;
    for (Object row : rows) {
      Map<String, ? extends @Nullable Object> values = values(row);
      Set<String> unknown = new java.util.LinkedHashSet<>(values.keySet());
      for (int i = 0; i < builders.size(); i++) {
        String name = schema.fields().get(i).name();
        unknown.remove(name);
        try {
          Object value = unwrap(values.get(name));
          boolean blob = schema.fields().get(i).type().equals(BlobInput.TYPE);
          builders.get(i).append(blob ? blob(value) : value);
        } catch (InvalidInputException e) {
          throw new InvalidInputException(
              e.getMessage() + " (row=" + number + ", column=" + name + ")", e);
        }
      }
      if (!unknown.isEmpty()) {
        throw new InvalidInputException(
            "unknown column: expected one of "
                + schema.names()
                + ", found="
                + unknown.iterator().next()
                + " (row="
                + number
                + ")");
      }
      number++;
    }
    return new Batch(schema, number, builders.stream().map(ColumnBuilder::build).toList());
  }

  /// A large value as a struct of what says where it is.
  private static @Nullable Object blob(@Nullable Object value) {
    return switch (value) {
      case byte[] bytes -> Map.of("data", bytes);
      case URI uri -> Map.of("uri", uri.toString());
      case null, default -> value;
    };
  }

  private static @Nullable Object unwrap(@Nullable Object value) {
    return value instanceof Optional<?> optional ? optional.orElse(null) : value;
  }

  @SuppressWarnings("unchecked")
  private static Map<String, ? extends @Nullable Object> values(Object row) {
    if (row instanceof Map<?, ?> map) {
      return (Map<String, @Nullable Object>) map;
    }
    if (!(row instanceof Record record)) {
      throw new InvalidInputException(
          "a row must be a record or a map: found=" + row.getClass().getName());
    }
    Map<String, @Nullable Object> values = new LinkedHashMap<>();
    for (RecordComponent component : record.getClass().getRecordComponents()) {
      values.put(component.getName(), read(component, record));
    }
    return values;
  }

  private static @Nullable Object read(RecordComponent component, Record record) {
    try {
      component.getAccessor().setAccessible(true);
      return component.getAccessor().invoke(record);
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new InvalidInputException(
          "record component not readable: "
              + record.getClass().getName()
              + "."
              + component.getName(),
          e);
    }
  }

  /// The rows of a batch as records. A component without a column is null (or zero); a column
  /// without a component is left out.
  static <T> List<T> toRecords(Class<T> recordClass, Batch batch) {
    RecordComponent[] components = components(recordClass);
    Constructor<T> constructor = constructor(recordClass, components);
    int[] columns = new int[components.length];
    for (int i = 0; i < columns.length; i++) {
      columns[i] = batch.schema().indexOf(components[i].getName());
    }
    List<T> records = new ArrayList<>(batch.rowCount());
    for (int row = 0; row < batch.rowCount(); row++) {
      @Nullable Object[] arguments = new Object[components.length];
      for (int i = 0; i < columns.length; i++) {
        Column column = columns[i] < 0 ? null : batch.column(columns[i]);
        Object value = column == null ? null : Values.at(column, row);
        arguments[i] = convert(value, components[i].getGenericType(), components[i].getName());
      }
      records.add(construct(constructor, arguments));
    }
    return records;
  }

  private static RecordComponent[] components(Class<?> recordClass) {
    RecordComponent[] components = recordClass.getRecordComponents();
    if (components == null) {
      throw new InvalidInputException("not a record class: found=" + recordClass.getName());
    }
    return components;
  }

  private static <T> Constructor<T> constructor(
      Class<T> recordClass, RecordComponent[] components) {
    try {
      Constructor<T> constructor =
          recordClass.getDeclaredConstructor(
              Arrays.stream(components).map(RecordComponent::getType).toArray(Class<?>[]::new));
      constructor.setAccessible(true);
      return constructor;
    } catch (ReflectiveOperationException | RuntimeException e) {
      throw new InvalidInputException(
          "record constructor not accessible: " + recordClass.getName(), e);
    }
  }

  private static <T> T construct(Constructor<T> constructor, @Nullable Object[] arguments) {
    try {
      return constructor.newInstance(arguments);
    } catch (InvocationTargetException e) {
      throw new InvalidInputException(
          "record refused its values: "
              + constructor.getDeclaringClass().getName()
              + ": "
              + e.getCause(),
          e);
    } catch (ReflectiveOperationException | IllegalArgumentException e) {
      throw new InvalidInputException(
          "record cannot be made from these columns: "
              + constructor.getDeclaringClass().getName()
              + ": "
              + e.getMessage(),
          e);
    }
  }

  /// A stored value as the type a component wants.
  private static @Nullable Object convert(@Nullable Object value, Type wanted, String name) {
    Class<?> type = rawType(wanted);
    if (type == Optional.class && wanted instanceof ParameterizedType generic) {
      return Optional.ofNullable(convert(value, generic.getActualTypeArguments()[0], name));
    }
    if (value == null) {
      return type.isPrimitive() ? Array.get(Array.newInstance(type, 1), 0) : null;
    }
    if (type.isInstance(value) && !(value instanceof List) && !(value instanceof Map)) {
      return value;
    }
    Object converted =
        switch (value) {
          case Number number -> convertNumber(number, type);
          case Boolean bool -> type == boolean.class ? bool : null;
          case String text when type.isEnum() -> enumConstant(type, text);
          case ZonedDateTime moment when type == Instant.class -> moment.toInstant();
          case LocalDateTime moment when type == Instant.class ->
              moment.toInstant(java.time.ZoneOffset.UTC);
          case byte[] bytes when type == UUID.class && bytes.length == 16 -> {
            java.nio.ByteBuffer buffer = java.nio.ByteBuffer.wrap(bytes);
            yield new UUID(buffer.getLong(), buffer.getLong());
          }
          case float[] floats when type == List.class -> {
            List<Float> boxed = new ArrayList<>();
            for (float x : floats) {
              boxed.add(x);
            }
            yield boxed;
          }
          case List<?> items when type.isArray() ->
              convertArray(items, type.getComponentType(), name);
          case List<?> items when type == Set.class ->
              new java.util.LinkedHashSet<>(convertList(items, wanted, name));
          case List<?> items when type.isAssignableFrom(List.class) ->
              convertList(items, wanted, name);
          case Map<?, ?> map when type.isRecord() -> convertRecord(map, type);
          case Map<?, ?> map when type.isAssignableFrom(Map.class) -> map;
          default -> null;
        };
    if (converted == null) {
      throw new InvalidInputException(
          "column does not fit the record: expected="
              + wanted.getTypeName()
              + ", found="
              + value.getClass().getSimpleName()
              + " (component="
              + name
              + ")");
    }
    return converted;
  }

  private static Class<?> rawType(Type type) {
    return switch (type) {
      case Class<?> plain -> plain;
      case ParameterizedType generic -> (Class<?>) generic.getRawType();
      case GenericArrayType array -> rawType(array.getGenericComponentType()).arrayType();
      default -> Object.class;
    };
  }

  private static @Nullable Object convertNumber(Number value, Class<?> type) {
    if (type == int.class || type == Integer.class) {
      return Math.toIntExact(value.longValue());
    }
    if (type == long.class || type == Long.class) {
      return value instanceof BigInteger big ? big.longValueExact() : (Object) value.longValue();
    }
    if (type == float.class || type == Float.class) {
      return value.floatValue();
    }
    if (type == double.class || type == Double.class) {
      return value.doubleValue();
    }
    if (type == short.class || type == Short.class) {
      return value.shortValue();
    }
    if (type == byte.class || type == Byte.class) {
      return value.byteValue();
    }
    if (type == BigInteger.class) {
      return value instanceof BigDecimal decimal
          ? decimal.toBigInteger()
          : BigInteger.valueOf(value.longValue());
    }
    return null;
  }

  private static @Nullable Object enumConstant(Class<?> type, String text) {
    for (Object constant : type.getEnumConstants()) {
      if (((Enum<?>) constant).name().equals(text)) {
        return constant;
      }
    }
    return null;
  }

  private static Object convertArray(List<?> items, Class<?> itemType, String name) {
    Object array = Array.newInstance(itemType, items.size());
    for (int i = 0; i < items.size(); i++) {
      Array.set(array, i, convert(items.get(i), itemType, name));
    }
    return array;
  }

  private static List<@Nullable Object> convertList(List<?> items, Type wanted, String name) {
    Type itemType =
        wanted instanceof ParameterizedType generic
            ? generic.getActualTypeArguments()[0]
            : Object.class;
    List<@Nullable Object> converted = new ArrayList<>(items.size());
    for (Object item : items) {
      converted.add(convert(item, itemType, name));
    }
    return converted;
  }

  private static Object convertRecord(Map<?, ?> map, Class<?> type) {
    RecordComponent[] components = components(type);
    @Nullable Object[] arguments = new Object[components.length];
    for (int i = 0; i < components.length; i++) {
      arguments[i] =
          convert(
              map.get(components[i].getName()),
              components[i].getGenericType(),
              components[i].getName());
    }
    return construct(constructor(type, components), arguments);
  }
}
