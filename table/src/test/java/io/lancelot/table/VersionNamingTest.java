package io.lancelot.table;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VersionNamingTest {

  @Test
  void namesAreThoseOfLance() {
    assertThat(VersionNaming.V2.fileName(1)).isEqualTo("18446744073709551614.manifest");
    assertThat(VersionNaming.V1.fileName(12)).isEqualTo("12.manifest");
    for (long version : new long[] {1, 9, 1_000_000, Long.MAX_VALUE}) {
      for (VersionNaming naming : VersionNaming.values()) {
        String name = naming.fileName(version);
        assertThat(VersionNaming.of(name)).isEqualTo(naming);
        assertThat(naming.versionOf(name)).isEqualTo(version);
      }
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "latest_version_hint.json",
        "d9223372036854775813.manifest",
        "18446744073709551614.manifest-0a1b",
        ".tmp-18446744073709551614.manifest",
        "00000000000000000001.manifest",
        "99999999999999999999.manifest",
        "007.manifest",
        "0.manifest",
        "-1.manifest",
        ".manifest",
        "1.manifest.bak"
      })
  void otherFilesAreNone(String name) {
    assertThat(VersionNaming.of(name)).isNull();
  }
}
