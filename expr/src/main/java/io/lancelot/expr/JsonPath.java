package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// Paths into JSON values: `$.a[0]."b c"`, `['a']`, `[last - 1]`, `[1 to 3, 5]`, `.*` and `[*]`.
final class JsonPath {

  private static final Pattern RANGE = Pattern.compile("(.+?)\\s+to\\s+(.+)");
  private static final Pattern POSITION =
      Pattern.compile("(?:(last)\\s*(?:-\\s*([0-9]{1,9}))?|(-?[0-9]{1,9}))");

  private final String path;
  private int at;

  private JsonPath(String path) {
    this.path = path;
    at = path.startsWith("$") ? 1 : 0;
  }

  /// What a path leads to; empty if nothing is there.
  static List<@Nullable Object> find(@Nullable Object root, String path) {
    return new JsonPath(path).walk(root);
  }

  private List<@Nullable Object> walk(@Nullable Object root) {
    List<@Nullable Object> found = new ArrayList<>();
    found.add(root);
    while (at < path.length()) {
      List<@Nullable Object> next = new ArrayList<>();
      if (path.charAt(at) == '[') {
        String step = bracketed();
        String name = unquoted(step);
        for (Object value : found) {
          if (name == null) {
            items(value, step, next);
          } else {
            member(value, name, next);
          }
        }
      } else {
        String step = name();
        String name = unquoted(step);
        for (Object value : found) {
          if (!step.equals("*")) {
            member(value, name == null ? step : name, next);
          } else if (value instanceof Map<?, ?> map) {
            next.addAll(map.values());
          }
        }
      }
      found = next;
    }
    return found;
  }

  private String bracketed() {
    int close = path.indexOf(']', at);
    if (close < 0) {
      throw invalid();
    }
    String step = path.substring(at + 1, close).strip();
    at = close + 1;
    return step;
  }

  private String name() {
    at += path.charAt(at) == '.' ? 1 : 0;
    int from = at;
    if (at < path.length() && path.charAt(at) == '"') {
      at = path.indexOf('"', at + 1) + 1;
      if (at == 0) {
        throw invalid();
      }
    } else {
      while (at < path.length() && path.charAt(at) != '.' && path.charAt(at) != '[') {
        at++;
      }
    }
    if (at == from) {
      throw invalid();
    }
    return path.substring(from, at);
  }

  private static @Nullable String unquoted(String step) {
    boolean quoted = step.length() > 1 && (step.startsWith("\"") || step.startsWith("'"));
    return quoted ? step.substring(1, step.length() - 1) : null;
  }

  private static void member(@Nullable Object value, String name, List<@Nullable Object> to) {
    if (value instanceof Map<?, ?> map && map.containsKey(name)) {
      to.add(map.get(name));
    }
  }

  /// `*` takes what is no array for an array of one; positions do not.
  private void items(@Nullable Object value, String step, List<@Nullable Object> to) {
    if (step.equals("*")) {
      if (value instanceof List<?> list) {
        to.addAll(list);
      } else {
        to.add(value);
      }
      return;
    }
    List<?> list = value instanceof List<?> items ? items : List.of();
    for (String part : step.split(",", -1)) {
      Matcher range = RANGE.matcher(part.strip());
      boolean several = range.matches();
      int first = position(several ? range.group(1) : part.strip(), list.size());
      int last = several ? position(range.group(2), list.size()) : first;
      for (int i = Math.max(first, 0); i <= Math.min(last, list.size() - 1); i++) {
        to.add(list.get(i));
      }
    }
  }

  private int position(String text, int size) {
    Matcher position = POSITION.matcher(text);
    if (!position.matches()) {
      throw invalid();
    }
    if (position.group(1) != null) {
      return size - 1 - (position.group(2) == null ? 0 : Integer.parseInt(position.group(2)));
    }
    int at = Integer.parseInt(position.group(3));
    return at < 0 ? size + at : at;
  }

  private InvalidInputException invalid() {
    return new InvalidInputException(
        "invalid JSON path: expected=a path such as $.a[0].b, found=" + path);
  }
}
