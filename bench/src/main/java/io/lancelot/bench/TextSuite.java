package io.lancelot.bench;

import io.lancelot.embeddings.MiniLmEmbedder;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.stream.Stream;

/// Text indices: building, size, searches of each kind with and without a filter; and where people
/// have judged the answers, how good these are, of words, of vectors and of both.
final class TextSuite {

  private static final String SUITE = "text";
  private static final int K = 10;

  /// What can be left out: each kind of search, and searches by vectors as well.
  enum Part {
    TERM,
    OR,
    AND,
    PHRASE,
    FUZZY,
    PREFIX,
    BOOLEAN,
    HYBRID
  }

  private final TextCorpus corpus;
  private final Effort effort;
  private final Path folder;
  private final Versions versions;
  private final List<Peer> peers;
  private final List<Part> parts;
  private final Consumer<String> progress;
  private final Map<String, Figures> figures = new LinkedHashMap<>();

  /// What was measured of one work of one system.
  private record Figures(String system, String work, String metric, String unit, Samples samples) {}

  TextSuite(
      TextCorpus corpus,
      List<Peer> peers,
      Effort effort,
      Path folder,
      Versions versions,
      List<Part> parts,
      Consumer<String> progress) {
    this.corpus = corpus;
    this.peers = peers;
    this.parts = parts;
    this.effort = effort;
    this.folder = folder;
    this.versions = versions;
    this.progress = progress;
  }

  /// Measures, and tells each figure once.
  void run(Consumer<Result> results) {
    Optional<TextVectors> vectors = vectors();
    List<TextContender> contenders = new ArrayList<>();
    try (DataSet rows = corpus.rows()) {
      try {
        contenders.add(new LancelotTexts(rows, vectors));
        peers.forEach(peer -> join(peer, rows, vectors, contenders));
        contenders.forEach(this::prepare);
        measure(contenders);
        vectors.ifPresent(texts -> {
          List<HybridContender> hybrid =
              contenders.stream()
                  .filter(HybridContender.class::isInstance)
                  .map(HybridContender.class::cast)
                  .toList();
          measureHybrid(hybrid, texts);
          judge(contenders, hybrid, texts);
        });
      } finally {
        contenders.forEach(TextContender::close);
      }
    }
    figures.values().forEach(figure -> results.accept(result(figure)));
  }

  /// Made here where there are judgements; else those that lie beside the texts.
  private Optional<TextVectors> vectors() {
    if (!parts.contains(Part.HYBRID)) {
      return Optional.empty();
    }
    List<TextCorpus.Judged> judged = corpus.judged();
    if (judged.isEmpty()) {
      return corpus.vectors();
    }
    progress.accept("making vectors of " + corpus.texts().size() + " texts");
    List<String> words = judged.stream().map(TextCorpus.Judged::words).toList();
    return Optional.of(new TextVectors(embed(corpus.texts()), words, embed(words)));
  }

  private void join(
      Peer peer, DataSet rows, Optional<TextVectors> vectors, List<TextContender> contenders) {
    switch (peer) {
      case LUCENE -> contenders.add(new LuceneTexts(corpus.texts(), vectors));
      case LANCE -> {
        if (LanceTexts.canBuild()) {
          contenders.add(new LanceTexts(rows));
        } else {
          progress.accept("left out: lance (set LANCE_CPU_THREADS=2 on two cores)");
        }
      }
      case DUCKDB -> progress.accept("left out: duckdb (its full-text extension is a download)");
      case JVECTOR -> progress.accept("left out: jvector (it searches vectors alone)");
    }
  }

  private void add(String system, String work, String metric, String unit, double value) {
    figures
        .computeIfAbsent(
            system + "\n" + work + "\n" + metric,
            _ -> new Figures(system, work, metric, unit, new Samples()))
        .samples
        .add(value);
  }

  /// The first build counts as little as a cold start does: it is done again in a fresh folder.
  private void prepare(TextContender contender) {
    int builds = effort.rounds() / 2 + 1;
    for (int i = 0; i < builds; i++) {
      progress.accept("building " + contender.name() + ", " + (i + 1) + " of " + builds);
      try {
        contender.load(Files.createDirectories(folder.resolve(contender.name() + i)));
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      Stopwatch time = new Stopwatch();
      contender.build();
      if (i > 0) {
        double rows = corpus.texts().size();
        add(contender.name(), "build", "throughput", "docs/s", rows / time.seconds());
        add(
            contender.name(),
            "build, by cpu",
            "throughput",
            "docs/cpu-s",
            1000 * rows / time.cpuMillis());
      }
    }
    add(contender.name(), "index", "size", "bytes", (double) contender.indexBytes());
  }

  private void measure(List<TextContender> contenders) {
    Reference reference = new Reference();
    for (int round = 0; round < effort.rounds(); round++) {
      progress.accept("round " + (round + 1) + " of " + effort.rounds());
      add("lancelot", "R, a plain loop", "latency", "µs", reference.micros());
    }
    List<TextWork> works =
        Stream.of(TextWork.values())
            .filter(work -> parts.contains(Part.valueOf(work.name())))
            .toList();
    // What is measured first would be measured cold.
    progress.accept("warming up");
    for (TextWork work : works) {
      List<TextWork.Question> questions = corpus.questions(work);
      for (TextContender contender : contenders) {
        time(
            contender,
            2 * questions.size(),
            (c, i) -> c.search(questions.get(i / 2), i % 2 == 0, K),
            effort.warmupMillis());
      }
    }
    for (TextWork work : works) {
      progress.accept(work.label());
      List<TextWork.Question> questions = corpus.questions(work);
      for (boolean filtered : new boolean[] {false, true}) {
        measure(
            work.label() + (filtered ? ", 1 % filter" : ""),
            contenders,
            questions.size(),
            (contender, i) -> contender.search(questions.get(i), filtered, K));
      }
    }
  }

  /// What is asked of a contender, by number.
  private interface Asking<C extends TextContender> {
    void ask(C contender, int question);
  }

  private <C extends TextContender> void measure(
      String label, List<C> contenders, int questions, Asking<C> work) {
    for (C contender : contenders) {
      time(contender, questions, work, effort.warmupMillis() / 4);
    }
    for (int round = 0; round < effort.rounds(); round++) {
      for (int i = 0; i < contenders.size(); i++) {
        C contender = contenders.get((i + round) % contenders.size());
        double[] micros = time(contender, questions, work, effort.sampleMillis());
        Arrays.sort(micros);
        add(contender.name(), label, "latency", "µs", micros[micros.length / 2]);
        int last = (int) (micros.length * 0.99);
        add(contender.name(), label + ", p99", "latency p99", "µs", micros[last]);
      }
    }
  }

  /// How long each search takes, asked for so many milliseconds.
  private static <C extends TextContender> double[] time(
      C contender, int questions, Asking<C> work, int millis) {
    double[] micros = new double[1024];
    int count = 0;
    long end = System.nanoTime() + millis * 1_000_000L;
    while (count < questions || System.nanoTime() < end) {
      long start = System.nanoTime();
      work.ask(contender, count % questions);
      if (count == micros.length) {
        micros = Arrays.copyOf(micros, 2 * count);
      }
      micros[count++] = (System.nanoTime() - start) / 1e3;
    }
    return Arrays.copyOf(micros, count);
  }

  private void measureHybrid(List<HybridContender> contenders, TextVectors texts) {
    for (HybridContender contender : contenders) {
      progress.accept("building vectors of " + contender.name());
      contender.buildVectors();
    }
    int questions = texts.questions().length;
    measure("vector", contenders, questions, (c, i) -> c.near(texts.questions()[i], K));
    measure(
        "vector and words, OR",
        contenders,
        questions,
        (c, i) -> c.hybrid(texts.words().get(i), texts.questions()[i], K));
  }

  private static float[][] embed(List<String> texts) {
    try (MiniLmEmbedder embedder = new MiniLmEmbedder()) {
      return embedder.embedAll(texts);
    }
  }

  /// How good the answers are, where people have said so.
  private void judge(
      List<TextContender> contenders, List<HybridContender> hybrid, TextVectors texts) {
    for (TextContender contender : contenders) {
      judge(
          contender,
          "words",
          i ->
              contender.search(new TextWork.Question(TextWork.OR, texts.words().get(i)), false, K));
    }
    for (HybridContender contender : hybrid) {
      judge(contender, "vectors", i -> contender.near(texts.questions()[i], K));
      judge(
          contender,
          "hybrid",
          i -> contender.hybrid(texts.words().get(i), texts.questions()[i], K));
    }
  }

  private void judge(TextContender contender, String work, IntFunction<long[]> search) {
    List<TextCorpus.Judged> judged = corpus.judged();
    double sum = 0;
    for (int i = 0; i < judged.size(); i++) {
      sum += gain(search.apply(i), judged.get(i).gains());
    }
    if (!judged.isEmpty()) {
      add(contender.name(), work, "nDCG@10", "", sum / judged.size());
    }
  }

  private static double gain(long[] found, Map<Integer, Integer> gains) {
    double sum = 0;
    for (int i = 0; i < found.length; i++) {
      sum += gain(gains.getOrDefault((int) found[i], 0), i);
    }
    int[] best = gains.values().stream().mapToInt(Integer::intValue).sorted().toArray();
    double most = 0;
    for (int i = 0; i < Math.min(K, best.length); i++) {
      most += gain(best[best.length - 1 - i], i);
    }
    return most == 0 ? 0 : sum / most;
  }

  private static double gain(int grade, int place) {
    return (Math.pow(2, grade) - 1) / (Math.log(place + 2) / Math.log(2));
  }

  private Result result(Figures figure) {
    Map<String, Object> params = new LinkedHashMap<>();
    params.put("data", corpus.name());
    params.put("rows", corpus.texts().size());
    params.put("min", figure.samples.min());
    params.put("max", figure.samples.max());
    params.put("rounds", figure.samples.count());
    return new Result(
        SUITE,
        figure.work,
        figure.system,
        versions.of(figure.system),
        figure.metric,
        figure.samples.median(),
        figure.unit,
        OptionalDouble.empty(),
        1,
        params);
  }

  /// What other machines are compared by: the ten least of 20,000 squared distances of 128 floats,
  /// by a plain loop.
  private static final class Reference {
    private static final int ROWS = 20_000;
    private static final int DIM = 128;
    private final float[] vectors = new float[ROWS * DIM];

    Reference() {
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < vectors.length; i++) {
        vectors[i] = (float) random.nextDouble();
      }
      for (int i = 0; i < 200; i++) {
        once(i);
      }
    }

    double micros() {
      double best = Double.MAX_VALUE;
      for (int i = 0; i < 100; i++) {
        long start = System.nanoTime();
        once(i);
        best = Math.min(best, (System.nanoTime() - start) / 1e3);
      }
      return best;
    }

    private float once(int query) {
      float[] least = new float[K];
      Arrays.fill(least, Float.MAX_VALUE);
      int from = query * DIM;
      for (int row = 0; row < ROWS; row++) {
        float a = 0;
        float b = 0;
        float c = 0;
        float d = 0;
        int at = row * DIM;
        for (int i = 0; i < DIM; i += 4) {
          float w = vectors[at + i] - vectors[from + i];
          float x = vectors[at + i + 1] - vectors[from + i + 1];
          float y = vectors[at + i + 2] - vectors[from + i + 2];
          float z = vectors[at + i + 3] - vectors[from + i + 3];
          a += w * w;
          b += x * x;
          c += y * y;
          d += z * z;
        }
        float distance = a + b + c + d;
        if (distance < least[K - 1]) {
          least[K - 1] = distance;
          Arrays.sort(least);
        }
      }
      return least[K - 1];
    }
  }
}
