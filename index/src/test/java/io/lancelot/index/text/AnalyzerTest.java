package io.lancelot.index.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.index.IndexSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Tokenizers that users bring along.
class AnalyzerTest {

  private static Analyzer of(String tokenizer) {
    return new Analyzer(TextParams.of(new IndexSpec("FTS", Map.of("base_tokenizer", tokenizer))));
  }

  private static List<String> tokens(Analyzer analyzer, String text) {
    return analyzer.document(text).stream()
        .map(token -> token.text() + "@" + token.position())
        .toList();
  }

  @Test
  void takesTokensOfALuceneAnalyzer() {
    assertThat(tokens(of("lucene:org.apache.lucene.analysis.cjk.CJKAnalyzer"), "北京大学 The Fox"))
        .containsExactly("北京@0", "京大@1", "大学@2", "fox@4");
    Analyzer whitespace = of("lucene:org.apache.lucene.analysis.core.WhitespaceAnalyzer");
    assertThat(tokens(whitespace, "Foxes of Üb")).containsExactly("Foxes@0", "of@1", "Üb@2");
    assertThat(whitespace.query("of Foxes")).hasSize(2);
    assertThatThrownBy(() -> of("lucene:java.lang.String"))
        .isInstanceOf(InvalidInputException.class)
        .hasMessageContaining("java.lang.String");
  }

  /// xagent#2421: what is missing is said when the index is made, with the place to put it.
  @Test
  void cutsByADictionary(@TempDir Path home) throws IOException {
    String before = System.setProperty(DictionaryWords.HOME, home.toString());
    try {
      assertThatThrownBy(() -> of("jieba/default"))
          .isInstanceOf(InvalidInputException.class)
          .hasMessageContaining("dict.txt");
      Path folder = Files.createDirectories(home.resolve("jieba/default"));
      Files.writeString(
          folder.resolve("dict.txt"),
          "北京 34488 ns\n北京大学 2053 nt\n大学 20025 n\n我 328841 r\n来到 10000 v\n学 100 n\n");
      Analyzer analyzer = of("jieba/default");
      assertThat(tokens(analyzer, "我来到北京大学, ERP审批"))
          .containsExactly("我@0", "来到@1", "北京@2", "大学@2", "北京大学@2", "erp@3", "审@4", "批@5");
    } finally {
      if (before == null) {
        System.clearProperty(DictionaryWords.HOME);
      } else {
        System.setProperty(DictionaryWords.HOME, before);
      }
    }
    assertThatThrownBy(() -> of("lindera/ipadic")).isInstanceOf(UnsupportedFeatureException.class);
  }
}
