package io.lancelot.table;

import io.lancelot.table.proto.TableProto.TextEntry;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Maps of texts as manifests have them.
final class TextEntries {

  private TextEntries() {}

  static List<TextEntry> of(Map<String, String> texts) {
    List<TextEntry> entries = new ArrayList<>();
    texts.forEach(
        (key, value) -> entries.add(TextEntry.newBuilder().setKey(key).setValue(value).build()));
    return entries;
  }

  static Map<String, String> toMap(List<TextEntry> entries) {
    Map<String, String> texts = new LinkedHashMap<>();
    for (TextEntry entry : entries) {
      texts.put(entry.getKey(), entry.getValue());
    }
    return Collections.unmodifiableMap(texts);
  }
}
