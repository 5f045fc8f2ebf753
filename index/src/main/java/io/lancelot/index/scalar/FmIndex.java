package io.lancelot.index.scalar;

import io.lancelot.base.Scratch;
import io.lancelot.base.UnsupportedFeatureException;
import io.lancelot.expr.Filter;
import io.lancelot.expr.Probe;
import io.lancelot.index.IndexFiles;
import io.lancelot.index.IndexWork;
import io.lancelot.index.RowMapping;
import io.lancelot.index.RowSet;
import io.lancelot.index.ScalarIndex;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// A segment of an FM index: the rows whose text holds a needle, each partition for itself.
///
/// A partition's letters are read when it is first searched, and kept within a share of the memory
/// budget; those that find no room are read for each search.
final class FmIndex implements ScalarIndex {

  private static final int SHARE = 8;

  /// Finding the row of one place costs about as much as so many lookups in other indices.
  private static final long PLACE_COST = 16;

  /// How many places are looked up at most, for each letter of the texts, before a scan is faster.
  private static final int PLACES_SHARE = 1024;

  private final IndexFiles files;
  private final List<FmFile> partitions = new ArrayList<>();
  private final AtomicReferenceArray<@Nullable FmLetters> loaded;
  private final ReentrantLock lock = new ReentrantLock();
  private final Scratch kept;
  private final long keepBytes;
  private final boolean fits;
  private final long letters;
  private final long texts;

  FmIndex(IndexFiles files) {
    this.files = files;
    List<String> names = files.sizes().keySet().stream().filter(FmFile::isName).toList();
    if (names.isEmpty()) {
      throw new UnsupportedFeatureException(
          "FM index: expected=files like "
              + FmFile.name(0)
              + ", found="
              + files.sizes().keySet()
              + " (path="
              + files.path()
              + ")");
    }
    names.forEach(name -> partitions.add(FmFile.open(files, name)));
    loaded = new AtomicReferenceArray<>(partitions.size());
    keepBytes = files.context().memory().limitBytes() / SHARE;
    fits = partitions.stream().mapToLong(FmFile::loadedBytes).sum() <= keepBytes;
    letters = partitions.stream().mapToLong(FmFile::length).sum();
    texts = partitions.stream().mapToLong(FmFile::textCount).sum();
    kept = files.context().memory().scratch();
  }

  /// Texts, of dead rows too.
  long textCount() {
    return texts;
  }

  boolean holdsNone(RowMapping moved) {
    for (FmFile file : partitions) {
      for (int text = 0; text < file.textCount(); text++) {
        if (moved.map(file.row(text)) != RowMapping.GONE) {
          return false;
        }
      }
    }
    return true;
  }

  /// Whether its texts are as the column has them, but for what [FmWriter] puts in place of bytes
  /// that end texts.
  boolean canBeCopied() {
    return partitions.stream()
        .allMatch(file -> file.stored(FmFile.END_OF_TEXT) == FmWriter.SUBSTITUTE);
  }

  /// Adds the texts of live rows to a new segment.
  void copyTo(FmWriter writer, RowMapping moved) {
    for (int i = 0; i < partitions.size(); i++) {
      FmFile file = partitions.get(i);
      try (Use use = new Use(i, new IndexWork());
          Scratch scratch = files.context().memory().scratch()) {
        MemorySegment all = use.letters.restored(scratch);
        for (int text = 0; text < file.textCount(); text++) {
          long row = moved.map(file.row(text));
          if (row != RowMapping.GONE) {
            writer.add(row, all, file.textStart(text), file.textEnd(text, all));
          }
        }
      }
    }
  }

  @Override
  public boolean storesAddresses() {
    return true;
  }

  @Override
  public boolean knowsNulls() {
    return false;
  }

  /// The needles that a condition asks for; empty if there are none.
  private static List<byte[]> needles(Filter condition) {
    List<byte[]> needles = new ArrayList<>();
    if (condition.probe() instanceof Probe.Keys keys) {
      for (Probe.Part part : keys.parts()) {
        if (!part.anyCase()) {
          needles.add(part.text().getBytes(StandardCharsets.UTF_8));
        }
      }
    }
    return needles;
  }

  /// Whether the rows that hold all needles are just those that match.
  private boolean exact(Filter condition, List<byte[]> needles) {
    return condition.probe() instanceof Probe.Keys keys
        && keys.enough()
        && needles.stream()
            .allMatch(needle -> partitions.stream().allMatch(file -> file.findsExactly(needle)));
  }

  @Override
  public Optional<Outlook> outlook(Filter condition) {
    List<byte[]> needles = needles(condition);
    if (needles.isEmpty()) {
      return Optional.empty();
    }
    boolean exact = exact(condition, needles);
    if (!fits) {
      return Optional.of(new Outlook(texts / SHARE, exact));
    }
    long places = places(chosen(needles, exact));
    return Optional.of(new Outlook(PLACE_COST * places, exact));
  }

  /// All needles, or if all that they find is tried again anyway, the one found least.
  private List<byte[]> chosen(List<byte[]> needles, boolean exact) {
    if (exact || needles.size() == 1) {
      return needles;
    }
    byte[] rarest = needles.getFirst();
    if (!fits) {
      // Without looking: the longest.
      for (byte[] needle : needles) {
        rarest = needle.length > rarest.length ? needle : rarest;
      }
      return List.of(rarest);
    }
    long least = Long.MAX_VALUE;
    for (byte[] needle : needles) {
      long places = places(List.of(needle));
      rarest = places < least ? needle : rarest;
      least = Math.min(least, places);
    }
    return List.of(rarest);
  }

  /// How often the texts have any of some needles.
  private long places(List<byte[]> needles) {
    IndexWork work = new IndexWork();
    long places = 0;
    for (int i = 0; i < partitions.size(); i++) {
      try (Use use = new Use(i, work)) {
        for (byte[] needle : needles) {
          places += use.find(needle).count();
        }
      }
    }
    return places;
  }

  @Override
  public Optional<Matches> search(Filter condition, IndexWork work) {
    List<byte[]> needles = needles(condition);
    if (needles.isEmpty()) {
      return Optional.empty();
    }
    boolean exact = exact(condition, needles);
    List<byte[]> wanted = chosen(needles, exact);
    RowSet.Builder rows = new RowSet.Builder();
    long places = 0;
    for (int i = 0; i < partitions.size(); i++) {
      try (Use use = new Use(i, work)) {
        List<FmLetters.Ranks> found = use.findAll(wanted);
        places += found.stream().mapToLong(FmLetters.Ranks::count).sum();
        if (!fits && places > letters / PLACES_SHARE) {
          return Optional.empty();
        }
        work.compared(found.stream().mapToLong(FmLetters.Ranks::count).sum());
        use.rows(found, rows);
      }
    }
    return Optional.of(new Matches(rows.build(), exact, null));
  }

  /// One partition while it is searched.
  private final class Use implements AutoCloseable {
    private final FmFile file;
    private final FmLetters letters;
    private final @Nullable Scratch own;

    Use(int partition, IndexWork work) {
      file = partitions.get(partition);
      FmLetters kept = kept(partition, work);
      if (kept != null) {
        letters = kept;
        own = null;
        return;
      }
      Scratch scratch = files.context().memory().scratch();
      try {
        letters = file.load(files, scratch, work);
      } catch (RuntimeException | Error e) {
        scratch.close();
        throw e;
      }
      own = scratch;
    }

    FmLetters.Ranks find(byte[] needle) {
      byte[] stored = needle.clone();
      for (int i = 0; i < stored.length; i++) {
        stored[i] = file.stored(stored[i]);
      }
      return letters.find(stored);
    }

    /// The ranks of each of some needles; none at all if one of them is nowhere.
    List<FmLetters.Ranks> findAll(List<byte[]> needles) {
      List<FmLetters.Ranks> all = new ArrayList<>();
      for (byte[] needle : needles) {
        FmLetters.Ranks found = find(needle);
        if (found.count() == 0) {
          return List.of();
        }
        all.add(found);
      }
      return all;
    }

    /// Adds the rows whose text is in all of some ranks.
    void rows(List<FmLetters.Ranks> all, RowSet.Builder into) {
      BitSet texts = null;
      for (FmLetters.Ranks ranks : all) {
        BitSet own = new BitSet(file.textCount());
        letters.starts(ranks, start -> own.set(file.textAt(start)));
        if (texts == null) {
          texts = own;
        } else {
          texts.and(own);
        }
      }
      if (texts != null) {
        texts.stream().forEach(text -> into.add(file.row(text)));
      }
    }

    @Override
    public void close() {
      if (own != null) {
        own.close();
      }
    }
  }

  /// The letters of a partition, read if need be; null if there is no room to keep them.
  private @Nullable FmLetters kept(int partition, IndexWork work) {
    FmLetters known = loaded.get(partition);
    if (known != null) {
      return known;
    }
    lock.lock();
    try {
      known = loaded.get(partition);
      if (known == null
          && kept.heldBytes() + partitions.get(partition).loadedBytes() <= keepBytes) {
        known = partitions.get(partition).load(files, kept, work);
        loaded.set(partition, known);
      }
      return known;
    } finally {
      lock.unlock();
    }
  }

  @Override
  public long heldBytes() {
    return kept.heldBytes() + partitions.stream().mapToLong(FmFile::heldBytes).sum();
  }

  @Override
  public Map<String, Object> statistics() {
    Map<String, Object> figures = new LinkedHashMap<>();
    figures.put("type", "Fm");
    figures.put("num_partitions", (long) partitions.size());
    figures.put("total_bwt_len", letters);
    figures.put("total_docs", texts);
    return figures;
  }

  @Override
  public void prewarm() {
    IndexWork work = new IndexWork();
    for (int i = 0; i < partitions.size() && kept(i, work) != null; i++) {
      // Until there is no more room.
    }
  }

  @Override
  public void close() {
    kept.close();
  }
}
