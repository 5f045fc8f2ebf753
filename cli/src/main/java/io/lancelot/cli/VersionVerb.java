package io.lancelot.cli;

import io.lancelot.kernels.Kernels;
import java.io.PrintStream;
import org.jspecify.annotations.Nullable;

final class VersionVerb extends Command {

  static final String PRODUCT = "0.1.0-SNAPSHOT";

  private @Nullable Format format;

  private final PrintStream out;

  VersionVerb(PrintStream out) {
    this.out = out;
  }

  @Override
  String description() {
    return "Says what this is: product, JDK, SIMD kernels, Lance format versions";
  }

  @Override
  void declare(Arguments arguments) {
    arguments.option(
        "--format",
        "FORMAT",
        "json, or lines",
        value -> format = Arguments.choice("--format", value, Format.class));
  }

  @Override
  int call() {
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
              + "\",\"reads\":[\"2.0\",\"2.1\",\"2.2\"],\"writes\":[\"2.0\",\"2.1\",\"2.2\"]}");
    } else {
      out.println("lancelot " + PRODUCT);
      out.println("JDK " + Runtime.version());
      out.println(
          "SIMD kernels "
              + (simd ? "on" : "off")
              + " ("
              + kernels.name()
              + ": "
              + kernels.reason()
              + ")");
      out.println("Lance file format: reads and writes 2.0, 2.1, 2.2");
    }
    return 0;
  }
}
