package io.lancelot.index.text;

/// Documents of a partition that answer a query or a part of it, ascending, with their scores and
/// bounds on these. For one thread.
sealed interface Docs permits Cursor, Phrases, AllOf, AnyOf, Lowered, Given {

  int END = Integer.MAX_VALUE;

  /// The document it stands at; [#END] behind the last one, -1 before the first.
  int doc();

  /// Goes to the first document at or after one that may answer, unless it is there or beyond.
  int advance(int target);

  /// Whether the document it stands at does answer: what takes more than the lists of documents to
  /// know.
  boolean matches();

  /// The score of the document it stands at, which matches.
  float score();

  /// Looks ahead to a document without going there, for [#bound] and [#boundEnd]; targets ascend.
  void look(int target);

  /// No document from where it looks to [#boundEnd] scores more.
  float bound();

  int boundEnd();

  /// About how many there are, and no fewer.
  long docCount();
}
