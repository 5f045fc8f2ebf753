package io.lancelot.table;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.lancelot.base.CorruptDataException;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectStore;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.ValueLayout;
import java.util.Map;
import java.util.TreeMap;

/// The names given to versions of the main line. Format: lance-format section 3.8.
final class Tags {

  private static final JsonFactory JSON = new JsonFactory();
  private static final String SUFFIX = ".json";

  private Tags() {}

  /// Version by tag.
  static Map<String, Long> read(TableRoot root) {
    Map<String, Long> tags = new TreeMap<>();
    String folder = root.resolve("_refs/tags");
    for (ObjectStore.ObjectInfo file : root.store().list(folder)) {
      String name = file.path().substring(folder.length() + 1);
      if (name.endsWith(SUFFIX) && name.indexOf('/') < 0) {
        tags.put(name.substring(0, name.length() - SUFFIX.length()), version(root, file.path()));
      }
    }
    return tags;
  }

  private static long version(TableRoot root, String path) {
    try (Arena arena = Arena.ofConfined();
        ObjectReader reader = root.store().open(path);
        JsonParser parser =
            JSON.createParser(
                reader.view(0, reader.sizeBytes(), arena).toArray(ValueLayout.JAVA_BYTE))) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String member = parser.currentName();
        parser.nextToken();
        if (member.equals("version")) {
          return parser.getLongValue();
        }
        parser.skipChildren();
      }
    } catch (IOException e) {
      throw new CorruptDataException(
          "tag: malformed JSON: " + e.getMessage() + " (path=" + path + ")", e);
    }
    throw new CorruptDataException("tag: expected=a version, found=none (path=" + path + ")");
  }
}
