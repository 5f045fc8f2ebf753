package io.lancelot.server;

import io.lancelot.Database;
import io.lancelot.Lancelot;
import java.nio.file.Path;
import org.junit.jupiter.api.io.TempDir;

final class EmbeddedSdkTest extends SdkContract {

  @TempDir Path root;

  @Override
  Database connect() {
    return Lancelot.connect(root.toString());
  }
}
