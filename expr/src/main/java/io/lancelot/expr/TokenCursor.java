package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import java.util.List;

/// The tokens of a text, read from front to back.
final class TokenCursor {

  private final List<Lexer.Token> tokens;
  private int next;

  TokenCursor(String sql) {
    tokens = Lexer.tokens(sql);
  }

  Lexer.Token peek() {
    return tokens.get(next);
  }

  Lexer.Token take() {
    Lexer.Token token = tokens.get(next);
    if (token.kind() != Lexer.Kind.END) {
      next++;
    }
    return token;
  }

  Lexer.Token ahead(int count) {
    return tokens.get(Math.min(next + count, tokens.size() - 1));
  }

  boolean takeSymbol(String symbol) {
    boolean found = peek().isSymbol(symbol);
    next += found ? 1 : 0;
    return found;
  }

  boolean takeWord(String word) {
    boolean found = peek().isWord(word);
    next += found ? 1 : 0;
    return found;
  }

  void expectSymbol(String symbol) {
    if (!takeSymbol(symbol)) {
      throw unexpected(symbol);
    }
  }

  void expectWord(String word) {
    if (!takeWord(word)) {
      throw unexpected(word);
    }
  }

  InvalidInputException unexpected(String expected) {
    return Lexer.error(expected, peek().shown(), peek().at());
  }

  /// Leaves out tokens that were looked at with [#ahead].
  void skip(int count) {
    next += count;
  }
}
