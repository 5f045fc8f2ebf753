package io.lancelot.cli;

import com.fasterxml.jackson.core.JsonGenerator;
import io.lancelot.base.InvalidInputException;
import io.lancelot.table.CleanupOptions;
import io.lancelot.table.CleanupReport;
import java.io.IOException;
import java.time.Duration;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The options of a cleanup on the command line, and its report.
final class CleanupFlags {

  private static final Pattern AGE = Pattern.compile("(\\d{1,9})(s|m|h|d|w)?");

  private CleanupOptions options = CleanupOptions.DEFAULT;
  private boolean aged;

  void declare(Arguments arguments) {
    arguments.option(
        "--older-than",
        "AGE",
        "remove versions of that age: 7d, 12h, 0s",
        value -> {
          options = options.withOlderThan(age(value));
          aged = true;
        });
    arguments.option(
        "--keep",
        "N",
        "keep the newest N versions; without --older-than, whatever the age of the others",
        value -> {
          long keep = Arguments.number("--keep", value);
          if (keep < 1 || keep > Integer.MAX_VALUE) {
            throw new InvalidInputException("--keep: expected=at least 1, found=" + value);
          }
          options = options.withKeep((int) keep);
        });
    arguments.flag(
        "--delete-unverified",
        "also remove young files that no version refers to, if nobody else writes",
        () -> options = options.withUnverified());
    arguments.flag(
        "--dry-run", "only say what would be done", () -> options = options.withDryRun());
  }

  CleanupOptions options() {
    return options.keep().isPresent() && !aged ? options.withOlderThan(Duration.ZERO) : options;
  }

  private static Duration age(String text) {
    Matcher matcher = AGE.matcher(text.strip());
    if (!matcher.matches()) {
      throw new InvalidInputException(
          "--older-than: expected=a number with s, m, h, d or w, found=" + text);
    }
    long number = Long.parseLong(matcher.group(1));
    return switch (matcher.group(2) == null ? "s" : matcher.group(2)) {
      case "m" -> Duration.ofMinutes(number);
      case "h" -> Duration.ofHours(number);
      case "d" -> Duration.ofDays(number);
      case "w" -> Duration.ofDays(7 * number);
      default -> Duration.ofSeconds(number);
    };
  }

  /// The members of a report, in an object that is open.
  static void write(JsonGenerator json, CleanupReport report) throws IOException {
    json.writeNumberField("bytes_removed", report.bytesRemoved());
    json.writeNumberField("old_versions_removed", report.oldVersions());
    json.writeNumberField("data_files_removed", report.dataFiles());
    json.writeNumberField("other_files_removed", report.otherFiles());
    json.writeNumberField("versions_kept", report.versionsKept());
  }
}
