package io.lancelot.bench;

/// Kinds of text searches.
enum TextWork {
  TERM("one word"),
  OR("3 words, OR"),
  AND("3 words, AND"),
  PHRASE("phrase of 2"),
  FUZZY("1 letter wrong"),
  PREFIX("1 letter wrong behind 3 right ones"),
  BOOLEAN("must, should, must not");

  private final String label;

  TextWork(String label) {
    this.label = label;
  }

  String label() {
    return label;
  }

  /// What is looked for.
  record Question(TextWork work, String words) {
    /// Its words, one by one.
    String[] each() {
      return words.split(" ", -1);
    }
  }
}
