package io.lancelot.server;

import com.nimbusds.jose.JOSEException;
import com.nimbusds.jose.JWSAlgorithm;
import com.nimbusds.jose.jwk.source.JWKSource;
import com.nimbusds.jose.jwk.source.JWKSourceBuilder;
import com.nimbusds.jose.proc.BadJOSEException;
import com.nimbusds.jose.proc.JWSVerificationKeySelector;
import com.nimbusds.jose.proc.SecurityContext;
import com.nimbusds.jose.util.DefaultResourceRetriever;
import com.nimbusds.jwt.JWTClaimsSet;
import com.nimbusds.jwt.proc.DefaultJWTClaimsVerifier;
import com.nimbusds.jwt.proc.DefaultJWTProcessor;
import io.lancelot.base.InvalidInputException;
import java.net.MalformedURLException;
import java.net.URI;
import java.text.ParseException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/// Bearer tokens of an OpenID issuer: signed by one of its keys, for this audience, not expired.
/// The issuer's keys are fetched when first needed, kept, and fetched again when a token names one
/// that is not among them. What a token allows stands in its claims:
///
/// | claim | meaning | without it |
/// |---|---|---|
/// | `lancelot_role` | `read`, `write` or `admin` | `read` |
/// | `lancelot_databases` | names or patterns with `*` | none |
/// | `lancelot_tables` | identifiers or patterns with `*` | all |
/// | `lancelot_row_filter` | rows that may be seen | all |
public final class Tokens {

  private static final int TIMEOUT_MILLIS = 5000;
  private static final int MAX_KEY_BYTES = 1 << 18;

  /// Signatures with a key pair: a secret that both sides share has no place in a key set.
  private static final Set<JWSAlgorithm> ALGORITHMS =
      Set.of(
          JWSAlgorithm.RS256,
          JWSAlgorithm.RS384,
          JWSAlgorithm.RS512,
          JWSAlgorithm.PS256,
          JWSAlgorithm.PS384,
          JWSAlgorithm.PS512,
          JWSAlgorithm.ES256,
          JWSAlgorithm.ES384,
          JWSAlgorithm.ES512);

  private final DefaultJWTProcessor<SecurityContext> processor = new DefaultJWTProcessor<>();

  private Tokens(String issuer, String audience, JWKSource<SecurityContext> keys) {
    processor.setJWSKeySelector(new JWSVerificationKeySelector<>(ALGORITHMS, keys));
    processor.setJWTClaimsSetVerifier(
        new DefaultJWTClaimsVerifier<>(
            audience, new JWTClaimsSet.Builder().issuer(issuer).build(), Set.of("sub", "exp")));
  }

  /// @param issuer as tokens name it under `iss`
  /// @param audience as they name it under `aud`
  /// @param keys where its key set lies (`jwks_uri`); `http:` only on loopback
  public static Tokens of(String issuer, String audience, URI keys) {
    boolean loopback =
        Set.of("127.0.0.1", "localhost", "[::1]").contains(String.valueOf(keys.getHost()));
    if (!"https".equals(keys.getScheme()) && !loopback) {
      throw new InvalidInputException("oidc keys: expected=https://…, found=" + keys);
    }
    try {
      return new Tokens(
          issuer,
          audience,
          JWKSourceBuilder.create(
                  keys.toURL(),
                  new DefaultResourceRetriever(TIMEOUT_MILLIS, TIMEOUT_MILLIS, MAX_KEY_BYTES))
              .cache(true)
              .retrying(true)
              .build());
    } catch (MalformedURLException | IllegalArgumentException e) {
      throw new InvalidInputException("oidc keys: expected=an address, found=" + keys, e);
    }
  }

  /// Whom a token stands for; empty if it is not good.
  Optional<Caller> caller(String token) {
    try {
      return Optional.of(caller(processor.process(token, null)));
    } catch (ParseException | BadJOSEException | JOSEException | IllegalArgumentException e) {
      System.getLogger(Tokens.class.getName())
          .log(System.Logger.Level.DEBUG, () -> "token refused: " + e.getMessage());
      return Optional.empty();
    }
  }

  private static Caller caller(JWTClaimsSet claims) throws ParseException {
    String role = claims.getStringClaim("lancelot_role");
    List<String> databases = claims.getStringListClaim("lancelot_databases");
    List<String> tables = claims.getStringListClaim("lancelot_tables");
    return new Caller(
        "token:" + claims.getSubject(),
        role == null ? Access.READ : Access.valueOf(role.toUpperCase(Locale.ROOT)),
        databases == null ? List.of() : databases,
        tables == null ? List.of("*") : tables,
        Optional.ofNullable(claims.getStringClaim("lancelot_row_filter")));
  }
}
