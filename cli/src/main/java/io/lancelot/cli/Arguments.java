package io.lancelot.cli;

import io.lancelot.base.InvalidInputException;
import java.io.PrintWriter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.commons.cli.CommandLine;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.Option;
import org.apache.commons.cli.Options;
import org.apache.commons.cli.ParseException;

/// The options of a verb and what to do with each.
final class Arguments {

  private final Options options = new Options();
  private final Map<String, Consumer<String>> actions = new LinkedHashMap<>();

  /// An option without a value.
  void flag(String name, String help, Runnable action) {
    add(name, named(name).desc(help), _ -> action.run());
  }

  /// An option with a value; repeatable where the action collects.
  void option(String name, String label, String help, Consumer<String> action) {
    add(name, named(name).hasArg().argName(label).desc(help), action);
  }

  /// An option that must be given.
  void required(String name, String label, String help, Consumer<String> action) {
    add(name, named(name).hasArg().argName(label).desc(help).required(), action);
  }

  private void add(String name, Option.Builder builder, Consumer<String> action) {
    options.addOption(builder.get());
    actions.put(key(name), action);
  }

  private static Option.Builder named(String name) {
    return name.startsWith("--") ? Option.builder().longOpt(key(name)) : Option.builder(key(name));
  }

  private static String key(String name) {
    return name.replaceFirst("^-+", "");
  }

  /// Reads a command line: hands values to their actions and returns what is left.
  ///
  /// @throws ParseException if an option is unknown or lacks its value
  List<String> parse(List<String> words) throws ParseException {
    CommandLine line =
        DefaultParser.builder()
            .setAllowPartialMatching(false)
            .setStripLeadingAndTrailingQuotes(false)
            .get()
            .parse(options, words.toArray(String[]::new));
    for (Option option : line.getOptions()) {
      Consumer<String> action =
          actions.get(option.hasLongOpt() ? option.getLongOpt() : option.getOpt());
      if (action != null) {
        action.accept(option.getValue() == null ? "" : option.getValue());
      }
    }
    return line.getArgList();
  }

  /// Prints what there is.
  void help(String usage, PrintWriter out) {
    out.println("usage: " + usage + " ... [options]");
    for (Option option : options.getOptions()) {
      String name = option.hasLongOpt() ? "--" + option.getLongOpt() : "-" + option.getOpt();
      String label = option.hasArg() ? " " + option.getArgName() : "";
      out.printf(Locale.ROOT, "  %-26s %s%n", name + label, option.getDescription());
    }
    out.flush();
  }

  static long number(String option, String value) {
    try {
      return Long.parseLong(value.strip());
    } catch (NumberFormatException e) {
      throw new InvalidInputException(option + ": expected=a whole number, found=" + value, e);
    }
  }

  static <E extends Enum<E>> E choice(String option, String value, Class<E> type) {
    for (E constant : type.getEnumConstants()) {
      if (constant.name().toLowerCase(Locale.ROOT).equals(value.toLowerCase(Locale.ROOT))) {
        return constant;
      }
    }
    throw new InvalidInputException(
        option + ": expected=one of " + List.of(type.getEnumConstants()) + ", found=" + value);
  }
}
