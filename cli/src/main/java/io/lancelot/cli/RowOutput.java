package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.StreamWriteFeature;
import com.fasterxml.jackson.core.util.MinimalPrettyPrinter;
import de.siegmar.fastcsv.writer.CsvWriter;
import de.siegmar.fastcsv.writer.LineDelimiter;
import io.lancelot.base.Context;
import io.lancelot.base.Memory;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Column;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.VarColumn;
import io.lancelot.columnar.ipc.IpcWriter;
import java.io.Console;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.io.PrintStream;
import java.io.StringWriter;
import java.io.Writer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/// Writes the rows of a stream in one of the formats.
final class RowOutput {

  static final JsonFactory JSON =
      JsonFactory.builder().disable(StreamWriteFeature.AUTO_CLOSE_TARGET).build();

  private static final int MAX_CELL = 60;

  private RowOutput() {}

  /// Table on a terminal, JSON lines otherwise.
  static Format defaultFormat() {
    return onTerminal() ? Format.TABLE : Format.JSONL;
  }

  /// Whether a person looks at the output.
  static boolean onTerminal() {
    Console console = System.console();
    return console != null && console.isTerminal();
  }

  /// Writes to a stream, which stays open.
  static void write(BatchStream rows, Format format, OutputStream out) {
    try {
      switch (format) {
        case JSONL -> writeJsonLines(rows, out);
        case JSON -> writeJson(rows, out);
        case CSV -> writeCsv(rows, out);
        case TABLE -> writeTable(rows, new PrintStream(out, false, StandardCharsets.UTF_8));
        case ARROW -> {
          try (Memory memory = Memory.ofLimit(Context.defaultMemoryBytes());
              IpcWriter writer =
                  IpcWriter.stream(Channels.newChannel(out), rows.schema(), memory)) {
            copy(rows, writer);
          }
        }
      }
      out.flush();
    } catch (IOException e) {
      throw new StorageException("cannot write rows: " + e.getMessage(), e);
    }
  }

  /// Writes to a file, which appears only when it is complete; Arrow in the file format.
  static void write(BatchStream rows, Format format, Path file) {
    Path folder = file.toAbsolutePath().getParent();
    Path partial = null;
    try {
      partial = Files.createTempFile(folder, ".lancelot-", ".part");
      if (format == Format.ARROW) {
        try (Memory memory = Memory.ofLimit(Context.defaultMemoryBytes());
            FileChannel channel = FileChannel.open(partial, StandardOpenOption.WRITE);
            IpcWriter writer = IpcWriter.file(channel, rows.schema(), memory)) {
          copy(rows, writer);
        }
      } else {
        try (OutputStream out = Files.newOutputStream(partial)) {
          write(rows, format, out);
        }
      }
      Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING);
      partial = null;
    } catch (IOException e) {
      throw new StorageException("cannot write " + file + ": " + e, e);
    } finally {
      if (partial != null) {
        try {
          Files.deleteIfExists(partial);
        } catch (IOException _) {
          // The first failure is the one to report.
        }
      }
    }
  }

  private static void copy(BatchStream rows, IpcWriter writer) {
    for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
      if (batch.rowCount() > 0) {
        writer.write(batch);
      }
    }
    writer.finish();
  }

  private static void writeJsonLines(BatchStream rows, OutputStream out) throws IOException {
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.setPrettyPrinter(new MinimalPrettyPrinter("\n"));
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        for (int row = 0; row < batch.rowCount(); row++) {
          JsonRows.writeRow(json, batch, row);
        }
      }
      json.writeRaw("");
      json.flush();
      if (json.getOutputContext().getEntryCount() > 0) {
        out.write('\n');
      }
    }
  }

  private static void writeJson(BatchStream rows, OutputStream out) throws IOException {
    try (JsonGenerator json = JSON.createGenerator(out)) {
      json.writeStartArray();
      for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
        for (int row = 0; row < batch.rowCount(); row++) {
          JsonRows.writeRow(json, batch, row);
        }
      }
      json.writeEndArray();
    }
    out.write('\n');
  }

  private static void writeCsv(BatchStream rows, OutputStream out) throws IOException {
    Writer text = new OutputStreamWriter(out, StandardCharsets.UTF_8);
    CsvWriter csv = CsvWriter.builder().lineDelimiter(LineDelimiter.LF).build(text);
    csv.writeRecord(rows.schema().names());
    for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
      for (int row = 0; row < batch.rowCount(); row++) {
        List<String> cells = new ArrayList<>();
        for (Column column : batch.columns()) {
          cells.add(cell(column, row, ""));
        }
        csv.writeRecord(cells);
      }
    }
    csv.flush();
    text.flush();
  }

  /// A value in a cell: text as it is, everything else as JSON.
  private static String cell(Column column, int row, String none) throws IOException {
    if (column.isNull(row)) {
      return none;
    }
    if (column instanceof VarColumn text && text.type() instanceof DataType.Utf8) {
      return text.stringAt(row);
    }
    StringWriter value = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(value)) {
      JsonRows.writeValue(json, column, row);
    }
    String plain = value.toString();
    return plain.startsWith("\"") ? plain.substring(1, plain.length() - 1) : plain;
  }

  private static void writeTable(BatchStream rows, PrintStream out) throws IOException {
    List<String> names = rows.schema().names();
    int[] widths = names.stream().mapToInt(String::length).toArray();
    List<List<String>> lines = new ArrayList<>();
    boolean started = false;
    for (Batch batch = rows.next(); batch != null; batch = rows.next()) {
      for (int row = 0; row < batch.rowCount(); row++) {
        List<String> cells = new ArrayList<>();
        for (int i = 0; i < widths.length; i++) {
          String cell = cell(batch.column(i), row, "null").replaceAll("\\s+", " ");
          cell = cell.length() > MAX_CELL ? cell.substring(0, MAX_CELL - 1) + "…" : cell;
          widths[i] = Math.max(widths[i], started ? 0 : cell.length());
          cells.add(cell);
        }
        lines.add(cells);
        // Widths come from the first thousand rows; later ones are not held back for them.
        if (lines.size() == 1000) {
          flushTable(out, names, widths, lines, !started);
          started = true;
        }
      }
    }
    flushTable(out, names, widths, lines, !started);
    out.flush();
  }

  private static void flushTable(
      PrintStream out, List<String> names, int[] widths, List<List<String>> lines, boolean header) {
    if (header) {
      out.println(line(names, widths));
      List<String> rule = new ArrayList<>();
      for (int width : widths) {
        rule.add("-".repeat(width));
      }
      out.println(line(rule, widths));
    }
    for (List<String> cells : lines) {
      out.println(line(cells, widths));
    }
    lines.clear();
  }

  private static String line(List<String> cells, int[] widths) {
    StringBuilder line = new StringBuilder();
    for (int i = 0; i < widths.length; i++) {
      line.append(i == 0 ? "" : "  ").append(cells.get(i));
      line.append(" ".repeat(Math.max(0, widths[i] - cells.get(i).length())));
    }
    return line.toString().stripTrailing();
  }
}
