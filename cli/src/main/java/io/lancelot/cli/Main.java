package io.lancelot.cli;

import java.io.PrintStream;

/// The command's entry. For now it knows one verb.
public final class Main {
  private Main() {}

  public static void main(String[] args) {
    System.exit(run(System.out, System.err, args));
  }

  /// Runs one command line.
  ///
  /// @return the exit code: 0 done, 1 failed, 2 usage
  static int run(PrintStream out, PrintStream err, String... args) {
    if (args.length == 1 && args[0].equals("version")) {
      out.println(
          "lancelot 0.1.0-SNAPSHOT, JDK "
              + Runtime.version()
              + ", SIMD "
              + (ModuleLayer.boot().findModule("jdk.incubator.vector").isPresent() ? "on" : "off"));
      return 0;
    }
    err.println("lancelot: usage: no such verb yet: " + String.join(" ", args));
    return 2;
  }
}
