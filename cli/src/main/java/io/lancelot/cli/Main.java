package io.lancelot.cli;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import org.apache.commons.cli.ParseException;

/// The `lancelot` command: finds the verb, runs it, and turns whatever goes wrong into one line and
/// an exit code.
public final class Main {

  private static final int DONE = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  /// Verbs of the contract that come with later work.
  private static final Set<String> LATER = Set.of("sql");

  private Main() {}

  public static void main(String[] args) {
    PrintStream out =
        new PrintStream(
            new java.io.FileOutputStream(java.io.FileDescriptor.out),
            false,
            StandardCharsets.UTF_8);
    int code = run(out, System.err, args);
    out.flush();
    // Background warm-up threads are of no use any more.
    System.exit(code);
  }

  /// The verbs and what makes each; only the one that runs is made.
  private static Map<String, Supplier<Command>> verbs(PrintStream out, PrintStream err) {
    Map<String, Supplier<Command>> verbs = new LinkedHashMap<>();
    verbs.put("quickstart", () -> new QuickstartVerb(out, err));
    verbs.put("import", () -> new ImportVerb(out, err));
    verbs.put("export", () -> new ExportVerb(out));
    verbs.put("tables", () -> new TablesVerb(out));
    verbs.put("schema", () -> new SchemaVerb(out));
    verbs.put("count", () -> new CountVerb(out));
    verbs.put("head", () -> new HeadVerb(out));
    verbs.put("query", () -> new QueryVerb(out, false));
    verbs.put("explain", () -> new QueryVerb(out, true));
    verbs.put("analyze", () -> QueryVerb.analyzing(out));
    verbs.put("versions", () -> new VersionsVerb(out));
    verbs.put("restore", () -> new RestoreVerb(out));
    verbs.put("delete", () -> new DeleteVerb(out));
    verbs.put("index", () -> new IndexVerb(out, err));
    verbs.put("key", () -> new KeyVerb(out));
    verbs.put("serve", () -> new ServeVerb(out, err));
    verbs.put("update", () -> new UpdateVerb(out));
    verbs.put("merge", () -> new MergeVerb(out));
    verbs.put("tag", () -> new TagVerb(out));
    verbs.put("branch", () -> new BranchVerb(out));
    verbs.put("cleanup", () -> new CleanupVerb(out));
    verbs.put("check", () -> new CheckVerb(out));
    verbs.put("repair", () -> new RepairVerb(out));
    verbs.put("backup", () -> new BackupVerb(out));
    verbs.put("optimize", () -> new OptimizeVerb(out));
    verbs.put("columns", () -> new ColumnsVerb(out));
    verbs.put("bench", BenchVerb::new);
    verbs.put("version", () -> new VersionVerb(out));
    return verbs;
  }

  /// Runs one command line.
  ///
  /// @return the exit code: 0 done, 1 failed, 2 usage
  static int run(PrintStream out, PrintStream err, String... args) {
    Map<String, Supplier<Command>> verbs = verbs(out, err);
    if (args.length == 0 || Set.of("help", "--help", "-h").contains(args[0])) {
      usage(args.length == 0 ? err : out, verbs.keySet());
      return args.length == 0 ? USAGE : DONE;
    }
    String verb = args[0].equals("--version") ? "version" : args[0];
    if (!verbs.containsKey(verb)) {
      err.println(
          "lancelot: usage: "
              + (LATER.contains(verb) ? "not built yet: " : "no such verb: ")
              + verb
              + "; try: lancelot help");
      return USAGE;
    }
    Command command = verbs.get(verb).get();
    Arguments arguments = new Arguments();
    command.declare(arguments);
    List<String> words = List.of(args).subList(1, args.length);
    if (words.contains("--help") || words.contains("-h")) {
      out.println(command.description());
      arguments.help("lancelot " + verb, new PrintWriter(out, true, StandardCharsets.UTF_8));
      return DONE;
    }
    try {
      command.positional(arguments.parse(words));
    } catch (ParseException | InvalidInputException e) {
      return misused(err, verb, e);
    }
    try {
      return command.call();
    } catch (UsageException e) {
      return misused(err, verb, e);
    } catch (Exception e) {
      return failed(err, e, words.contains("--stacktrace"));
    }
  }

  private static int misused(PrintStream err, String verb, Exception e) {
    err.println(
        "lancelot: usage: "
            + oneLine(String.valueOf(e.getMessage()))
            + "; try: lancelot "
            + verb
            + " --help");
    return USAGE;
  }

  private static int failed(PrintStream err, Exception e, boolean stacktrace) {
    switch (e) {
      case LancelotException known ->
          err.println(
              "lancelot: "
                  + known.kind()
                  + ": "
                  + oneLine(String.valueOf(known.getMessage()))
                  + (known.retryable() ? " [retryable]" : ""));
      default ->
          err.println(
              "lancelot: internal: " + oneLine(e.toString()) + " (--stacktrace tells where)");
    }
    if (stacktrace) {
      e.printStackTrace(err);
    }
    return FAILED;
  }

  /// Text without anything that ends a line or steers a terminal: messages may quote damaged files.
  static String oneLine(String text) {
    return text.replaceAll("\\s*[\\p{Cntrl}\\x{80}-\\x{9f}\\x{2028}\\x{2029}]+\\s*", " ");
  }

  private static void usage(PrintStream to, Set<String> verbs) {
    to.println("lancelot <verb> <uri> [table] [options]");
    to.println();
    to.println("  verbs: " + String.join(", ", verbs));
    to.println("  lancelot <verb> --help tells a verb's arguments");
  }
}
