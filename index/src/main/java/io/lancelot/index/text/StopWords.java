package io.lancelot.index.text;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Set;

/// The lists of frequent words that indices leave out.
final class StopWords {

  private static final Map<String, Set<String>> LISTS = read();

  private StopWords() {}

  private static Map<String, Set<String>> read() {
    Map<String, Set<String>> lists = new HashMap<>();
    try (InputStream file =
            Objects.requireNonNull(StopWords.class.getResourceAsStream("stopwords.txt"));
        BufferedReader lines =
            new BufferedReader(new InputStreamReader(file, StandardCharsets.UTF_8))) {
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (!line.startsWith("#")) {
          List<String> parts = List.of(line.split("\t", -1));
          lists.put(parts.getFirst(), Set.copyOf(parts.subList(1, parts.size())));
        }
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return Map.copyOf(lists);
  }

  /// What settings leave out.
  static Set<String> of(TextParams params) {
    if (!params.removeStopWords()) {
      return Set.of();
    }
    if (params.customStopWords().isPresent()) {
      return Set.copyOf(params.customStopWords().get());
    }
    if (params.baseTokenizer().startsWith("icu")) {
      Set<String> all = new HashSet<>();
      LISTS.forEach((language, words) -> {
        if (!language.equals("union_exclusions")) {
          all.addAll(words);
        }
      });
      all.removeAll(LISTS.getOrDefault("union_exclusions", Set.of()));
      return all;
    }
    return LISTS.getOrDefault(params.language().name().toLowerCase(Locale.ROOT), Set.of());
  }
}
