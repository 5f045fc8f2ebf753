package io.lancelot.expr;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

class FunctionDocsTest {

  @Test
  void thePageListsEveryFunction() throws IOException {
    Path page = Path.of("docs/filters.md");
    String text = Files.readString(Files.exists(page) ? page : Path.of("..").resolve(page));
    List<String> missing =
        FunctionTable.rows().stream()
            .map(row ->
                "| `" + row.signature().text().replace("|", "\\|") + "` | " + row.summary() + " |")
            .filter(line -> !text.contains(line))
            .toList();
    assertThat(missing).isEmpty();
  }
}
