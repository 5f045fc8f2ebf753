package io.lancelot.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ObjectStoresTest {

  @TempDir private Path folder = Path.of("");

  @Test
  void pathsAndFileUrisAreLocal() {
    MemorySegment bytes = MemorySegment.ofArray(new byte[5]);
    Path root = folder.resolve("a b");
    for (String uri :
        new String[] {
          root.toString(),
          "file://" + root,
          "file://" + root.toString().replace(" ", "%20"),
          "FILE://" + root,
          "file:" + root.toString().replace(" ", "%20")
        }) {
      try (ObjectStore store = ObjectStores.open(uri)) {
        assertThat(store).as(uri).isInstanceOf(LocalStore.class);
        store.put("x", bytes);
      }
      assertThat(root.resolve("x")).hasSize(5);
    }
    for (String path : new String[] {"data/films", "./x", "a:b", "C:\\x", "~/x"}) {
      try (ObjectStore store = ObjectStores.open(path)) {
        assertThat(store).as(path).isInstanceOf(LocalStore.class);
      }
    }
  }

  @Test
  void memoryIsFreshEachTime() {
    try (ObjectStore one = ObjectStores.open("memory://");
        ObjectStore two = ObjectStores.open("MEMORY://")) {
      one.put("x", MemorySegment.ofArray(new byte[5]));
      assertThat(two.list("")).isEmpty();
      assertThat(one.uri()).isEqualTo("memory://");
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"s3://bucket/x", "gs://b", "az://c", "db://films", "s3+ddb://x", "hdfs://n/x"})
  void otherSchemesAreNamed(String uri) {
    assertThatThrownBy(() -> ObjectStores.open(uri))
        .isInstanceOf(UnsupportedFeatureException.class)
        .hasMessageContaining("scheme " + uri.substring(0, uri.indexOf(':')) + ":")
        .hasMessageContaining(uri);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "  ", "memory://name", "file://host/x", "file:relative", "a\0b"})
  void nonsenseIsRefused(String uri) {
    assertThatThrownBy(() -> ObjectStores.open(uri)).isInstanceOf(InvalidInputException.class);
  }
}
