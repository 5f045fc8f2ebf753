package io.lancelot.cli;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.Memory;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.ipc.IpcReader;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/// Opens files of rows.
final class InputFiles {

  private InputFiles() {}

  /// @param format null to go by the file's extension
  /// @param schema of the table the rows are for; without one, types are guessed
  /// @param vectors columns that become vectors, where types are guessed
  /// @param arena holds what is mapped; to be closed after the stream
  static BatchStream open(
      Path file,
      @Nullable Format format,
      Optional<Schema> schema,
      Set<String> vectors,
      int batchRows,
      Memory memory,
      Arena arena)
      throws IOException {
    return switch (format == null ? byExtension(file) : format) {
      case JSON, JSONL ->
          schema.isPresent()
              ? JsonInput.open(file, schema.get(), batchRows, memory)
              : JsonInput.open(file, vectors, batchRows, memory);
      case CSV ->
          schema.isPresent()
              ? CsvInput.open(file, schema.get(), batchRows, memory)
              : CsvInput.open(file, batchRows, memory);
      case ARROW -> {
        try (FileChannel channel = FileChannel.open(file)) {
          yield IpcReader.open(
              file.toString(),
              channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena),
              memory);
        } catch (IOException e) {
          throw new StorageException("cannot read " + file + ": " + e, e);
        }
      }
      case TABLE ->
          throw new InvalidInputException(
              "--format: expected=jsonl, json, csv or arrow, found=table");
    };
  }

  /// The columns of a table that a file has.
  static Schema columnsOf(Path file, @Nullable Format format, Schema table, Memory memory)
      throws IOException {
    Format known = format == null ? byExtension(file) : format;
    if (known == Format.ARROW || known == Format.TABLE) {
      return table;
    }
    try (Arena arena = Arena.ofShared();
        BatchStream guess = open(file, known, Optional.empty(), Set.of(), 1, memory, arena)) {
      return table.select(guess.schema().names());
    }
  }

  private static Format byExtension(Path file) {
    String extension = TextFiles.extension(file);
    return switch (extension) {
      case "jsonl", "ndjson" -> Format.JSONL;
      case "json" -> Format.JSON;
      case "csv" -> Format.CSV;
      case "arrow", "arrows", "ipc", "feather" -> Format.ARROW;
      default ->
          throw new InvalidInputException(
              "file format: expected=.jsonl, .json, .csv or .arrow, or --format, found=."
                  + extension.toLowerCase(Locale.ROOT)
                  + " (file="
                  + file
                  + ")");
    };
  }
}
