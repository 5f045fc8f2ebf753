package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.Database;
import io.lancelot.Lancelot;
import io.lancelot.Table;
import java.io.ByteArrayInputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// What operators see.
class ObservedTest {

  record Row(long id, String word) {}

  @TempDir Path root;

  @Test
  void metricsCountRequestsByOperation() throws Exception {
    try (ServerProbe probe = new ServerProbe(ServerOptions.of(root));
        Database database = probe.database("");
        Table table = database.createTable("rows", List.of(new Row(1, "one")))) {
      table.query().toMaps();
      table.query().toMaps();
      probe.post("", "/v1/table/none/count_rows/", "{}");
      // Requests are counted when their answers are gone.
      String metrics = "";
      for (int i = 0; i < 100 && !metrics.contains("status=\"404\""); i++) {
        Thread.sleep(50);
        metrics = probe.get("", "/metrics").body();
      }
      assertThat(metrics)
          .contains("lancelot_requests_seconds_count{operation=\"table/query\",status=\"200\"} 2")
          .contains("operation=\"table/count_rows\",status=\"404\"")
          .contains("lancelot_memory_limit_bytes")
          .contains("lancelot_jobs{state=\"queued\"} 0.0");
      assertThat(probe.get("", "/").body()).contains("<title>Lancelot</title>");
      assertThat(probe.post("", "/v1/table/rows/preview/", "{\"filter\":\"id = 1\"}").body())
          .contains("\"columns\":[\"id\",\"word\"]", "\"word\":\"one\"");
    }
  }

  @Test
  void slowQueriesAreLoggedWithTheirPlanAndRequest() throws Exception {
    List<String> lines = new ArrayList<>();
    Handler listener =
        new Handler() {
          @Override
          public void publish(LogRecord line) {
            lines.add(new JsonLog().format(line));
          }

          @Override
          public void flush() {}

          @Override
          public void close() {}
        };
    Logger logger = Logger.getLogger(Observed.class.getName());
    logger.addHandler(listener);
    try (ServerProbe probe =
            new ServerProbe(ServerOptions.of(root).withSlowQuery(Duration.ofNanos(1)));
        Database database = probe.database("");
        Table table = database.createTable("rows", List.of(new Row(1, "one")))) {
      table.query().where("id = 1").toMaps();
    } finally {
      logger.removeHandler(listener);
    }
    assertThat(String.join("", lines))
        .contains("slow query (request=")
        .contains("table=rows")
        .contains("LanceScan")
        .contains("\"level\":\"WARNING\"");
  }

  @Test
  void speaksTls() throws Exception {
    Path store = root.resolve("store.p12");
    Process keytool =
        new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "keytool").toString(),
                "-genkeypair",
                "-alias",
                "s",
                "-keyalg",
                "EC",
                "-dname",
                "CN=localhost",
                "-ext",
                "san=ip:127.0.0.1",
                "-storetype",
                "PKCS12",
                "-keystore",
                store.toString(),
                "-storepass",
                "secret")
            .inheritIO()
            .start();
    assertThat(keytool.waitFor()).isZero();
    KeyStore keys = KeyStore.getInstance("PKCS12");
    keys.load(new ByteArrayInputStream(Files.readAllBytes(store)), "secret".toCharArray());
    Certificate certificate = keys.getCertificate("s");
    Files.writeString(root.resolve("cert.pem"), pem("CERTIFICATE", certificate.getEncoded()));
    Files.writeString(
        root.resolve("key.pem"),
        pem(
            "PRIVATE KEY",
            Objects.requireNonNull(keys.getKey("s", "secret".toCharArray())).getEncoded()));
    KeyStore trusted = KeyStore.getInstance("PKCS12");
    trusted.load(null, null);
    trusted.setCertificateEntry("s", certificate);
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(trusted);
    SSLContext tls = SSLContext.getInstance("TLS");
    tls.init(null, trust.getTrustManagers(), null);
    ServerOptions options =
        ServerOptions.of(root.resolve("data"))
            .withPort(0)
            .withTls(new ServerOptions.Tls(root.resolve("cert.pem"), root.resolve("key.pem")));
    try (LancelotServer server = LancelotServer.start(options);
        HttpClient client = HttpClient.newBuilder().sslContext(tls).build()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create("https://127.0.0.1:" + server.port() + "/healthz"))
              .build();
      assertThat(client.send(request, HttpResponse.BodyHandlers.ofString()).statusCode())
          .isEqualTo(200);
    }
    assertThat(Lancelot.connect(root.toString()).tableNames()).isEmpty();
  }

  private static String pem(String what, byte[] der) {
    String text = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
    return "-----BEGIN " + what + "-----\n" + text + "\n-----END " + what + "-----\n";
  }
}
