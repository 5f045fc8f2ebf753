package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ServerSettingsTest {

  @TempDir Path root;

  @Test
  void flagsWinOverEnvironmentOverFileOverDefaults() throws Exception {
    Path file = root.resolve("lancelot.conf");
    Files.writeString(file, "port = 1\nmax-requests = 11\n# a comment\nslow-query = PT3S\n");
    ServerSettings settings =
        ServerSettings.of(
            root,
            file,
            Map.of("LANCELOT_PORT", "2", "LANCELOT_MAX_REQUESTS", "12", "LANCELOT_CITY", "x"),
            Map.of("port", "3"));
    ServerOptions options = settings.options();
    assertThat(options.port()).isEqualTo(3);
    assertThat(options.maxRequests()).isEqualTo(12);
    assertThat(options.slowQuery()).isEqualTo(Duration.ofSeconds(3));
    assertThat(options.maxRequestsPerKey()).isEqualTo(128);
    assertThat(settings.print())
        .contains("port = 3\t# --port")
        .contains("max-requests = 12\t# LANCELOT_MAX_REQUESTS")
        .contains("slow-query = PT3S\t# " + file)
        .contains("# host = ");
  }

  @Test
  void saysWhatIsWrongAndWhere() throws Exception {
    Path file = root.resolve("lancelot.conf");
    Files.writeString(file, "prot = 1\n");
    assertThatThrownBy(() -> ServerSettings.of(root, file, Map.of(), Map.of()))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("found=prot (" + file);
    for (Map<String, String> flags :
        java.util.List.of(
            Map.of("port", "x"),
            Map.of("port", "99999"),
            Map.of("port", "99999999999"),
            Map.of("slow-query", "3 seconds"),
            Map.of("tls-key", "key.pem"),
            Map.of("oidc-issuer", "https://x"),
            Map.of("max-requests", "0"))) {
      assertThatThrownBy(() -> ServerSettings.of(root, null, Map.of(), flags).options())
          .as(flags.toString())
          .isInstanceOf(InvalidInputException.class);
    }
  }
}
