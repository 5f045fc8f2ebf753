package io.lancelot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;

import org.junit.jupiter.api.Test;

class ClassesAheadTest {

  /// A class that has gone or got another name belongs out of the list.
  @Test
  void everyNameIsThatOfAClass() {
    assertThat(ClassesAhead.names()).hasSizeGreaterThan(300).doesNotHaveDuplicates();
    for (String name : ClassesAhead.names()) {
      assertThatCode(() -> Class.forName(name, false, getClass().getClassLoader()))
          .as(name)
          .doesNotThrowAnyException();
    }
  }
}
