package io.lancelot.index;

import io.lancelot.base.InvalidInputException;
import io.lancelot.index.scalar.BTreeKind;
import io.lancelot.index.scalar.BitmapKind;
import io.lancelot.index.scalar.BloomFilterKind;
import io.lancelot.index.scalar.FmKind;
import io.lancelot.index.scalar.LabelListKind;
import io.lancelot.index.scalar.LeftAloneKind;
import io.lancelot.index.scalar.NGramKind;
import io.lancelot.index.scalar.ZoneMapKind;
import io.lancelot.index.text.TextKind;
import io.lancelot.index.vector.VectorKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/// All kinds of indices there are: the one place to add one.
public final class IndexKinds {

  private static final List<IndexKind> ALL = all();

  private IndexKinds() {}

  private static List<IndexKind> all() {
    List<IndexKind> all =
        new ArrayList<>(
            List.of(
                new BTreeKind(),
                new TextKind(),
                new BitmapKind(),
                new LabelListKind(),
                new ZoneMapKind(),
                new BloomFilterKind(),
                new NGramKind(),
                new FmKind(),
                new LeftAloneKind("RTREE", "lance.index.pb.RTreeIndexDetails"),
                new LeftAloneKind("JSON", "lance.index.pb.JsonIndexDetails")));
    all.addAll(VectorKind.all());
    return List.copyOf(all);
  }

  /// The kind that users call so.
  ///
  /// @throws InvalidInputException if there is none, naming those that there are
  public static IndexKind ofType(String type) {
    String wanted = type.toUpperCase(Locale.ROOT);
    return ALL.stream()
        .filter(kind -> kind.type().equals(wanted) || kind.aliases().contains(wanted))
        .findFirst()
        .orElseThrow(() ->
            new InvalidInputException(
                "unknown index type: expected one of "
                    + ALL.stream().map(IndexKind::type).sorted().toList()
                    + ", found="
                    + type));
  }

  /// The kind that the manifest calls so; empty for those of other releases.
  ///
  /// @param detailsUrl `/lance.table.BTreeIndexDetails`
  public static Optional<IndexKind> ofDetails(String detailsUrl) {
    String wanted = lastPart(detailsUrl);
    return ALL.stream().filter(kind -> lastPart(kind.detailsName()).equals(wanted)).findFirst();
  }

  private static String lastPart(String name) {
    return name.substring(Math.max(name.lastIndexOf('.'), name.lastIndexOf('/')) + 1)
        .toLowerCase(Locale.ROOT);
  }
}
