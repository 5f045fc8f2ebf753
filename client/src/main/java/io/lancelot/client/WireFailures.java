package io.lancelot.client;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.CancelledException;
import io.lancelot.base.CommitConflictException;
import io.lancelot.base.CommitUnknownException;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.NotFoundException;
import io.lancelot.base.ResourceExhaustedException;
import io.lancelot.base.StorageException;
import io.lancelot.base.UnsupportedFeatureException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/// What a server refused, as the error that the same call on disk would throw.
final class WireFailures {

  private static final ObjectMapper JSON = new ObjectMapper();

  private WireFailures() {}

  static LancelotException of(int status, byte[] body) {
    String text = new String(body, StandardCharsets.UTF_8).strip();
    int code = -1;
    try {
      JsonNode json = JSON.readTree(body);
      if (json != null && json.isObject()) {
        text = json.path("error").asText(text);
        code = json.path("code").asInt(-1);
      }
    } catch (IOException _) {
      // Plain text, from a proxy or another server.
    }
    LancelotException known = ofKind(text);
    return known != null ? known : ofCode(status, code, text.isEmpty() ? "status " + status : text);
  }

  /// Our own servers say the kind: `invalid-input: filter …`.
  private static @org.jspecify.annotations.Nullable LancelotException ofKind(String text) {
    int colon = text.indexOf(": ");
    if (colon < 0) {
      return null;
    }
    String rest = text.substring(colon + 2);
    return switch (text.substring(0, colon)) {
      case "not-found" -> new NotFoundException(rest);
      case "already-exists" -> new AlreadyExistsException(rest);
      case "invalid-input" -> new InvalidInputException(rest);
      case "unsupported" -> new UnsupportedFeatureException(rest);
      case "commit-conflict" -> new CommitConflictException(rest);
      case "commit-unknown" -> new CommitUnknownException(rest, null);
      case "corrupt-data" -> new CorruptDataException(rest);
      case "resource-exhausted" -> new ResourceExhaustedException(rest);
      case "cancelled" -> new CancelledException(rest);
      case "storage" -> new StorageException(rest);
      default -> null;
    };
  }

  private static LancelotException ofCode(int status, int code, String text) {
    return switch (code) {
      case 0 -> new UnsupportedFeatureException(text);
      case 1, 4, 6, 8, 10, 11, 22 -> new NotFoundException(text);
      case 2, 5, 7, 9, 23 -> new AlreadyExistsException(text);
      case 14 -> new CommitConflictException(text);
      case 12, 13, 15, 16, 19, 20 -> new InvalidInputException(text);
      case 17, 21 -> new ResourceExhaustedException(text);
      default ->
          switch (status) {
            case 404 -> new NotFoundException(text);
            case 408 -> new CancelledException(text);
            case 409 -> new CommitConflictException(text);
            case 429, 503 -> new ResourceExhaustedException(text);
            case 406, 501 -> new UnsupportedFeatureException(text);
            default ->
                status >= 400 && status < 500
                    ? new InvalidInputException(text)
                    : new StorageException("server failed (status=" + status + "): " + text);
          };
    };
  }
}
