package io.lancelot.index.text;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.tartarus.snowball.SnowballStemmer;

/// Cuts text into tokens by the settings of an index: first into pieces, then each piece goes
/// through the filters, in the order of lance-format section 4.12.7. For one thread.
public final class Analyzer {

  /// Takes tokens in the order in which they stand.
  public interface Sink {
    void token(String text, int position);

    /// A part of a token, by which it is found too. It does not make the document longer.
    default void part(String text, int position) {
      token(text, position);
    }
  }

  /// A token and where it stands: the number of pieces before it.
  public record Token(String text, int position) {}

  /// Begins the name of a base tokenizer that is a Lucene analyzer.
  static final String LUCENE = "lucene:";

  private static final int CACHE = 1 << 15;
  private static final int SMALL_CACHE = 1 << 8;
  private static final int CACHED_LENGTH = 64;

  private final Segmenter segmenter;

  /// Cuts in place of the segmenter.
  private final @Nullable LuceneTokens lucene;

  private final int maxBytes;
  private final boolean lowerCase;
  private final boolean fold;
  private final @Nullable SnowballStemmer stemmer;
  private final Set<String> stopWords;

  /// What pieces seen before became: most words of a text are frequent ones.
  private final @Nullable String[] pieces;

  private final @Nullable String[] results;

  /// @throws io.lancelot.base.LancelotException if the settings name a tokenizer we do not have
  public Analyzer(TextParams params) {
    this(params, CACHE);
  }

  /// One that takes little memory, for short texts.
  ///
  /// @throws io.lancelot.base.LancelotException if the settings name a tokenizer we do not have
  static Analyzer small(TextParams params) {
    return new Analyzer(params, SMALL_CACHE);
  }

  private Analyzer(TextParams params, int cache) {
    this.pieces = new String[cache];
    this.results = new String[cache];
    String base = params.baseTokenizer();
    this.lucene =
        base.startsWith(LUCENE) ? new LuceneTokens(base.substring(LUCENE.length())) : null;
    this.segmenter = lucene == null ? Segmenter.of(params) : (_, _, _) -> {};
    this.maxBytes = params.maxTokenLength().orElse(Integer.MAX_VALUE);
    this.lowerCase = params.lowerCase();
    this.fold = params.asciiFolding();
    this.stemmer = params.stem() ? params.language().newStemmer() : null;
    this.stopWords = StopWords.of(params);
  }

  /// The tokens of a document.
  public void document(String text, Sink sink) {
    if (lucene != null) {
      lucene.cut(text, (piece, position) -> emit(piece, 0, piece.length(), position, sink));
      return;
    }
    segmenter.cut(
        text,
        false,
        new Segmenter.Sink() {
          @Override
          public void piece(int from, int to, int position) {
            emit(text, from, to, position, sink);
          }

          @Override
          public void part(int from, int to, int position) {
            String token = filtered(text, from, to);
            if (token != null) {
              sink.part(token, position);
            }
          }
        });
  }

  /// The tokens of a document as a list.
  public List<Token> document(String text) {
    List<Token> tokens = new ArrayList<>();
    document(text, (token, position) -> tokens.add(new Token(token, position)));
    return tokens;
  }

  /// The tokens that a query looks for; positions begin at zero. A word said twice counts twice, a
  /// window of letters that comes again does not: all windows stand at the same place.
  public List<Token> query(String text) {
    List<Token> tokens = new ArrayList<>();
    if (lucene != null) {
      document(text, (token, position) -> tokens.add(new Token(token, position)));
    }
    segmenter.cut(
        text,
        true,
        (from, to, position) ->
            emit(text, from, to, position, (token, at) -> tokens.add(new Token(token, at))));
    int first = Integer.MAX_VALUE;
    for (Token token : tokens) {
      first = Math.min(first, token.position());
    }
    LinkedHashSet<Token> different = new LinkedHashSet<>();
    for (Token token : tokens) {
      different.add(new Token(token.text(), token.position() - first));
    }
    return List.copyOf(different);
  }

  private void emit(String text, int from, int to, int position, Sink sink) {
    String token = filtered(text, from, to);
    if (token != null) {
      sink.token(token, position);
    }
  }

  private @Nullable String filtered(String text, int from, int to) {
    int length = to - from;
    if (length > CACHED_LENGTH) {
      return filter(text.substring(from, to));
    }
    int hash = length;
    for (int i = from; i < to; i++) {
      hash = 31 * hash + text.charAt(i);
    }
    int slot = (hash ^ hash >>> 15) & pieces.length - 1;
    String known = pieces[slot];
    if (known != null && known.length() == length && known.regionMatches(0, text, from, length)) {
      return results[slot];
    }
    String piece = text.substring(from, to);
    String result = filter(piece);
    pieces[slot] = piece;
    results[slot] = result;
    return result;
  }

  /// What becomes of a piece; null if it is left out.
  private @Nullable String filter(String piece) {
    if (utf8Length(piece) >= maxBytes) {
      return null;
    }
    String token = lowerCase ? Folding.lowerCase(piece) : piece;
    if (stemmer != null) {
      stemmer.setCurrent(token);
      stemmer.stem();
      token = stemmer.getCurrent();
    }
    if (stopWords.contains(token)) {
      return null;
    }
    return fold ? Folding.ascii(token) : token;
  }

  static int utf8Length(String text) {
    int bytes = 0;
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      bytes += c < 0x80 ? 1 : c < 0x800 || Character.isSurrogate(c) ? 2 : 3;
    }
    return bytes;
  }
}
