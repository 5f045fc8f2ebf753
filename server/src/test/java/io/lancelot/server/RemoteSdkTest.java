package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
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

  @Test
  void twoServersOnOneFolderSeeEachOther() {
    ServerOptions options = ServerOptions.of(root).withPort(0);
    try (LancelotServer other = LancelotServer.start(options);
        Database here = Lancelot.connect("db://films", "", address(server));
        Database there = Lancelot.connect("db://films", "", address(other))) {
      Table first = here.createTable("t", List.of(Map.of("id", 1L), Map.of("id", 2L)));
      try (Table same = there.openTable("t")) {
        same.add(List.of(Map.of("id", 3L)));
      }
      assertThat(first.countRows()).isEqualTo(3);
      // Dropped and made anew by the other: this server must not read what it has open.
      there.dropTable("t");
      there.createTable("t", List.of(Map.of("name", "new"))).close();
      try (Table again = here.openTable("t")) {
        assertThat(again.schema().names()).containsExactly("name");
        assertThat(again.query().toMaps()).hasSize(1);
      }
    }
  }

  private static String address(@Nullable LancelotServer server) {
    return "http://127.0.0.1:" + Objects.requireNonNull(server).port();
  }
}
