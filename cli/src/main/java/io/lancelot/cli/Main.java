package io.lancelot.cli;

import io.lancelot.base.LancelotException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.function.Supplier;
import picocli.CommandLine;

/// The `lancelot` command: finds the verb, runs it, and turns whatever goes wrong into one line and an exit code.
public final class Main {

  private static final int DONE = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;

  /// Verbs of the contract that come with later work.
  private static final Set<String> LATER =
      Set.of(
          "analyze",
          "tag",
          "branch",
          "update",
          "merge",
          "columns",
          "index",
          "optimize",
          "cleanup",
          "check",
          "repair",
          "backup",
          "sql",
          "serve");

  private Main() {}

  public static void main(String[] args) {
    PrintStream out = new PrintStream(new java.io.FileOutputStream(java.io.FileDescriptor.out), false, StandardCharsets.UTF_8);
    int code = run(out, System.err, args);
    out.flush();
    // Background warm-up threads are of no use any more.
    System.exit(code);
  }

  /// The verbs and what makes each; only the one that runs is made.
  private static Map<String, Supplier<Callable<Integer>>> verbs(PrintStream out, PrintStream err) {
    Map<String, Supplier<Callable<Integer>>> verbs = new LinkedHashMap<>();
    verbs.put("quickstart", () -> new QuickstartVerb(out, err));
    verbs.put("import", () -> new ImportVerb(out, err));
    verbs.put("export", () -> new ExportVerb(out));
    verbs.put("tables", () -> new TablesVerb(out));
    verbs.put("schema", () -> new SchemaVerb(out));
    verbs.put("count", () -> new CountVerb(out));
    verbs.put("head", () -> new HeadVerb(out));
    verbs.put("query", () -> new QueryVerb(out, false));
    verbs.put("explain", () -> new QueryVerb(out, true));
    verbs.put("versions", () -> new VersionsVerb(out));
    verbs.put("restore", () -> new RestoreVerb(out));
    verbs.put("delete", () -> new DeleteVerb(out));
    verbs.put("bench", BenchVerb::new);
    verbs.put("version", () -> new VersionVerb(out));
    return verbs;
  }

  /// Runs one command line.
  ///
  /// @return the exit code: 0 done, 1 failed, 2 usage
  static int run(PrintStream out, PrintStream err, String... args) {
    Map<String, Supplier<Callable<Integer>>> verbs = verbs(out, err);
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
    CommandLine command = new CommandLine(verbs.get(verb).get());
    command.setCommandName("lancelot " + verb);
    command.setOut(new PrintWriter(out, true));
    command.setErr(new PrintWriter(err, true));
    command.setParameterExceptionHandler(
        (e, _) -> {
          err.println("lancelot: usage: " + oneLine(e.getMessage()) + "; try: lancelot " + verb + " --help");
          return USAGE;
        });
    boolean stacktrace = Arrays.asList(args).contains("--stacktrace");
    command.setExecutionExceptionHandler((e, _, _) -> failed(err, e, stacktrace));
    return command.execute(Arrays.copyOfRange(args, 1, args.length));
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
      default -> err.println("lancelot: internal: " + oneLine(e.toString()) + " (--stacktrace tells where)");
    }
    if (stacktrace) {
      e.printStackTrace(err);
    }
    return FAILED;
  }

  static String oneLine(String text) {
    return text.replaceAll("\\s*[\\r\\n]+\\s*", " ");
  }

  private static void usage(PrintStream to, Set<String> verbs) {
    to.println("lancelot <verb> <uri> [table] [options]");
    to.println();
    to.println("  verbs: " + String.join(", ", verbs));
    to.println("  lancelot <verb> --help tells a verb's arguments");
  }
}
