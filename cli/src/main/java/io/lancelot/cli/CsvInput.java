package io.lancelot.cli;

import de.siegmar.fastcsv.reader.CsvParseException;
import de.siegmar.fastcsv.reader.CsvReader;
import de.siegmar.fastcsv.reader.CsvRecord;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Comma-separated values with a header line, as batches. An empty, unquoted field is null. Types
/// are found in a first pass: int64, double, bool (`true`, `false`), else string.
final class CsvInput implements BatchStream {

  private static final Pattern WHOLE = Pattern.compile("[+-]?\\d{1,19}");
  private static final Pattern NUMBER =
      Pattern.compile("[+-]?(\\d+\\.?\\d*|\\.\\d+)([eE][+-]?\\d+)?|NaN|[+-]?Infinity");

  private final Path file;
  private final Schema schema;
  private final List<String> header;
  private final int batchRows;
  private final Scratch scratch;
  private final CsvReader<CsvRecord> reader;
  private final Iterator<CsvRecord> records;

  private CsvInput(Path file, @Nullable Schema given, int batchRows, Memory memory) {
    this.file = file;
    this.batchRows = batchRows;
    Schema found = given == null ? guess(file) : given;
    this.reader = open(file);
    this.scratch = memory.scratch();
    try {
      this.records = reader.iterator();
      this.header = header(records, file);
      for (String name : header) {
        if (found.indexOf(name) < 0) {
          throw new InvalidInputException(
              "unknown column: expected one of "
                  + found.names()
                  + ", found="
                  + name
                  + " (file="
                  + file
                  + ")");
        }
      }
      this.schema = found;
    } catch (RuntimeException e) {
      close();
      throw typed(e, file);
    }
  }

  static CsvInput open(Path file, int batchRows, Memory memory) {
    return new CsvInput(file, null, batchRows, memory);
  }

  /// Opens a file whose columns must be in `schema`; columns it lacks are null.
  static CsvInput open(Path file, Schema schema, int batchRows, Memory memory) {
    return new CsvInput(file, schema, batchRows, memory);
  }

  private static CsvReader<CsvRecord> open(Path file) {
    try {
      return CsvReader.builder().ofCsvRecord(TextFiles.reader(file));
    } catch (IOException e) {
      throw new StorageException("cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  private static List<String> header(Iterator<CsvRecord> records, Path file) {
    if (!records.hasNext()) {
      throw new InvalidInputException(
          "malformed CSV: expected=a header line, found=an empty file (file=" + file + ")");
    }
    List<String> names = new ArrayList<>(records.next().getFields());
    if (!names.isEmpty() && names.getFirst().startsWith("\uFEFF")) {
      names.set(0, names.getFirst().substring(1));
    }
    return names;
  }

  private static Schema guess(Path file) {
    try (CsvReader<CsvRecord> reader = open(file)) {
      Iterator<CsvRecord> records = reader.iterator();
      List<String> names = header(records, file);
      boolean[] seen = new boolean[names.size()];
      boolean[] whole = filled(names.size());
      boolean[] number = filled(names.size());
      boolean[] bool = filled(names.size());
      while (records.hasNext()) {
        CsvRecord record = records.next();
        checkWidth(record, names.size(), file);
        for (int i = 0; i < names.size(); i++) {
          String text = record.getField(i);
          if (text.isEmpty()) {
            continue;
          }
          seen[i] = true;
          whole[i] = whole[i] && WHOLE.matcher(text).matches() && fitsLong(text);
          number[i] = number[i] && (whole[i] || NUMBER.matcher(text).matches());
          bool[i] = bool[i] && (text.equals("true") || text.equals("false"));
        }
      }
      List<Field> fields = new ArrayList<>();
      for (int i = 0; i < names.size(); i++) {
        DataType type =
            !seen[i]
                ? Types.UTF8
                : whole[i]
                    ? Types.INT64
                    : number[i] ? Types.FLOAT64 : bool[i] ? Types.BOOL : Types.UTF8;
        fields.add(Field.nullable(names.get(i), type));
      }
      return Schema.of(fields);
    } catch (IOException e) {
      throw new StorageException("cannot read " + file + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      throw typed(e, file);
    }
  }

  private static boolean[] filled(int length) {
    boolean[] all = new boolean[length];
    java.util.Arrays.fill(all, true);
    return all;
  }

  private static boolean fitsLong(String text) {
    return text.length() < 19 || new BigDecimal(text).toBigInteger().bitLength() < 64;
  }

  private static void checkWidth(CsvRecord record, int columns, Path file) {
    if (record.getFieldCount() != columns) {
      throw new InvalidInputException(
          "malformed CSV: expected="
              + columns
              + " fields, found="
              + record.getFieldCount()
              + " (file="
              + file
              + ", line="
              + record.getStartingLineNumber()
              + ")");
    }
  }

  private static RuntimeException typed(RuntimeException e, Path file) {
    return switch (e) {
      case CsvParseException parse ->
          new InvalidInputException(
              "malformed CSV: " + parse.getMessage() + " (file=" + file + ")", parse);
      case UncheckedIOException io ->
          new StorageException("cannot read " + file + ": " + io.getMessage(), io);
      default -> e;
    };
  }

  @Override
  public Schema schema() {
    return schema;
  }

  @Override
  public @Nullable Batch next() {
    scratch.reset();
    List<ColumnBuilder> builders = new ArrayList<>();
    for (Field field : schema.fields()) {
      builders.add(ColumnBuilder.of(field.type(), scratch));
    }
    int rows = 0;
    try {
      while (rows < batchRows && records.hasNext()) {
        CsvRecord record = records.next();
        checkWidth(record, header.size(), file);
        for (int i = 0; i < builders.size(); i++) {
          int at = header.indexOf(schema.fields().get(i).name());
          append(
              builders.get(i), at < 0 ? "" : record.getField(at), record, schema.fields().get(i));
        }
        rows++;
      }
    } catch (RuntimeException e) {
      throw typed(e, file);
    }
    return rows == 0
        ? null
        : new Batch(schema, rows, builders.stream().map(ColumnBuilder::build).toList());
  }

  private void append(ColumnBuilder builder, String text, CsvRecord record, Field field) {
    if (text.isEmpty()) {
      builder.appendNull();
      return;
    }
    try {
      builder.append(
          switch (field.type()) {
            case DataType.Int _ ->
                new java.math.BigInteger(text.startsWith("+") ? text.substring(1) : text);
            case DataType.Floating _ -> Double.valueOf(text);
            case DataType.Bool _ when text.equals("true") || text.equals("false") ->
                text.equals("true");
            default -> text;
          });
    } catch (InvalidInputException | NumberFormatException e) {
      throw new InvalidInputException(
          "malformed CSV value: expected="
              + field.type().arrowName()
              + ", found="
              + text
              + " (file="
              + file
              + ", line="
              + record.getStartingLineNumber()
              + ", column="
              + field.name()
              + ")",
          e);
    }
  }

  @Override
  public void close() {
    scratch.close();
    try {
      reader.close();
    } catch (IOException e) {
      throw new StorageException("cannot close " + file + ": " + e.getMessage(), e);
    }
  }
}
