package io.lancelot.index.text;

import io.lancelot.base.InvalidInputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.apache.lucene.analysis.TokenStream;
import org.apache.lucene.analysis.tokenattributes.CharTermAttribute;
import org.apache.lucene.analysis.tokenattributes.PositionIncrementAttribute;

/// Tokens of a Lucene analyzer that users name by its class. It is found on their class path and
/// made without arguments. The settings of the index apply to its tokens, but are off unless asked
/// for. For one thread.
final class LuceneTokens {

  private final org.apache.lucene.analysis.Analyzer analyzer;

  /// @throws InvalidInputException if there is no such analyzer
  LuceneTokens(String className) {
    try {
      this.analyzer =
          Class.forName(className)
              .asSubclass(org.apache.lucene.analysis.Analyzer.class)
              .getDeclaredConstructor()
              .newInstance();
    } catch (ReflectiveOperationException | ClassCastException e) {
      throw new InvalidInputException(
          "base_tokenizer: expected=lucene: and a Lucene analyzer on the class path that needs no"
              + " arguments, found="
              + className,
          e);
    }
  }

  void cut(String text, Analyzer.Sink sink) {
    try (TokenStream tokens = analyzer.tokenStream("text", text)) {
      CharTermAttribute term = tokens.addAttribute(CharTermAttribute.class);
      PositionIncrementAttribute step = tokens.addAttribute(PositionIncrementAttribute.class);
      tokens.reset();
      int position = -1;
      while (tokens.incrementToken()) {
        position += step.getPositionIncrement();
        sink.token(term.toString(), Math.max(0, position));
      }
      tokens.end();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
