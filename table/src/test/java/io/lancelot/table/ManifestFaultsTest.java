package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.UnknownFieldSet;
import io.lancelot.base.CommitConflictException;
import io.lancelot.base.Context;
import io.lancelot.base.CorruptDataException;
import io.lancelot.base.LancelotException;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.storage.MemoryStore;
import io.lancelot.storage.ObjectReader;
import io.lancelot.table.proto.TableProto;
import io.lancelot.table.proto.TransactionProto;
import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// Manifests that are damaged, from other releases, or ask for what we do not know.
class ManifestFaultsTest {

  private static final String PATH = "t.lance";

  private final Context context = Context.ofMemory(64 << 20);
  private final MemoryStore store = MemoryStore.create();
  private final Versions versions = new Versions(new TableRoot(store, PATH));

  private Table open() {
    return Table.open(store, PATH, context);
  }

  private void create() {
    Table.create(store, PATH, Rows.of(0, 10), CreateOptions.DEFAULT, context).close();
  }

  private static String manifest(long version) {
    return PATH + "/_versions/" + VersionNaming.V2.fileName(version);
  }

  private byte[] bytes(String path) {
    try (ObjectReader reader = store.open(path);
        Arena arena = Arena.ofConfined()) {
      return reader.view(0, reader.sizeBytes(), arena).toArray(ValueLayout.JAVA_BYTE);
    }
  }

  private void put(String path, byte[] bytes) {
    store.put(path, MemorySegment.ofArray(bytes));
  }

  /// Rewrites version `version` with a changed message, keeping its sections.
  private void patch(long version, Consumer<TableProto.Manifest.Builder> change) {
    patch(version, change, Section.DEPRECATED_AND_NEW);
  }

  /// Where the transaction of a patched manifest is found.
  private enum Section {
    NONE,
    DEPRECATED,
    NEW,
    DEPRECATED_AND_NEW
  }

  private void patch(long version, Consumer<TableProto.Manifest.Builder> change, Section section) {
    ManifestFile file = ManifestFile.parse(bytes(manifest(version)), version, "original");
    put(
        manifest(version),
        assemble(
            file.manifest().toBuilder(),
            Objects.requireNonNull(file.transaction()),
            change,
            section));
  }

  private static byte[] assemble(
      TableProto.Manifest.Builder manifest,
      ByteString transaction,
      Consumer<TableProto.Manifest.Builder> change,
      Section section) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    manifest.clearTransactionSection().clearTransactionSectionDeprecated().clearIndexSection();
    if (section != Section.NONE) {
      append(out, transaction.toByteArray());
      if (section != Section.NEW) {
        manifest.setTransactionSectionDeprecated(0);
      }
      if (section != Section.DEPRECATED) {
        manifest.setTransactionSection(0);
      }
    }
    change.accept(manifest);
    long position = out.size();
    append(out, manifest.build().toByteArray());
    ByteBuffer footer = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    footer.putLong(position).putShort((short) 0).putShort((short) 2);
    footer.put("LANC".getBytes(StandardCharsets.US_ASCII));
    out.writeBytes(footer.array());
    return out.toByteArray();
  }

  private static void append(ByteArrayOutputStream out, byte[] message) {
    out.writeBytes(
        ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(message.length).array());
    out.writeBytes(message);
  }

  private static void assertCorrupt(ThrowingCallable call, String path) {
    assertThatThrownBy(call).isInstanceOf(CorruptDataException.class).hasMessageContaining(path);
  }

  @Test
  void emptyAndTornManifestsAreNamed() {
    create();
    byte[] whole = bytes(manifest(1));
    for (int length = 0; length < whole.length; length++) {
      put(manifest(1), java.util.Arrays.copyOf(whole, length));
      assertCorrupt(this::open, manifest(1));
    }
  }

  @Test
  void flippedBitsNeverEndInAnythingButATypedError() {
    create();
    byte[] whole = bytes(manifest(1));
    long seed = Long.getLong("lancelot.seed", System.nanoTime());
    SplittableRandom random = new SplittableRandom(seed);
    for (int i = 0; i < 3000; i++) {
      byte[] damaged = whole.clone();
      int at = random.nextInt(damaged.length);
      damaged[at] ^= (byte) (1 << random.nextInt(8));
      put(manifest(1), damaged);
      try (Table table = open()) {
        // Names and numbers without a check may change unnoticed; the table still hangs together.
        assertThat(table.snapshot().version()).as("seed=%d", seed).isEqualTo(1);
      } catch (LancelotException _) {
        // as it should be
      } catch (RuntimeException e) {
        throw new AssertionError("seed=" + seed + ", byte=" + at, e);
      }
    }
  }

  @Test
  void wrongMagicAndPositionsAreNamed() {
    create();
    byte[] whole = bytes(manifest(1));
    byte[] magic = whole.clone();
    magic[magic.length - 1] ^= 1;
    put(manifest(1), magic);
    assertThatThrownBy(this::open).hasMessageContaining("manifest magic: expected=LANC");
    byte[] position = whole.clone();
    position[position.length - 9] = 0x7F;
    put(manifest(1), position);
    assertThatThrownBy(this::open).hasMessageContaining("manifest position");
    put(manifest(1), whole);
    patch(1, manifest -> manifest.setVersion(5));
    assertThatThrownBy(this::open).hasMessageContaining("manifest version: expected=1, found=5");
  }

  @ParameterizedTest
  @ValueSource(ints = {6, 9, 12, 13, 17, 18, 40, 63})
  void unknownReaderFlagRefusesTheTableByName(int bit) {
    create();
    patch(1, manifest -> manifest.setReaderFeatureFlags(1L << bit));
    assertThatThrownBy(this::open)
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("found=" + Long.toUnsignedString(1L << bit))
        .hasMessageContaining(manifest(1));
  }

  @ParameterizedTest
  @ValueSource(ints = {6, 7, 9, 11, 12, 13, 17, 18, 63})
  void unknownWriterFlagLeavesTheTableReadOnly(int bit) {
    create();
    patch(1, manifest -> manifest.setWriterFeatureFlags(1L << bit));
    try (Table table = open()) {
      assertThat(Rows.ids(table, table.snapshot())).hasSize(10);
      assertThat(table.snapshot().readOnlyReason()).isPresent();
      assertThatThrownBy(() -> table.append(Rows.of(10, 1)))
          .isInstanceOf(UnsupportedFeatureException.class)
          .hasMessageContaining("read-only")
          .hasMessageContaining(Long.toUnsignedString(1L << bit));
      assertThat(table.latest().version()).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {8, 10, 14, 16})
  void flagsThatComeInPairsMustDoSo(int bit) {
    create();
    patch(1, manifest -> manifest.setReaderFeatureFlags(1L << bit));
    assertCorrupt(this::open, Long.toString(1L << bit));
    patch(1, manifest -> manifest.setReaderFeatureFlags(0).setWriterFeatureFlags(1L << bit));
    assertCorrupt(this::open, Long.toString(1L << bit));
  }

  @Test
  void pairedFlagsThatWeKnowOpenTheTable() {
    create();
    patch(1, manifest -> manifest.setReaderFeatureFlags(256).setWriterFeatureFlags(256));
    try (Table table = open()) {
      Snapshot next = table.append(Rows.of(10, 1));
      // Sticky, though the files are all of one version.
      assertThat(next.manifest().getReaderFeatureFlags()).isEqualTo(256);
      assertThat(next.manifest().getWriterFeatureFlags()).isEqualTo(256);
    }
    patch(2, manifest -> manifest.setReaderFeatureFlags(1024).setWriterFeatureFlags(1024));
    try (Table table = open()) {
      assertThat(table.snapshot().indicesUsable()).isFalse();
      assertThat(table.snapshot().readOnlyReason()).isPresent();
    }
  }

  @Test
  void nonReusableFieldIdsNeedFlagAndNumber() {
    create();
    patch(1, manifest -> manifest.setReaderFeatureFlags(32768).setWriterFeatureFlags(32768));
    assertCorrupt(this::open, "readers");
    patch(1, manifest -> manifest.setReaderFeatureFlags(0).setWriterFeatureFlags(32768));
    assertCorrupt(this::open, "highest field id");
    patch(1, manifest -> manifest.setMaxAllocatedFieldId(9));
    try (Table table = open()) {
      assertThat(table.snapshot().maxFieldId()).isEqualTo(9);
      assertThat(table.snapshot().readOnlyReason()).isPresent();
    }
  }

  @Test
  void whatOldReleasesLeftOutIsFilledIn() {
    create();
    patch(
        1,
        manifest -> {
          manifest.clearDataFormat().clearWriterVersion().clearMaxFragmentId();
          manifest.getFragmentsBuilder(0).getFilesBuilder(0).setFileSizeBytes(0);
        });
    try (Table table = open()) {
      assertThat(table.snapshot().fileVersion().text()).isEqualTo("2.2");
      Snapshot next = table.append(Rows.of(10, 1));
      assertThat(next.fragments().getLast().id()).isEqualTo(1);
      assertThat(next.manifest().getDataFormat().getVersion()).isEqualTo("2.2");
      assertThat(next.manifest().getReaderFeatureFlags()).isZero();
      assertThat(Rows.ids(table, next)).isEqualTo(Rows.range(0, 11));
    }
  }

  @Test
  void unknownPartsSurviveACommit() {
    create();
    UnknownFieldSet unknown =
        UnknownFieldSet.newBuilder()
            .addField(
                77,
                UnknownFieldSet.Field.newBuilder()
                    .addLengthDelimited(ByteString.copyFromUtf8("later"))
                    .build())
            .build();
    patch(
        1,
        manifest -> {
          manifest.setUnknownFields(unknown);
          manifest.getFragmentsBuilder(0).setUnknownFields(unknown);
          manifest.getFieldsBuilder(0).setUnknownFields(unknown);
        });
    try (Table table = open()) {
      TableProto.Manifest next = table.append(Rows.of(10, 1)).manifest();
      assertThat(next.getUnknownFields()).isEqualTo(unknown);
      assertThat(next.getFragments(0).getUnknownFields()).isEqualTo(unknown);
      assertThat(next.getFields(0).getUnknownFields()).isEqualTo(unknown);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"{\"version\":1}", "{\"version\":900}", "garbage", "", "absent"})
  void hintIsNeverTrusted(String hint) {
    create();
    try (Table table = open()) {
      table.append(Rows.of(10, 1));
      table.append(Rows.of(11, 1));
    }
    String path = PATH + "/_versions/latest_version_hint.json";
    if (hint.equals("absent")) {
      store.delete(path);
    } else {
      put(path, hint.getBytes(StandardCharsets.UTF_8));
    }
    for (String foreign :
        List.of(
            "notes.txt",
            "99.manifest",
            "18446744073709551610.manifest-5f0c",
            "d9223372036854775813.manifest",
            "00000000000000000000.manifest",
            ".manifest",
            "x.manifest")) {
      put(PATH + "/_versions/" + foreign, new byte[] {1, 2, 3});
    }
    store.delete(PATH + "/_versions/99.manifest");
    try (Table table = open()) {
      assertThat(table.snapshot().version()).isEqualTo(3);
      assertThat(table.append(Rows.of(12, 1)).version()).isEqualTo(4);
    }
  }

  @Test
  void tablesWithTheOlderNamesKeepThem() {
    try (MemoryStore old = Golden.store("v1_names");
        Table table = Table.open(old, "v1_names.lance", context)) {
      assertThat(table.snapshot().version()).isEqualTo(12);
      table.append(Rows.of(120, 5));
      assertThat(old.size("v1_names.lance/_versions/13.manifest")).isPresent();
      assertThat(Rows.ids(table, table.latest())).isEqualTo(Rows.range(0, 125));
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"21", "23", "both", "file", "inline only"})
  void transactionIsFoundWhereverItIs(String where) {
    create();
    try (Table table = open();
        Table stale = open()) {
      table.append(Rows.of(10, 1));
      Section section =
          switch (where) {
            case "21" -> Section.DEPRECATED;
            case "23", "inline only" -> Section.NEW;
            case "file" -> Section.NONE;
            default -> Section.DEPRECATED_AND_NEW;
          };
      String file = versions.load(2).manifest().getTransactionFile();
      patch(
          2,
          manifest -> {
            if (where.equals("inline only")) {
              manifest.clearTransactionFile().setWriterFeatureFlags(32);
            }
          },
          section);
      if (!where.equals("file")) {
        store.delete(PATH + "/_transactions/" + file);
      }
      Snapshot base = stale.snapshot();
      StagedRows rows = Rows.staged(stale, base, Rows.of(11, 1));
      Snapshot next = stale.commit(base, new Operation.Append(rows.fragments()));
      assertThat(next.version()).isEqualTo(3);
      assertThat(Rows.ids(stale, next)).isEqualTo(Rows.range(0, 12));
    }
  }

  @Test
  void versionWithoutTransactionCannotBeRebasedOver() {
    create();
    try (Table table = open();
        Table stale = open()) {
      table.append(Rows.of(10, 1));
      patch(2, TableProto.Manifest.Builder::clearTransactionFile, Section.NONE);
      Snapshot base = stale.snapshot();
      assertCorrupt(() -> stale.commit(base, new Operation.Append(List.of())), "no transaction");
      assertThat(table.versions().getLast().operation()).isEqualTo("Unknown");
      assertThat(table.append(Rows.of(11, 1)).version()).isEqualTo(3);
    }
  }

  @Test
  void operationOfALaterReleaseIsReadableAndIncompatible() {
    create();
    try (Table table = open();
        Table stale = open()) {
      table.append(Rows.of(10, 1));
      ByteString unknown =
          TransactionProto.Transaction.newBuilder()
              .setReadVersion(1)
              .setUuid("3b0a3b0a-0000-4000-8000-000000000001")
              .setUnknownFields(
                  UnknownFieldSet.newBuilder()
                      .addField(
                          150,
                          UnknownFieldSet.Field.newBuilder()
                              .addLengthDelimited(ByteString.EMPTY)
                              .build())
                      .build())
              .build()
              .toByteString();
      ManifestFile file = ManifestFile.parse(bytes(manifest(2)), 2, "original");
      put(manifest(2), assemble(file.manifest().toBuilder(), unknown, _ -> {}, Section.NEW));
      assertThat(Rows.ids(table, table.latest())).hasSize(11);
      assertThat(table.transaction(table.latest()).operation())
          .isEqualTo(new Operation.Unknown(150));
      Snapshot base = stale.snapshot();
      assertThatThrownBy(() -> stale.commit(base, new Operation.Append(List.of())))
          .isInstanceOf(CommitConflictException.class)
          .satisfies(e -> assertThat(((CommitConflictException) e).retryable()).isFalse())
          .hasMessageContaining("conflicting operation=Unknown");
      assertThat(table.append(Rows.of(11, 1)).version()).isEqualTo(3);
    }
  }

  @Test
  void brokenTransactionDoesNotKeepAVersionFromBeingRead() {
    create();
    ManifestFile file = ManifestFile.parse(bytes(manifest(1)), 1, "original");
    ByteString broken = ByteString.copyFrom(new byte[] {(byte) 0xFF, 1, 2});
    put(manifest(1), assemble(file.manifest().toBuilder(), broken, _ -> {}, Section.NEW));
    try (Table table = open()) {
      assertThat(Rows.ids(table, table.snapshot())).hasSize(10);
      assertCorrupt(() -> table.transaction(table.snapshot()), manifest(1));
    }
  }

  @Test
  void operationsWithoutACommitAreRefusedByName() {
    create();
    try (Table table = open()) {
      Operation operation = new Operation.DataOverlay(java.util.Set.of(0L));
      assertThatThrownBy(() -> table.commit(table.snapshot(), operation))
          .isInstanceOf(UnsupportedFeatureException.class)
          .hasMessageContaining("DataOverlay");
    }
  }
}
