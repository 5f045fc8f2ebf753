package io.lancelot.index.text;

import io.lancelot.base.InvalidInputException;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Supplier;
import org.tartarus.snowball.SnowballStemmer;
import org.tartarus.snowball.ext.ArabicStemmer;
import org.tartarus.snowball.ext.DanishStemmer;
import org.tartarus.snowball.ext.DutchStemmer;
import org.tartarus.snowball.ext.EnglishStemmer;
import org.tartarus.snowball.ext.FinnishStemmer;
import org.tartarus.snowball.ext.FrenchStemmer;
import org.tartarus.snowball.ext.GermanStemmer;
import org.tartarus.snowball.ext.GreekStemmer;
import org.tartarus.snowball.ext.HungarianStemmer;
import org.tartarus.snowball.ext.ItalianStemmer;
import org.tartarus.snowball.ext.NorwegianStemmer;
import org.tartarus.snowball.ext.PortugueseStemmer;
import org.tartarus.snowball.ext.RomanianStemmer;
import org.tartarus.snowball.ext.RussianStemmer;
import org.tartarus.snowball.ext.SpanishStemmer;
import org.tartarus.snowball.ext.SwedishStemmer;
import org.tartarus.snowball.ext.TamilStemmer;
import org.tartarus.snowball.ext.TurkishStemmer;

/// Languages whose words can be cut down to their stems.
public enum Language {
  ARABIC("ar", ArabicStemmer::new),
  DANISH("da", DanishStemmer::new),
  DUTCH("nl", DutchStemmer::new),
  ENGLISH("en", EnglishStemmer::new),
  FINNISH("fi", FinnishStemmer::new),
  FRENCH("fr", FrenchStemmer::new),
  GERMAN("de", GermanStemmer::new),
  GREEK("el", GreekStemmer::new),
  HUNGARIAN("hu", HungarianStemmer::new),
  ITALIAN("it", ItalianStemmer::new),
  NORWEGIAN("no", NorwegianStemmer::new),
  PORTUGUESE("pt", PortugueseStemmer::new),
  ROMANIAN("ro", RomanianStemmer::new),
  RUSSIAN("ru", RussianStemmer::new),
  SPANISH("es", SpanishStemmer::new),
  SWEDISH("sv", SwedishStemmer::new),
  TAMIL("ta", TamilStemmer::new),
  TURKISH("tr", TurkishStemmer::new);

  private final String code;

  @SuppressWarnings("ImmutableEnumChecker") // A constructor, which has no state.
  private final Supplier<SnowballStemmer> stemmer;

  Language(String code, Supplier<SnowballStemmer> stemmer) {
    this.code = code;
    this.stemmer = stemmer;
  }

  /// @throws InvalidInputException if there is none of that name or code, naming those there are
  public static Language of(String name) {
    String wanted = name.replace("\"", "").strip();
    for (Language language : values()) {
      if (language.name().equalsIgnoreCase(wanted) || language.code.equalsIgnoreCase(wanted)) {
        return language;
      }
    }
    throw new InvalidInputException(
        "language: expected one of "
            + Arrays.stream(values()).map(Language::upstreamName).toList()
            + ", found="
            + name);
  }

  static Language ofCode(String code) {
    return of(code);
  }

  /// `English`.
  String upstreamName() {
    return name().charAt(0) + name().substring(1).toLowerCase(Locale.ROOT);
  }

  /// A stemmer, for one thread.
  SnowballStemmer newStemmer() {
    return stemmer.get();
  }
}
