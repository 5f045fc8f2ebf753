package io.lancelot.engine;

import io.lancelot.expr.Filter;
import io.lancelot.table.IndexEntry;
import java.util.List;
import java.util.stream.Collectors;
import org.roaringbitmap.RoaringBitmap;

/// What indices are asked in place of a filter, as a tree of sets of rows. Sets are taken within
/// the fragments that every index of the tree covers.
public sealed interface IndexQuery {

  /// The rows that one index finds.
  ///
  /// @param negated the rows for which the condition is false instead
  record Lookup(Index index, Filter condition, boolean negated) implements IndexQuery {
    @Override
    public String toString() {
      String query = "[" + condition + "]@" + index.name + "(" + index.type + ")";
      return negated ? "NOT(" + query + ")" : query;
    }
  }

  record And(List<IndexQuery> terms) implements IndexQuery {
    @Override
    public String toString() {
      return list("AND", terms);
    }
  }

  record Or(List<IndexQuery> terms) implements IndexQuery {
    @Override
    public String toString() {
      return list("OR", terms);
    }
  }

  /// All rows but these.
  record Except(IndexQuery operand) implements IndexQuery {
    @Override
    public String toString() {
      return "EXCEPT(" + operand + ")";
    }
  }

  /// An index that filters can use.
  ///
  /// @param path of the column
  /// @param segments those we can open
  /// @param fragments live ones that the segments cover
  record Index(
      String name,
      String type,
      List<String> path,
      List<IndexEntry> segments,
      RoaringBitmap fragments) {}

  private static String list(String name, List<IndexQuery> terms) {
    return terms.stream()
        .map(IndexQuery::toString)
        .collect(Collectors.joining(", ", name + "(", ")"));
  }
}
