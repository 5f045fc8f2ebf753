package io.lancelot.server;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.JWSHeader;
import com.nimbusds.jose.crypto.MACSigner;
import com.nimbusds.jose.crypto.RSASSASigner;
import com.nimbusds.jose.jwk.JWKSet;
import com.nimbusds.jose.jwk.RSAKey;
import com.nimbusds.jose.jwk.gen.RSAKeyGenerator;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.SignedJWT;
import com.sun.net.httpserver.HttpServer;
import io.lancelot.base.InvalidInputException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Date;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokensTest {

  private static final String ISSUER = "https://issuer.example";

  @TempDir Path root;
  private final AtomicInteger fetched = new AtomicInteger();
  private RSAKey key;
  private HttpServer issuer;
  private ServerProbe probe;

  @BeforeEach
  void start() throws Exception {
    key = new RSAKeyGenerator(2048).keyID("first").generate();
    byte[] keys = new JWKSet(key.toPublicJWK()).toString().getBytes(UTF_8);
    issuer = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    issuer.createContext(
        "/keys",
        exchange -> {
          fetched.incrementAndGet();
          exchange.getResponseHeaders().add("content-type", "application/json");
          exchange.sendResponseHeaders(200, keys.length);
          exchange.getResponseBody().write(keys);
          exchange.close();
        });
    issuer.start();
    URI address = URI.create("http://127.0.0.1:" + issuer.getAddress().getPort() + "/keys");
    probe =
        new ServerProbe(ServerOptions.of(root).withTokens(Tokens.of(ISSUER, "lancelot", address)));
  }

  @AfterEach
  void stop() {
    probe.close();
    issuer.stop(0);
  }

  private static JWTClaimsSet.Builder claims() {
    return new JWTClaimsSet.Builder()
        .issuer(ISSUER)
        .audience("lancelot")
        .subject("someone")
        .expirationTime(Date.from(Instant.now().plusSeconds(300)))
        .claim("lancelot_databases", List.of("dev"));
  }

  private static String signed(JWTClaimsSet.Builder claims, RSAKey with) throws Exception {
    SignedJWT token =
        new SignedJWT(
            new JWSHeader.Builder(JWSAlgorithm.RS256).keyID(with.getKeyID()).build(),
            claims.build());
    token.sign(new RSASSASigner(with));
    return "Bearer " + token.serialize();
  }

  private int status(String token) throws Exception {
    return probe.get(token, "/v1/table/").statusCode();
  }

  @Test
  void takesGoodTokensAndFetchesKeysOnce() throws Exception {
    for (int i = 0; i < 5; i++) {
      assertThat(status(signed(claims(), key))).isEqualTo(200);
    }
    assertThat(fetched.get()).isEqualTo(1);
    // Without a role a token reads.
    assertThat(probe.post(signed(claims(), key), "/v1/table/t/drop/", "").statusCode())
        .isEqualTo(403);
    assertThat(
            probe
                .post(
                    signed(claims().claim("lancelot_role", "write"), key), "/v1/table/t/drop/", "")
                .statusCode())
        .isEqualTo(404);
    assertThat(status(signed(claims().claim("lancelot_databases", List.of("other")), key)))
        .isEqualTo(403);
  }

  @Test
  void refusesAllOthers() throws Exception {
    assertThat(status("")).isEqualTo(401);
    assertThat(status("Bearer nonsense")).isEqualTo(401);
    assertThat(status(signed(claims().issuer("https://other.example"), key))).isEqualTo(401);
    assertThat(status(signed(claims().audience("others"), key))).isEqualTo(401);
    Date past = Date.from(Instant.now().minusSeconds(300));
    assertThat(status(signed(claims().expirationTime(past), key))).isEqualTo(401);
    assertThat(status(signed(claims().expirationTime(null), key))).isEqualTo(401);
    RSAKey stranger = new RSAKeyGenerator(2048).keyID("first").generate();
    assertThat(status(signed(claims(), stranger))).isEqualTo(401);
    // The public key as a shared secret, and no signature at all.
    SignedJWT shared = new SignedJWT(new JWSHeader(JWSAlgorithm.HS256), claims().build());
    shared.sign(new MACSigner(key.toRSAPublicKey().getEncoded()));
    assertThat(status("Bearer " + shared.serialize())).isEqualTo(401);
    assertThat(status("Bearer " + new com.nimbusds.jwt.PlainJWT(claims().build()).serialize()))
        .isEqualTo(401);
    assertThat(status(signed(claims().claim("lancelot_role", "king"), key))).isEqualTo(401);
  }

  @Test
  void fetchesKeysOnlySafely() {
    assertThatThrownBy(() -> Tokens.of(ISSUER, "lancelot", URI.create("http://example.com/keys")))
        .isInstanceOf(InvalidInputException.class);
  }
}
