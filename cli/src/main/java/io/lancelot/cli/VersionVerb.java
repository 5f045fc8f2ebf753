package io.lancelot.cli;

import io.lancelot.kernels.Kernels;
import java.io.PrintStream;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

@Command(description = "Says what this is: product, JDK, SIMD kernels, Lance format versions")
final class VersionVerb implements Callable<Integer> {

  static final String PRODUCT = "0.1.0-SNAPSHOT";

  @Option(names = "--format", description = "json, or lines")
  @Nullable Format format;

  @Option(names = {"-h", "--help"}, usageHelp = true, description = "this help")
  boolean help;

  private final PrintStream out;

  VersionVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  public Integer call() {
    Kernels kernels = Kernels.current();
    boolean simd = kernels.name().startsWith("vector");
    if (format == Format.JSON) {
      out.println(
          "{\"version\":\""
              + PRODUCT
              + "\",\"jdk\":\""
              + Runtime.version()
              + "\",\"simd\":"
              + simd
              + ",\"kernels\":\""
              + kernels.name()
              + "\",\"reads\":[\"2.1\",\"2.2\"],\"writes\":[\"2.1\",\"2.2\"]}");
    } else {
      out.println("lancelot " + PRODUCT);
      out.println("JDK " + Runtime.version());
      out.println("SIMD kernels " + (simd ? "on" : "off") + " (" + kernels.name() + ": " + kernels.reason() + ")");
      out.println("Lance file format: reads 2.1, 2.2; writes 2.1, 2.2");
    }
    return 0;
  }
}
