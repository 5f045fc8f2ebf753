package io.lancelot.bench;

import java.util.ArrayList;
import java.util.List;

/// How wide an index is searched; 0 leaves a knob at its default.
///
/// @param probes partitions looked into
/// @param ef candidates kept on a walk through a graph
/// @param refine rows compared exactly for each row wanted
record Setting(int probes, int ef, int refine) {

  static final Setting DEFAULT = new Setting(0, 0, 0);

  private static final int[] PROBES = {4, 8, 16, 32, 64};
  private static final int[] WIDTHS = {16, 24, 32, 48, 80, 120, 160};
  private static final int REFINE = 10;

  /// The settings of a kind of index, from narrow to wide, the default first.
  static List<Setting> of(String kind) {
    List<Setting> settings = new ArrayList<>(List.of(DEFAULT));
    if (kind.contains("HNSW")) {
      for (int width : WIDTHS) {
        settings.add(new Setting(0, width, 0));
      }
      return settings;
    }
    for (int probes : PROBES) {
      settings.add(new Setting(probes, 0, kind.equals("IVF_FLAT") ? 0 : REFINE));
    }
    return settings;
  }

  @Override
  public String toString() {
    List<String> knobs = new ArrayList<>();
    if (probes > 0) {
      knobs.add("nprobes " + probes);
    }
    if (ef > 0) {
      knobs.add("ef " + ef);
    }
    if (refine > 0) {
      knobs.add("refine " + refine);
    }
    return knobs.isEmpty() ? "default" : String.join(", ", knobs);
  }
}
