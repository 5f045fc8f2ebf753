package io.lancelot.table;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/// Whether an operation may be committed after another one that it did not know of. Format:
/// lance-format section 3.13.
final class Conflicts {

  enum Verdict {
    /// The operation still means the same, perhaps after a rebase.
    COMPATIBLE,
    /// It has to be run again on the newer version.
    RETRY,
    /// Running it again makes no sense by itself.
    INCOMPATIBLE
  }

  private Conflicts() {}

  /// @param ours what is to be committed
  /// @param theirs what was committed since the version that ours started from
  static Verdict check(Operation ours, Operation theirs) {
    if (ours instanceof Operation.Unknown || theirs instanceof Operation.Unknown) {
      return Verdict.INCOMPATIBLE;
    }
    if (theirs instanceof Operation.UpdateMemWalState) {
      return alongsideMemWal(ours);
    }
    if (theirs instanceof Operation.Clone || theirs instanceof Operation.UpdateBases) {
      return Verdict.COMPATIBLE;
    }
    if (tightensNullability(ours) && stagesData(theirs)
        || tightensNullability(theirs) && stagesData(ours)
        || mergeOverMetadata(ours, theirs)
        || mergeOverMetadata(theirs, ours)) {
      return Verdict.RETRY;
    }
    if (ours instanceof Operation.Restore && changesSchemaMetadata(theirs)
        || theirs instanceof Operation.Restore && changesSchemaMetadata(ours)) {
      return Verdict.INCOMPATIBLE;
    }
    return switch (ours) {
      case Operation.Append _ -> replacesTable(theirs) ? Verdict.INCOMPATIBLE : Verdict.COMPATIBLE;
      case Operation.Delete _ -> delete(ours, theirs);
      case Operation.Update update -> update(update, theirs);
      case Operation.Overwrite overwrite -> overwrite(overwrite, theirs);
      case Operation.Restore _ -> Verdict.COMPATIBLE;
      case Operation.ReserveFragments _ ->
          replacesTable(theirs) ? Verdict.INCOMPATIBLE : Verdict.COMPATIBLE;
      case Operation.CreateIndex index -> createIndex(index, theirs);
      case Operation.Rewrite _ -> rewrite(ours, theirs);
      case Operation.Merge _ -> merge(theirs);
      case Operation.Project _ -> project(theirs);
      case Operation.UpdateConfig config -> updateConfig(config, theirs);
      case Operation.DataReplacement replacement -> dataReplacement(replacement, theirs);
      case Operation.DataOverlay _,
          Operation.UpdateMemWalState _,
          Operation.Clone _,
          Operation.UpdateBases _,
          Operation.Unknown _ ->
          Verdict.INCOMPATIBLE;
    };
  }

  private static Verdict alongsideMemWal(Operation ours) {
    boolean compatible =
        ours instanceof Operation.Update
            || ours instanceof Operation.Rewrite
            || ours instanceof Operation.ReserveFragments
            || ours instanceof Operation.UpdateConfig;
    return compatible ? Verdict.COMPATIBLE : Verdict.INCOMPATIBLE;
  }

  private static boolean replacesTable(Operation operation) {
    return operation instanceof Operation.Overwrite || operation instanceof Operation.Restore;
  }

  private static boolean tightensNullability(Operation operation) {
    return operation instanceof Operation.Merge merge && !merge.preservesNullability()
        || operation instanceof Operation.Project project && !project.preservesNullability();
  }

  private static boolean stagesData(Operation operation) {
    return operation instanceof Operation.Append
        || operation instanceof Operation.Update
        || operation instanceof Operation.DataReplacement
        || operation instanceof Operation.DataOverlay;
  }

  private static boolean mergeOverMetadata(Operation one, Operation other) {
    return one instanceof Operation.Merge && changesSchemaMetadata(other);
  }

  private static boolean changesSchemaMetadata(Operation operation) {
    return operation instanceof Operation.UpdateConfig config
        && (!config.schemaMetadata().none() || !config.fields().isEmpty());
  }

  /// Shared fragments are compatible here: whether the rows are too shows when the deletion vectors
  /// are joined.
  private static Verdict delete(Operation ours, Operation theirs) {
    if (replacesTable(theirs)) {
      return Verdict.INCOMPATIBLE;
    }
    boolean retry =
        switch (theirs) {
          case Operation.Merge _ -> true;
          case Operation.Rewrite _, Operation.DataReplacement _ -> shareFragments(ours, theirs);
          default -> false;
        };
    return retry ? Verdict.RETRY : Verdict.COMPATIBLE;
  }

  private static Verdict update(Operation.Update ours, Operation theirs) {
    if (replacesTable(theirs)) {
      return Verdict.INCOMPATIBLE;
    }
    boolean retry =
        switch (theirs) {
          case Operation.Merge _ -> true;
          case Operation.Append _, Operation.Update _ -> ours.keyFiltered();
          case Operation.Rewrite _, Operation.DataReplacement _, Operation.DataOverlay _ ->
              shareFragments(ours, theirs);
          case Operation.Project project -> drops(project, ours.fieldsModified());
          default -> false;
        };
    return retry ? Verdict.RETRY : Verdict.COMPATIBLE;
  }

  private static boolean drops(Operation.Project project, Set<Integer> fieldIds) {
    Set<Integer> kept = new HashSet<>();
    project.schema().fields().forEach(field -> field.forEach(f -> kept.add(f.id())));
    return !kept.containsAll(fieldIds);
  }

  private static Verdict overwrite(Operation.Overwrite ours, Operation theirs) {
    return switch (theirs) {
      case Operation.Overwrite other ->
          Collections.disjoint(ours.configUpserts().keySet(), other.configUpserts().keySet())
              ? Verdict.RETRY
              : Verdict.INCOMPATIBLE;
      case Operation.UpdateConfig config ->
          Collections.disjoint(ours.configUpserts().keySet(), config.config().entries().keySet())
              ? Verdict.COMPATIBLE
              : Verdict.INCOMPATIBLE;
      default -> Verdict.COMPATIBLE;
    };
  }

  private static Verdict createIndex(Operation.CreateIndex ours, Operation theirs) {
    if (replacesTable(theirs)) {
      return Verdict.INCOMPATIBLE;
    }
    boolean retry =
        switch (theirs) {
          case Operation.CreateIndex other ->
              indicesClash(ours, other) || indicesClash(other, ours);
          case Operation.Rewrite rewrite -> covers(ours.added(), fragmentsOf(rewrite));
          case Operation.DataReplacement replacement -> replaces(replacement, ours.added());
          default -> false;
        };
    return retry ? Verdict.RETRY : Verdict.COMPATIBLE;
  }

  private static boolean indicesClash(Operation.CreateIndex one, Operation.CreateIndex other) {
    for (IndexEntry added : one.added()) {
      boolean named = other.added().stream().anyMatch(e -> e.name().equals(added.name()));
      boolean dropped = other.removed().stream().anyMatch(e -> e.name().equals(added.name()));
      if (named || dropped) {
        return true;
      }
    }
    return false;
  }

  private static boolean covers(List<IndexEntry> entries, Set<Long> fragments) {
    for (IndexEntry entry : entries) {
      var covered = entry.fragments();
      if (covered.isEmpty()
          || fragments.stream().anyMatch(id -> covered.get().contains(id.intValue()))) {
        return true;
      }
    }
    return false;
  }

  private static boolean replaces(Operation.DataReplacement theirs, List<IndexEntry> entries) {
    return theirs.files().values().stream()
        .anyMatch(file ->
            entries.stream()
                .anyMatch(entry -> !Collections.disjoint(entry.fieldIds(), file.fieldIds())));
  }

  private static Verdict rewrite(Operation ours, Operation theirs) {
    if (replacesTable(theirs)) {
      return Verdict.INCOMPATIBLE;
    }
    boolean retry =
        switch (theirs) {
          case Operation.Merge _ -> true;
          case Operation.CreateIndex index -> covers(index.added(), fragmentsOf(ours));
          case Operation.Delete _,
              Operation.Update _,
              Operation.Rewrite _,
              Operation.DataReplacement _,
              Operation.DataOverlay _ ->
              shareFragments(ours, theirs);
          default -> false;
        };
    return retry ? Verdict.RETRY : Verdict.COMPATIBLE;
  }

  private static Verdict merge(Operation theirs) {
    return switch (theirs) {
      case Operation.Overwrite _, Operation.Restore _, Operation.Project _ -> Verdict.INCOMPATIBLE;
      case Operation.ReserveFragments _, Operation.UpdateConfig _ -> Verdict.COMPATIBLE;
      case Operation.CreateIndex index ->
          index.added().stream().anyMatch(entry -> entry.name().equals(IndexEntry.MEM_WAL))
              ? Verdict.RETRY
              : Verdict.COMPATIBLE;
      default -> Verdict.RETRY;
    };
  }

  private static Verdict project(Operation theirs) {
    if (replacesTable(theirs)) {
      return Verdict.INCOMPATIBLE;
    }
    return theirs instanceof Operation.Merge || theirs instanceof Operation.Project
        ? Verdict.RETRY
        : Verdict.COMPATIBLE;
  }

  private static Verdict dataReplacement(Operation.DataReplacement ours, Operation theirs) {
    return switch (theirs) {
      case Operation.Overwrite _, Operation.Restore _ -> Verdict.INCOMPATIBLE;
      case Operation.Merge _ -> Verdict.RETRY;
      case Operation.Delete delete ->
          Collections.disjoint(delete.removedIds(), ours.files().keySet())
              ? Verdict.COMPATIBLE
              : Verdict.INCOMPATIBLE;
      case Operation.Update update -> {
        if (!Collections.disjoint(update.removedIds(), ours.files().keySet())) {
          yield Verdict.INCOMPATIBLE;
        }
        yield shareFragments(ours, update) ? Verdict.RETRY : Verdict.COMPATIBLE;
      }
      case Operation.CreateIndex index ->
          replaces(ours, index.added()) ? Verdict.RETRY : Verdict.COMPATIBLE;
      case Operation.Rewrite rewrite ->
          shareFragments(ours, rewrite) ? Verdict.RETRY : Verdict.COMPATIBLE;
      case Operation.Project project -> {
        Set<Integer> fields = new HashSet<>();
        ours.files().values().forEach(file -> fields.addAll(file.fieldIds()));
        yield drops(project, fields) ? Verdict.INCOMPATIBLE : Verdict.COMPATIBLE;
      }
      case Operation.DataReplacement other ->
          replacesSame(ours, other) ? Verdict.RETRY : Verdict.COMPATIBLE;
      case Operation.Append _,
          Operation.ReserveFragments _,
          Operation.UpdateConfig _,
          Operation.UpdateMemWalState _,
          Operation.Clone _,
          Operation.UpdateBases _,
          Operation.DataOverlay _,
          Operation.Unknown _ ->
          Verdict.COMPATIBLE;
    };
  }

  private static boolean replacesSame(
      Operation.DataReplacement one, Operation.DataReplacement other) {
    return one.files().entrySet().stream()
        .anyMatch(entry -> {
          DataFile theirs = other.files().get(entry.getKey());
          return theirs != null
              && !Collections.disjoint(theirs.fieldIds(), entry.getValue().fieldIds());
        });
  }

  private static Verdict updateConfig(Operation.UpdateConfig ours, Operation theirs) {
    return switch (theirs) {
      case Operation.Overwrite overwrite ->
          changesSchemaMetadata(ours)
                  || !Collections.disjoint(
                      overwrite.configUpserts().keySet(), ours.config().entries().keySet())
              ? Verdict.INCOMPATIBLE
              : Verdict.COMPATIBLE;
      case Operation.UpdateConfig other -> configsClash(ours, other);
      default -> Verdict.COMPATIBLE;
    };
  }

  private static Verdict configsClash(Operation.UpdateConfig ours, Operation.UpdateConfig theirs) {
    boolean clash =
        !Collections.disjoint(ours.config().entries().keySet(), theirs.config().entries().keySet())
            || !ours.tableMetadata().none() && !theirs.tableMetadata().none()
            || !ours.schemaMetadata().none() && !theirs.schemaMetadata().none()
            || !Collections.disjoint(ours.fields().keySet(), theirs.fields().keySet());
    return clash ? Verdict.INCOMPATIBLE : Verdict.COMPATIBLE;
  }

  private static boolean shareFragments(Operation one, Operation other) {
    return !Collections.disjoint(fragmentsOf(one), fragmentsOf(other));
  }

  /// The existing fragments that an operation changes or removes.
  private static Set<Long> fragmentsOf(Operation operation) {
    return switch (operation) {
      case Operation.Delete delete -> union(delete.updated(), delete.removedIds());
      case Operation.Update update -> union(update.updated(), update.removedIds());
      case Operation.Rewrite rewrite -> {
        Set<Long> ids = new HashSet<>();
        rewrite.groups().forEach(group -> group.before().forEach(f -> ids.add(f.id())));
        yield ids;
      }
      case Operation.DataReplacement(Map<Long, DataFile> files) -> files.keySet();
      case Operation.DataOverlay(Set<Long> fragmentIds) -> fragmentIds;
      case Operation.Append _,
          Operation.Overwrite _,
          Operation.CreateIndex _,
          Operation.Merge _,
          Operation.Restore _,
          Operation.ReserveFragments _,
          Operation.Project _,
          Operation.UpdateConfig _,
          Operation.UpdateMemWalState _,
          Operation.Clone _,
          Operation.UpdateBases _,
          Operation.Unknown _ ->
          Set.of();
    };
  }

  private static Set<Long> union(List<Fragment> fragments, List<Long> ids) {
    Set<Long> all = new HashSet<>(ids);
    fragments.forEach(fragment -> all.add(fragment.id()));
    return all;
  }
}
