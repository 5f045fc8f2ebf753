package io.lancelot.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.StorageException;
import io.lancelot.expr.Expr;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/// The keys of a server, in a file that holds what a key allows and its hash, never the key. Keys
/// are random and long, so that a plain hash does. Changes of the file are seen within a second.
///
/// ```json
/// {"keys": [{"name": "site", "hash": "sha256:…", "role": "read",
///            "databases": ["films"], "tables": ["films*"], "row_filter": "public"}]}
/// ```
public final class ApiKeys {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String PREFIX = "lk_";
  private static final String ALGORITHM = "sha256:";
  private static final int KEY_BYTES = 32;
  private static final long LOOK_NANOS = TimeUnit.SECONDS.toNanos(1);

  private final Path file;
  private volatile Map<String, Caller> byHash;
  private volatile @Nullable FileTime readAt;
  private volatile long lookedAt;

  private ApiKeys(Path file) {
    this.file = file;
    this.byHash = Map.of();
    read();
  }

  /// @throws InvalidInputException if the file does not hold keys
  public static ApiKeys of(Path file) {
    return new ApiKeys(file);
  }

  /// Makes a key and adds it to a file, which need not exist.
  ///
  /// @param databases names or patterns with `*`
  /// @param tables identifiers or patterns with `*`
  /// @return the key, which is nowhere else
  public static String add(
      Path file, String name, Access role, List<String> databases, List<String> tables) {
    return add(file, new Caller(name, role, databases, tables, Optional.empty()));
  }

  /// The same for a key that reads only the rows for which a predicate is true.
  ///
  /// @throws InvalidInputException if the text is no predicate
  public static String addFiltered(
      Path file, String name, List<String> databases, List<String> tables, String rowFilter) {
    Expr.parse(rowFilter);
    return add(file, new Caller(name, Access.READ, databases, tables, Optional.of(rowFilter)));
  }

  private static String add(Path file, Caller caller) {
    byte[] secret = new byte[KEY_BYTES];
    new SecureRandom().nextBytes(secret);
    String key = PREFIX + Base64.getUrlEncoder().withoutPadding().encodeToString(secret);
    try {
      ObjectNode root =
          Files.exists(file) && JSON.readTree(file.toFile()) instanceof ObjectNode object
              ? object
              : JSON.createObjectNode();
      ArrayNode keys = root.withArray("keys");
      ObjectNode entry = keys.addObject();
      entry.put("name", caller.name());
      entry.put("hash", hash(key));
      entry.put("role", caller.role().name().toLowerCase(Locale.ROOT));
      caller.databases().forEach(entry.withArray("databases")::add);
      caller.tables().forEach(entry.withArray("tables")::add);
      caller.rowFilter().ifPresent(filter -> entry.put("row_filter", filter));
      Path folder = file.toAbsolutePath().getParent();
      Path written = Files.createTempFile(folder, "keys", ".json");
      Files.write(written, JSON.writerWithDefaultPrettyPrinter().writeValueAsBytes(root));
      Files.move(
          written, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new StorageException("cannot write keys: " + e.getMessage(), e);
    }
    return key;
  }

  private void read() {
    try {
      FileTime changed = Files.getLastModifiedTime(file);
      if (changed.equals(readAt)) {
        return;
      }
      Map<String, Caller> read = new HashMap<>();
      for (JsonNode key : JSON.readTree(file.toFile()).path("keys")) {
        String hash = key.path("hash").asText();
        if (!hash.matches(ALGORITHM + "[0-9a-f]{64}")) {
          throw new InvalidInputException("keys: expected=sha256:… as a hash (file=" + file + ")");
        }
        read.put(
            hash,
            new Caller(
                key.path("name").asText(),
                role(key.path("role").asText()),
                patterns(key.path("databases")),
                patterns(key.path("tables")),
                rowFilter(key.path("row_filter"))));
      }
      byHash = Map.copyOf(read);
      readAt = changed;
    } catch (IOException e) {
      throw new InvalidInputException("keys: cannot read " + file + ": " + e.getMessage(), e);
    }
  }

  /// A filter that cannot be read must not mean "all rows".
  private static Optional<String> rowFilter(JsonNode node) {
    if (node.isMissingNode() || node.isNull()) {
      return Optional.empty();
    }
    Expr.parse(node.asText());
    return Optional.of(node.asText());
  }

  private static Access role(String name) {
    try {
      return Access.valueOf(name.toUpperCase(Locale.ROOT));
    } catch (IllegalArgumentException e) {
      throw new InvalidInputException("role: expected=read, write or admin, found=" + name, e);
    }
  }

  /// Missing patterns mean everything.
  private static List<String> patterns(JsonNode node) {
    List<String> patterns = new ArrayList<>();
    node.forEach(each -> patterns.add(each.asText()));
    return node.isMissingNode() ? List.of("*") : patterns;
  }

  private static String hash(String key) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(key.getBytes(StandardCharsets.UTF_8));
      return ALGORITHM + HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e);
    }
  }

  /// Whose key it is.
  Optional<Caller> caller(String key) {
    long now = System.nanoTime();
    if (now - lookedAt > LOOK_NANOS) {
      lookedAt = now;
      try {
        read();
      } catch (InvalidInputException e) {
        System.getLogger(ApiKeys.class.getName())
            .log(System.Logger.Level.WARNING, "keys are not read anew: " + e.getMessage());
      }
    }
    return Optional.ofNullable(byHash.get(hash(key)));
  }
}
