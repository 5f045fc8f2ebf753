package io.lancelot.table;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.storage.MemoryStore;
import io.lancelot.storage.ObjectStore;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/// Tables written by the real Lance, and what is in them. Made by `src/test/golden/make_golden.py`.
final class Golden {

  private Golden() {}

  /// A store that holds the table as `<name>.lance`.
  static MemoryStore store(String name) {
    MemoryStore store = MemoryStore.create();
    unzip(name, store);
    return store;
  }

  static void unzip(String name, ObjectStore store) {
    try (ZipInputStream zip = new ZipInputStream(resource(name + ".zip"))) {
      for (ZipEntry entry = zip.getNextEntry(); entry != null; entry = zip.getNextEntry()) {
        store.put(entry.getName(), MemorySegment.ofArray(zip.readAllBytes()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /// The facts about all tables.
  static JsonNode facts() {
    try (InputStream json = resource("facts.json")) {
      return new ObjectMapper().readTree(json).get("tables");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static List<String> names() {
    List<String> names = new ArrayList<>();
    facts().fieldNames().forEachRemaining(names::add);
    return names;
  }

  private static InputStream resource(String name) {
    InputStream stream = Golden.class.getResourceAsStream("golden/" + name);
    if (stream == null) {
      throw new AssertionError("resource is missing: " + name);
    }
    return stream;
  }
}
