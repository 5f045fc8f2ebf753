package io.lancelot.server;

import io.helidon.webserver.http.ServerResponse;
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
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.LinkedHashMap;
import java.util.Map;

/// What went wrong, as status and code of the protocol.
final class Failures {

  private static final Logger LOG = System.getLogger(Failures.class.getName());

  /// Codes of the Lance Namespace's error table.
  enum Code {
    UNSUPPORTED(0, 501),
    NAMESPACE_NOT_FOUND(1, 404),
    NAMESPACE_EXISTS(2, 409),
    NAMESPACE_NOT_EMPTY(3, 409),
    TABLE_NOT_FOUND(4, 404),
    TABLE_EXISTS(5, 409),
    INDEX_NOT_FOUND(6, 404),
    INDEX_EXISTS(7, 400),
    TAG_NOT_FOUND(8, 404),
    TAG_EXISTS(9, 400),
    TRANSACTION_NOT_FOUND(10, 404),
    VERSION_NOT_FOUND(11, 404),
    INVALID_INPUT(13, 400),
    CONCURRENT_MODIFICATION(14, 409),
    PERMISSION_DENIED(15, 403),
    UNAUTHENTICATED(16, 401),
    UNAVAILABLE(17, 503),
    INTERNAL(18, 500),
    THROTTLED(21, 429),
    BRANCH_NOT_FOUND(22, 404),
    BRANCH_EXISTS(23, 409);

    private final int number;
    private final int status;

    Code(int number, int status) {
      this.number = number;
      this.status = status;
    }
  }

  /// A failure whose code the route knows better than the exception's kind tells.
  static final class Coded extends RuntimeException {
    private final transient Code code;
    private final int status;

    Coded(Code code, String message) {
      this(code, code.status, message);
    }

    Coded(Code code, int status, String message) {
      super(message);
      this.code = code;
      this.status = status;
    }
  }

  private Failures() {}

  /// @param request its id, for the log
  static void answer(ServerResponse response, RuntimeException e, String request) {
    if (e instanceof Coded coded) {
      if (coded.code == Code.UNAVAILABLE || coded.code == Code.THROTTLED) {
        response.header("retry-after", "1");
      }
      send(response, coded.status, coded.code, String.valueOf(coded.getMessage()));
      return;
    }
    if (e instanceof LancelotException known) {
      Code code = code(known);
      if (known instanceof CancelledException) {
        // The client has gone, or will wait no longer: not to be repeated.
        send(response, 408, code, known.kind() + ": " + known.getMessage());
        return;
      }
      if (code == Code.UNAVAILABLE) {
        response.header("retry-after", "1");
      }
      send(response, code.status, code, known.kind() + ": " + known.getMessage());
      return;
    }
    LOG.log(Level.ERROR, "request failed (request=" + request + ")", e);
    send(response, Code.INTERNAL.status, Code.INTERNAL, "internal error");
  }

  private static Code code(LancelotException e) {
    return switch (e) {
      case NotFoundException _ -> Code.TABLE_NOT_FOUND;
      case AlreadyExistsException _ -> Code.TABLE_EXISTS;
      case InvalidInputException _ -> Code.INVALID_INPUT;
      case UnsupportedFeatureException _ -> Code.UNSUPPORTED;
      case CommitConflictException _ -> Code.CONCURRENT_MODIFICATION;
      case ResourceExhaustedException _, CancelledException _ -> Code.UNAVAILABLE;
      case CommitUnknownException _, CorruptDataException _, StorageException _ -> Code.INTERNAL;
    };
  }

  private static void send(ServerResponse response, int status, Code code, String message) {
    Map<String, Object> error = new LinkedHashMap<>();
    error.put("error", message);
    error.put("code", code.number);
    Exchange.answer(response, status, error);
  }
}
