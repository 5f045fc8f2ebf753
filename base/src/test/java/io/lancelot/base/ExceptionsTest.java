package io.lancelot.base;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExceptionsTest {

  @Test
  void everyErrorHasAKindOfItsOwnAndKeepsMessageAndCause() throws Exception {
    Set<String> kinds = new HashSet<>();
    Throwable cause = new IllegalStateException("why");
    for (Class<?> type : LancelotException.class.getPermittedSubclasses()) {
      var error =
          (LancelotException)
              type.getConstructor(String.class, Throwable.class).newInstance("what failed", cause);
      assertThat(error).hasMessage("what failed").hasCause(cause);
      assertThat(error.kind()).matches("[a-z]+(-[a-z]+)*");
      assertThat(error.blame()).isNotNull();
      assertThat(kinds.add(error.kind())).as(Arrays.asList(type, kinds).toString()).isTrue();
    }
    assertThat(kinds).hasSize(10);
  }
}
