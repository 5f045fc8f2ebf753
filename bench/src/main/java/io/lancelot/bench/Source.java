package io.lancelot.bench;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// Where a data set comes from; loaded one at a time, since each may fill much memory.
sealed interface Source {

  DataSet load();

  /// The texts only.
  TextCorpus texts();

  /// Made-up rows.
  record Made(int rows, int dim) implements Source {
    private static final long SEED = 1;

    @Override
    public DataSet load() {
      return new Synthetic(Long.getLong("lancelot.seed", SEED)).table(rows, dim);
    }

    @Override
    public TextCorpus texts() {
      return TextCorpus.made(rows, Long.getLong("lancelot.seed", SEED));
    }
  }

  /// Made-up rows to filter.
  record Filterable(int rows) implements Source {
    @Override
    public DataSet load() {
      return new FilterRows(Long.getLong("lancelot.seed", Made.SEED)).table(rows);
    }

    @Override
    public TextCorpus texts() {
      throw new IllegalStateException("rows to filter have no texts to search");
    }
  }

  /// Rows on disk.
  record Stored(Folders.Place place) implements Source {
    @Override
    public DataSet load() {
      return place.load();
    }

    @Override
    public TextCorpus texts() {
      return TextCorpus.read(place, Long.getLong("lancelot.seed", Made.SEED));
    }
  }

  /// The sources for a command line. A folder of data sets is measured on those that have vectors,
  /// or that are large enough for the suite to tell anything.
  static List<Source> of(Options options, Consumer<String> note) {
    if (options.suite() == Suite.MUTATIONS || options.suite() == Suite.BUILDS) {
      // They make their own rows: several kinds of them, and more than fit in memory.
      return List.of();
    }
    if (options.suite() == Suite.FILTERS) {
      return List.of(new Filterable(options.rows().orElse(options.quick() ? 100_000 : 1_000_000)));
    }
    if (options.suite() == Suite.SERVER) {
      // Little to search: what is measured is the way there and back.
      return List.of(new Made(options.rows().orElse(1_000), options.dim().orElse(16)));
    }
    Path home = Path.of(System.getProperty("lancelot.root", "."));
    Path usual = home.resolve("../shared/data").normalize();
    if (options.data().isEmpty() && (options.rows().isPresent() || !Files.isDirectory(usual))) {
      int rows = options.rows().orElse(options.quick() ? 50_000 : 200_000);
      return List.of(new Made(rows, options.dim().orElse(128)));
    }
    List<Source> sources = new ArrayList<>();
    List<Folders.Place> places = Folders.find(options.data().orElse(usual));
    for (Folders.Place place : places) {
      boolean wanted =
          options.data().isPresent() && places.size() == 1
              || switch (options.suite()) {
                case VECTORS, INDICES -> place.vectors();
                case TABLES, FILTERS -> place.vectors() || place.large();
                case TEXT -> place.texts();
                case MUTATIONS, SERVER, BUILDS -> false;
              };
      if (wanted) {
        sources.add(new Stored(place));
      } else {
        note.accept(
            "left out: "
                + place.name()
                + " (too small or without vectors; name its folder with --data)");
      }
    }
    return sources;
  }
}
