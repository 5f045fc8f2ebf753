package io.lancelot.server;

import io.lancelot.Database;
import io.lancelot.Lancelot;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.io.TempDir;

final class RemoteSdkTest extends SdkContract {

  @TempDir Path root;
  private @Nullable LancelotServer server;

  @Override
  Database connect() {
    server = LancelotServer.start(ServerOptions.of(root).withPort(0));
    return Lancelot.connect("db://films", "", "http://127.0.0.1:" + server.port());
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }
}
