package io.lancelot.file;

/// A layer of levels between the rows and a leaf.
///
/// @param kind what the layer is
/// @param code the code of a null here; an empty list has the next one
/// @param nullable whether the field can be null
/// @param path the field, for messages
record LevelLayer(Kind kind, int code, boolean nullable, String path) {

  enum Kind {
    ITEM,
    LIST
  }

  /// Number of codes this layer takes.
  int codes() {
    return kind == Kind.LIST ? 2 : 1;
  }
}
