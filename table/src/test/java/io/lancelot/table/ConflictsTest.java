package io.lancelot.table;

import static io.lancelot.table.Conflicts.Verdict.COMPATIBLE;
import static io.lancelot.table.Conflicts.Verdict.INCOMPATIBLE;
import static io.lancelot.table.Conflicts.Verdict.RETRY;
import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.file.LanceSchema;
import io.lancelot.table.Operation.Update.Mode;
import io.lancelot.table.Operation.UpdateConfig.Changes;
import io.lancelot.table.proto.TableProto;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/// The matrix of lance-format section 3.13, each operation touching fragment 0 and no rows in
/// common.
class ConflictsTest {

  private static final LanceSchema SCHEMA = LanceSchema.of(Rows.SCHEMA, 0);

  private static Fragment fragment(long id) {
    return Fragment.of(
        TableProto.DataFragment.newBuilder().setId(id).setPhysicalRows(10).build(), "test");
  }

  private static Changes set(String key) {
    return new Changes(Map.of(key, Optional.of("x")), false);
  }

  private static Operation.Update update(boolean keyFiltered) {
    return new Operation.Update(
        List.of(),
        List.of(fragment(0)),
        List.of(),
        Set.of(),
        Set.of(),
        Mode.REWRITE_ROWS,
        keyFiltered);
  }

  private static Map<String, Operation> operations() {
    Map<String, Operation> all = new LinkedHashMap<>();
    all.put("App", new Operation.Append(List.of(fragment(0))));
    all.put("Del", new Operation.Delete(List.of(fragment(0)), List.of(), ""));
    all.put("Upd", update(false));
    all.put("Ovw", new Operation.Overwrite(List.of(), SCHEMA, Map.of(), Optional.empty()));
    all.put(
        "Rwr",
        new Operation.Rewrite(
            List.of(new Operation.Rewrite.Group(List.of(fragment(0)), List.of(fragment(5))))));
    all.put("Mrg", new Operation.Merge(List.of(fragment(0)), SCHEMA, true));
    all.put("Prj", new Operation.Project(SCHEMA, true));
    all.put("Rst", new Operation.Restore(1));
    all.put("Rsv", new Operation.ReserveFragments(1));
    all.put("Cfg", new Operation.UpdateConfig(set("k"), Changes.NONE, Changes.NONE, Map.of()));
    all.put("DRep", new Operation.DataReplacement(Map.of(0L, file())));
    all.put("MWal", new Operation.UpdateMemWalState());
    return all;
  }

  private static Operation operation(String name) {
    return java.util.Objects.requireNonNull(operations().get(name));
  }

  private static DataFile file() {
    return new DataFile(
        "f.lance",
        List.of(0),
        List.of(0),
        io.lancelot.file.FileVersion.V2_2,
        0,
        java.util.OptionalInt.empty());
  }

  @Test
  void matrix() {
    // c = compatible, r = retry, x = incompatible; columns as in operations().
    Map<String, String> expected = new LinkedHashMap<>();
    expected.put("App", "c c c x c c c x c c c x");
    expected.put("Del", "c c c x r r c x c c r x");
    expected.put("Upd", "c c c x r r c x c c r c");
    expected.put("Ovw", "c c c r c c c c c c c x");
    expected.put("Rwr", "c r r x r r c x c c r c");
    expected.put("Mrg", "r r r x r r x x c c r x");
    expected.put("Prj", "c c c x c r r x c c c x");
    expected.put("Rst", "c c c c c c c c c c c x");
    expected.put("Rsv", "c c c x c c c x c c c c");
    expected.put("Cfg", "c c c c c c c c c x c c");
    expected.put("DRep", "c c r x r r c x c c r x");
    Map<String, Operation> operations = operations();
    expected.forEach((ours, row) -> {
      StringBuilder found = new StringBuilder();
      operations.forEach((_, theirs) -> {
        var verdict = Conflicts.check(operation(ours), theirs);
        found.append(verdict == COMPATIBLE ? "c " : verdict == RETRY ? "r " : "x ");
      });
      assertThat(found.toString().trim()).as(ours).isEqualTo(row);
    });
  }

  @Test
  void otherFragmentsDoNotMatter() {
    Operation ours = new Operation.Delete(List.of(fragment(1)), List.of(), "");
    assertThat(Conflicts.check(ours, operation("Rwr"))).isEqualTo(COMPATIBLE);
    assertThat(Conflicts.check(ours, operation("DRep"))).isEqualTo(COMPATIBLE);
  }

  @Test
  void unknownOperationsConflictWithEverything() {
    for (Operation operation : operations().values()) {
      assertThat(Conflicts.check(operation, new Operation.Unknown(150))).isEqualTo(INCOMPATIBLE);
    }
  }

  @Test
  void tightenedNullabilityMeetsStagedData() {
    Operation project = new Operation.Project(SCHEMA, false);
    Operation append = operation("App");
    assertThat(Conflicts.check(append, project)).isEqualTo(RETRY);
    assertThat(Conflicts.check(project, append)).isEqualTo(RETRY);
    assertThat(Conflicts.check(update(false), project)).isEqualTo(RETRY);
    assertThat(Conflicts.check(append, new Operation.Merge(List.of(), SCHEMA, false)))
        .isEqualTo(RETRY);
    assertThat(Conflicts.check(operation("Del"), project)).isEqualTo(COMPATIBLE);
  }

  @Test
  void schemaMetadataMeetsMergeAndRestore() {
    Operation config = new Operation.UpdateConfig(Changes.NONE, Changes.NONE, set("k"), Map.of());
    assertThat(Conflicts.check(operation("Rst"), config)).isEqualTo(INCOMPATIBLE);
    assertThat(Conflicts.check(operation("Mrg"), config)).isEqualTo(RETRY);
    assertThat(Conflicts.check(config, operation("Mrg"))).isEqualTo(RETRY);
    assertThat(Conflicts.check(config, operation("Ovw"))).isEqualTo(INCOMPATIBLE);
  }

  @Test
  void keyFiltersMeetNewRows() {
    assertThat(Conflicts.check(update(true), operation("App"))).isEqualTo(RETRY);
    assertThat(Conflicts.check(update(true), update(true))).isEqualTo(RETRY);
  }

  @Test
  void dataReplacementNeedsItsFragmentsAndColumns() {
    Operation ours = operation("DRep");
    Operation removed = new Operation.Delete(List.of(), List.of(0L), "");
    assertThat(Conflicts.check(ours, removed)).isEqualTo(INCOMPATIBLE);
    LanceSchema others = new LanceSchema(List.of(SCHEMA.fields().get(1)), SCHEMA.metadata());
    assertThat(Conflicts.check(ours, new Operation.Project(others, true))).isEqualTo(INCOMPATIBLE);
    Operation elsewhere = new Operation.DataReplacement(Map.of(1L, file()));
    assertThat(Conflicts.check(ours, elsewhere)).isEqualTo(COMPATIBLE);
  }

  @Test
  void sameConfigKeysOfTwoOverwrites() {
    Operation one = new Operation.Overwrite(List.of(), SCHEMA, Map.of("k", "1"), Optional.empty());
    assertThat(Conflicts.check(one, one)).isEqualTo(INCOMPATIBLE);
    assertThat(Conflicts.check(one, operation("Cfg"))).isEqualTo(INCOMPATIBLE);
  }
}
