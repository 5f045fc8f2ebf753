package io.lancelot.bench;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/// The command line.
///
/// @param data a folder of data; empty for the usual one, or made-up rows if that is not there
/// @param folder where tables are written and removed again; empty for the system's temporary
///   folder
/// @param rows of made-up data
/// @param dim of made-up data
/// @param only parts of a suite that has parts; empty for all
record Options(
    Suite suite,
    Optional<Path> data,
    List<Peer> peers,
    boolean quick,
    boolean table,
    Optional<Path> folder,
    OptionalInt rows,
    OptionalInt dim,
    List<String> only) {

  static final String USAGE =
      "lancelot bench tables|filters|vectors|indices|text|mutations|server|builds [--data DIR] [--peers lance,lucene,duckdb,jvector|none] [--quick] [--format table|jsonl]"
          + " [--dir DIR] [--rows N] [--dim N] [--only PART,…]";

  /// What is wrong with a command line.
  static final class UsageException extends Exception {
    UsageException(String message) {
      super(message);
    }
  }

  Effort effort() {
    return quick ? Effort.QUICK : Effort.FULL;
  }

  static Options parse(String[] args, boolean terminal) throws UsageException {
    List<String> words = Arrays.asList(args);
    if (!words.isEmpty() && words.getFirst().equals("bench")) {
      words = words.subList(1, words.size());
    }
    Optional<Suite> suite = Optional.empty();
    Optional<Path> data = Optional.empty();
    List<Peer> peers = List.of(Peer.values());
    boolean quick = false;
    boolean table = terminal;
    Optional<Path> folder = Optional.empty();
    OptionalInt rows = OptionalInt.empty();
    OptionalInt dim = OptionalInt.empty();
    List<String> only = List.of();
    for (int i = 0; i < words.size(); i++) {
      switch (words.get(i)) {
        case "--data" -> data = Optional.of(Path.of(value(words, ++i)));
        case "--peers" -> peers = peers(value(words, ++i));
        case "--quick" -> quick = true;
        case "--format" -> table = table(value(words, ++i));
        case "--dir" -> folder = Optional.of(Path.of(value(words, ++i)));
        case "--rows" -> rows = OptionalInt.of(number(words, ++i));
        case "--only" -> only = List.of(value(words, ++i).toUpperCase(Locale.ROOT).split(","));
        case "--dim" -> dim = OptionalInt.of(number(words, ++i));
        case String word -> {
          if (suite.isPresent() || word.startsWith("-")) {
            throw new UsageException("unknown argument of bench: found=" + word);
          }
          suite = Optional.of(suite(word));
        }
      }
    }
    Suite chosen =
        suite.orElseThrow(() -> new UsageException("bench: expected=a suite, found=none"));
    Options options = new Options(chosen, data, peers, quick, table, folder, rows, dim, only);
    options.checkParts();
    return options;
  }

  private static String value(List<String> words, int at) throws UsageException {
    if (at >= words.size()) {
      throw new UsageException("expected=a value after " + words.getLast() + ", found=nothing");
    }
    return words.get(at);
  }

  private static int number(List<String> words, int at) throws UsageException {
    String text = value(words, at);
    try {
      int number = Integer.parseInt(text);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException _) {
      // Said below.
    }
    throw new UsageException(words.get(at - 1) + ": expected=a positive number, found=" + text);
  }

  private static boolean table(String format) throws UsageException {
    return switch (format) {
      case "table" -> true;
      case "jsonl" -> false;
      default -> throw new UsageException("--format: expected=table or jsonl, found=" + format);
    };
  }

  private static Suite suite(String word) throws UsageException {
    return switch (word) {
      case "tables" -> Suite.TABLES;
      case "vectors" -> Suite.VECTORS;
      case "indices" -> Suite.INDICES;
      case "filters" -> Suite.FILTERS;
      case "text" -> Suite.TEXT;
      case "mutations" -> Suite.MUTATIONS;
      case "server" -> Suite.SERVER;
      case "builds" -> Suite.BUILDS;
      default ->
          throw new UsageException(
              "suite: expected=tables, filters, vectors, indices, text, mutations, server or builds, found="
                  + word);
    };
  }

  /// The parts of a suite that are wanted.
  <P extends Enum<P>> List<P> parts(P[] all) {
    return Stream.of(all).filter(part -> only.isEmpty() || only.contains(part.name())).toList();
  }

  private void checkParts() throws UsageException {
    Enum<?>[] parts =
        switch (suite) {
          case MUTATIONS -> MutationsSuite.Part.values();
          case SERVER -> ServerSuite.Part.values();
          case TEXT -> TextSuite.Part.values();
          case INDICES -> IndicesSuite.Part.values();
          case BUILDS -> BuildsSuite.Part.values();
          case TABLES, FILTERS, VECTORS -> new Enum<?>[0];
        };
    List<String> names = Stream.of(parts).map(Enum::name).toList();
    if (!names.containsAll(only)) {
      throw new UsageException("--only: expected some of " + names + ", found=" + only);
    }
  }

  private static List<Peer> peers(String text) throws UsageException {
    if (text.equals("none")) {
      return List.of();
    }
    for (String name : text.split(",")) {
      if (Stream.of(Peer.values()).noneMatch(peer -> label(peer).equals(name))) {
        throw new UsageException(
            "--peers: expected=lance, lucene, duckdb, jvector or none, found=" + name);
      }
    }
    List<String> names = List.of(text.split(","));
    return Stream.of(Peer.values()).filter(peer -> names.contains(label(peer))).toList();
  }

  private static String label(Peer peer) {
    return peer.name().toLowerCase(Locale.ROOT);
  }
}
