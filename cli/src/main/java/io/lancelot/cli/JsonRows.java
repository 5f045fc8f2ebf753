package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BoolColumn;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.DictionaryColumn;
import io.lancelot.columnar.FixedColumn;
import io.lancelot.columnar.FixedListColumn;
import io.lancelot.columnar.ListColumn;
import io.lancelot.columnar.NullColumn;
import io.lancelot.columnar.StructColumn;
import io.lancelot.columnar.Values;
import io.lancelot.columnar.VarColumn;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.math.BigDecimal;
import java.math.MathContext;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.LocalTime;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeFormatterBuilder;
import java.time.temporal.ChronoField;
import java.util.Base64;

/// Rows as JSON objects, written straight from columns. The shapes are the command's contract:
/// whole numbers as numbers, floats in the shortest text that reads back to the same value of their
/// width, binary as base64, decimals as strings.
final class JsonRows {

  private JsonRows() {}

  /// Row `row` of a batch as one object.
  static void writeRow(JsonGenerator json, Batch batch, int row) throws IOException {
    json.writeStartObject();
    for (int i = 0; i < batch.columns().size(); i++) {
      json.writeFieldName(batch.schema().fields().get(i).name());
      writeValue(json, batch.column(i), row);
    }
    json.writeEndObject();
  }

  static void writeValue(JsonGenerator json, Column column, int row) throws IOException {
    if (column.isNull(row)) {
      json.writeNull();
      return;
    }
    switch (column) {
      case NullColumn _ -> json.writeNull();
      case BoolColumn bool -> json.writeBoolean(bool.booleanAt(row));
      case FixedColumn fixed -> writeFixed(json, fixed, row);
      case VarColumn text when text.type() instanceof DataType.Utf8 ->
          json.writeString(text.stringAt(row));
      case VarColumn bytes -> writeBase64(json, bytes.bytesAt(row).toArray(ValueLayout.JAVA_BYTE));
      case ListColumn list when list.type() instanceof DataType.MapOf ->
          writeEntries(json, (StructColumn) list.itemsAt(row));
      case ListColumn list ->
          writeItems(json, list.items(), list.offset(row), list.offset(row + 1));
      case FixedListColumn list ->
          writeItems(json, list.items(), row * list.size(), (row + 1) * list.size());
      case StructColumn struct -> {
        json.writeStartObject();
        for (int i = 0; i < struct.children().size(); i++) {
          json.writeFieldName(struct.type().fields().get(i).name());
          writeValue(json, struct.children().get(i), row);
        }
        json.writeEndObject();
      }
      case DictionaryColumn dictionary ->
          writeValue(json, dictionary.values(), dictionary.indexAt(row));
    }
  }

  private static void writeItems(JsonGenerator json, Column items, int from, int to)
      throws IOException {
    json.writeStartArray();
    for (int i = from; i < to; i++) {
      writeValue(json, items, i);
    }
    json.writeEndArray();
  }

  private static void writeEntries(JsonGenerator json, StructColumn entries) throws IOException {
    json.writeStartArray();
    for (int i = 0; i < entries.length(); i++) {
      json.writeStartObject();
      json.writeFieldName("key");
      writeValue(json, entries.children().get(0), i);
      json.writeFieldName("value");
      writeValue(json, entries.children().get(1), i);
      json.writeEndObject();
    }
    json.writeEndArray();
  }

  private static void writeBase64(JsonGenerator json, byte[] bytes) throws IOException {
    json.writeString(Base64.getEncoder().encodeToString(bytes));
  }

  private static void writeFixed(JsonGenerator json, FixedColumn column, int row)
      throws IOException {
    switch (column.type()) {
      case DataType.Int(int bits, boolean signed) -> {
        if (bits == 64 && !signed) {
          json.writeNumber(Long.toUnsignedString(column.longAt(row)));
        } else {
          json.writeNumber(column.integerAt(row));
        }
      }
      case DataType.Floating(int bits) -> writeFloat(json, bits, column, row);
      case DataType.Decimal decimal ->
          json.writeString(Values.decimal(column.bytesAt(row), decimal.scale()).toPlainString());
      case DataType.FixedSizeBinary _ ->
          writeBase64(json, column.bytesAt(row).toArray(ValueLayout.JAVA_BYTE));
      case DataType.Date _ -> json.writeString(String.valueOf(Values.at(column, row)));
      case DataType.Time(DataType.TimeUnit unit) ->
          json.writeString(timeFormat(unit).format((LocalTime) Values.at(column, row)));
      case DataType.Timestamp(DataType.TimeUnit unit, var zone) -> {
        Instant instant = Values.instant(column.longAt(row), unit);
        json.writeString(
            LocalDateTime.ofInstant(instant, ZoneOffset.UTC).toLocalDate().getYear() > 999_999_999
                ? instant.toString()
                : zone.map(z -> zoned(instant, z, unit))
                    .orElseGet(() -> local(instant, ZoneOffset.UTC, unit)));
      }
      case DataType.Duration _ -> json.writeNumber(column.longAt(row));
      default ->
          throw new IllegalStateException("not a fixed-width type: " + column.type().arrowName());
    }
  }

  private static String local(Instant instant, ZoneOffset offset, DataType.TimeUnit unit) {
    LocalDateTime moment = LocalDateTime.ofInstant(instant, offset);
    return moment.toLocalDate() + "T" + timeFormat(unit).format(moment.toLocalTime());
  }

  private static String zoned(Instant instant, String zone, DataType.TimeUnit unit) {
    ZoneOffset offset;
    try {
      offset = ZoneId.of(zone).getRules().getOffset(instant);
    } catch (DateTimeException e) {
      offset = ZoneOffset.UTC; // A zone this JDK does not know: the instant is still right.
    }
    return local(instant, offset, unit) + offset.getId();
  }

  private static DateTimeFormatter timeFormat(DataType.TimeUnit unit) {
    return switch (unit) {
      case SECOND -> TIME_0;
      case MILLISECOND -> TIME_3;
      case MICROSECOND -> TIME_6;
      case NANOSECOND -> TIME_9;
    };
  }

  private static final DateTimeFormatter TIME_0 = time(0);
  private static final DateTimeFormatter TIME_3 = time(3);
  private static final DateTimeFormatter TIME_6 = time(6);
  private static final DateTimeFormatter TIME_9 = time(9);

  private static DateTimeFormatter time(int digits) {
    DateTimeFormatterBuilder builder =
        new DateTimeFormatterBuilder()
            .appendValue(ChronoField.HOUR_OF_DAY, 2)
            .appendLiteral(':')
            .appendValue(ChronoField.MINUTE_OF_HOUR, 2)
            .appendLiteral(':')
            .appendValue(ChronoField.SECOND_OF_MINUTE, 2);
    if (digits > 0) {
      builder.appendFraction(ChronoField.NANO_OF_SECOND, digits, digits, true);
    }
    return builder.toFormatter(java.util.Locale.ROOT);
  }

  private static void writeFloat(JsonGenerator json, int bits, FixedColumn column, int row)
      throws IOException {
    double value = column.floatingAt(row);
    if (Double.isNaN(value)) {
      json.writeString("NaN");
    } else if (Double.isInfinite(value)) {
      json.writeString(value > 0 ? "Infinity" : "-Infinity");
    } else if (bits == 64) {
      json.writeNumber(Double.toString(value));
    } else if (bits == 32) {
      json.writeNumber(Float.toString((float) value));
    } else {
      json.writeNumber(shortestHalf((float) value));
    }
  }

  /// The shortest decimal that rounds to the same half float: five digits always do.
  private static String shortestHalf(float value) {
    short half = Float.floatToFloat16(value);
    for (int digits = 1; digits < 5; digits++) {
      BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits));
      if (Float.floatToFloat16(rounded.floatValue()) == half) {
        return Float.toString(rounded.floatValue());
      }
    }
    return Float.toString(new BigDecimal(value).round(new MathContext(5)).floatValue());
  }
}
