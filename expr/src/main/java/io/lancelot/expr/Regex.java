package io.lancelot.expr;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;
import io.lancelot.base.InvalidInputException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/// Regular expressions of the family that upstream's belong to: linear in time, whatever the
/// pattern, without look-around and back references.
final class Regex {

  private static final int KEPT = 64;

  /// Compiled patterns, the last used last. One pattern serves many rows and usually many queries.
  private static final Map<String, Pattern> COMPILED =
      new LinkedHashMap<>(KEPT, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Pattern> eldest) {
          return size() > KEPT;
        }
      };

  private Regex() {}

  /// @param flags any of `i` (caseless), `m` (`^` and `$` at lines), `s` (a point also matches line
  ///   ends)
  static Pattern of(String pattern, String flags) {
    String key = flags + '/' + pattern;
    synchronized (COMPILED) {
      Pattern known = COMPILED.get(key);
      if (known != null) {
        return known;
      }
    }
    Pattern compiled = compile(pattern, flags);
    synchronized (COMPILED) {
      COMPILED.put(key, compiled);
    }
    return compiled;
  }

  private static Pattern compile(String pattern, String flags) {
    int bits = 0;
    for (int i = 0; i < flags.length(); i++) {
      char flag = flags.charAt(i);
      bits |=
          switch (flag) {
            case 'i' -> Pattern.CASE_INSENSITIVE;
            case 'm' -> Pattern.MULTILINE;
            case 's' -> Pattern.DOTALL;
            default ->
                throw new InvalidInputException(
                    "regular expression: expected=flags of i, m, s, found=" + flag);
          };
    }
    try {
      return Pattern.compile(widened(pattern), bits);
    } catch (PatternSyntaxException e) {
      throw new InvalidInputException(
          "invalid regular expression: found=" + pattern + ": " + e.getMessage(), e);
    }
  }

  /// `\d`, `\w` and `\s` of all scripts, as upstream takes them.
  private static String widened(String pattern) {
    StringBuilder out = new StringBuilder();
    boolean inClass = false;
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '\\' && i + 1 < pattern.length()) {
        char next = pattern.charAt(++i);
        out.append(classOf(next, inClass));
        continue;
      }
      inClass = c == '[' || (inClass && c != ']');
      out.append(c);
    }
    return out.toString();
  }

  private static String classOf(char c, boolean inClass) {
    String members =
        switch (c) {
          case 'd', 'D' -> "\\p{Nd}";
          case 'w', 'W' -> "\\p{L}\\p{M}\\p{Nd}\\p{Pc}";
          case 's', 'S' -> "\\t-\\r\\x{85}\\p{Z}";
          default -> "";
        };
    if (members.isEmpty() || (inClass && Character.isUpperCase(c))) {
      return "\\" + c;
    }
    return inClass ? members : (Character.isUpperCase(c) ? "[^" : "[") + members + "]";
  }

  /// Text that is part of everything a pattern finds, as far as that is easily seen: letters and
  /// digits in a row, outside of groups and choices. Without any, there may still be some.
  static List<String> requiredParts(String pattern, boolean caseless) {
    List<String> parts = new ArrayList<>();
    StringBuilder part = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      boolean plain =
          c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == ' ';
      if (plain && !(caseless && (c == 'i' || c == 'I'))) {
        part.append(c);
        continue;
      }
      if ("*?{".indexOf(c) >= 0 && !part.isEmpty()) {
        part.setLength(part.length() - 1);
      }
      end(part, parts);
      switch (c) {
        case '|' -> {
          return List.of();
        }
        case '\\', '(', '[', '{' -> {
          i = closing(pattern, i);
          if (i < 0) {
            return List.of();
          }
        }
        default -> {}
      }
    }
    end(part, parts);
    return parts;
  }

  private static void end(StringBuilder part, List<String> parts) {
    if (!part.isEmpty()) {
      parts.add(part.toString());
      part.setLength(0);
    }
  }

  /// The last character of what begins at a position: an escape, a group, a class, a count; -1
  /// where that takes more than a look.
  private static int closing(String pattern, int from) {
    char open = pattern.charAt(from);
    if (open == '\\') {
      boolean simple =
          from + 1 < pattern.length()
              && "dDwWsSbB.*+?()[]{}|^$\\-/".indexOf(pattern.charAt(from + 1)) >= 0;
      return simple ? from + 1 : -1;
    }
    if (open == '(' && pattern.startsWith("(?", from) && !pattern.startsWith("(?:", from)) {
      return -1;
    }
    char close = open == '(' ? ')' : open == '[' ? ']' : '}';
    // A bracket that comes first in a class belongs to it.
    int first = pattern.startsWith("[^", from) ? from + 2 : from + 1;
    int depth = 0;
    for (int i = from; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      if (c == '\\') {
        i++;
      } else if (open == '(' && c == '[' || open == '[' && c == '[' && i > from) {
        return -1;
      } else if (c == open) {
        depth++;
      } else if (c == close && !(open == '[' && i == first) && --depth == 0) {
        return i;
      }
    }
    return -1;
  }

  /// A replacement as the library reads it: `$1`, `${1}` and `\1` stand for groups.
  static String replacement(String text) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      char next = i + 1 < text.length() ? text.charAt(i + 1) : 0;
      if (c == '\\' && Character.isDigit(next)) {
        out.append('$');
      } else if (c == '\\' || (c == '$' && next != '{' && !Character.isDigit(next))) {
        out.append('\\').append(c);
      } else {
        out.append(c);
      }
    }
    return out.toString().replaceAll("\\$\\{([0-9]+)\\}", "\\$$1");
  }

  /// The pattern of SIMILAR TO: `%` and `_` beside `|`, `*`, `+`, `?`, `{}`, `()` and `[]`.
  static Pattern similar(String pattern) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < pattern.length(); i++) {
      char c = pattern.charAt(i);
      switch (c) {
        case '%' -> out.append(".*");
        case '_' -> out.append('.');
        case '.', '^', '$' -> out.append('\\').append(c);
        case '\\' -> {
          out.append(c);
          if (i + 1 < pattern.length()) {
            out.append(pattern.charAt(++i));
          }
        }
        default -> out.append(c);
      }
    }
    return of(out.toString(), "s");
  }
}
