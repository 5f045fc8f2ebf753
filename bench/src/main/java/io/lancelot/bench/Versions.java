package io.lancelot.bench;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Properties;

/// The versions this module was built with.
final class Versions {

  private final Properties versions = new Properties();

  Versions() {
    try (InputStream in = Versions.class.getResourceAsStream("versions.properties")) {
      if (in == null) {
        throw new IllegalStateException("versions.properties is missing");
      }
      versions.load(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  String of(Contender contender) {
    return of(contender.name());
  }

  String of(String system) {
    return versions.getProperty(system, "unknown");
  }
}
