package io.lancelot.bench;

import io.lancelot.base.LancelotException;
import io.lancelot.storage.Durability;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/// `lancelot bench SUITE`: measures Lancelot and its peers in one run on the same data.
public final class Main {

  private static final int DONE = 0;
  private static final int FAILED = 1;
  private static final int USAGE = 2;
  private static final int MUTATED_ROWS = 200_000;
  private static final int BUILT_ROWS = 1_000_000;

  private Main() {}

  public static void main(String[] args) {
    PrintStream out =
        new PrintStream(new FileOutputStream(FileDescriptor.out), true, StandardCharsets.UTF_8);
    boolean terminal = System.console() != null && System.console().isTerminal();
    System.exit(run(out, System.err, terminal, args));
  }

  /// Runs one command line.
  ///
  /// @param args with or without the leading word `bench`
  /// @return the exit code: 0 done, 1 failed, 2 usage
  static int run(PrintStream out, PrintStream err, boolean terminal, String... args) {
    Options options;
    try {
      options = Options.parse(args, terminal);
    } catch (Options.UsageException e) {
      err.println("lancelot: usage: " + e.getMessage());
      err.println(Options.USAGE);
      return USAGE;
    }
    try {
      measure(options, out, err);
      return DONE;
    } catch (LancelotException e) {
      err.println("lancelot: " + e.kind() + ": " + e.getMessage());
      return FAILED;
    } catch (WrongAnswerException e) {
      err.println("lancelot: wrong answer: " + e.getMessage());
      return FAILED;
    } catch (IOException | RuntimeException e) {
      err.println("lancelot: internal: " + e);
      e.printStackTrace(err);
      return FAILED;
    }
  }

  private static void measure(Options options, PrintStream out, PrintStream err)
      throws IOException {
    Path folder =
        options.folder().isPresent()
            ? Files.createTempDirectory(Files.createDirectories(options.folder().get()), "bench-")
            : Files.createTempDirectory("lancelot-bench-");
    List<Result> results = new ArrayList<>();
    Consumer<Result> sink =
        result -> {
          results.add(result);
          if (!options.table()) {
            out.println(result.toJson());
          }
        };
    Versions versions = new Versions();
    try {
      if (options.suite() == Suite.MUTATIONS) {
        mutations(options, folder, sink, line -> err.println("bench: " + line));
      }
      if (options.suite() == Suite.BUILDS) {
        new BuildsSuite(
                options.rows().orElse(BUILT_ROWS),
                options.dim().orElse(128),
                folder,
                versions,
                options.parts(BuildsSuite.Part.values()))
            .run(sink, line -> err.println("bench: " + line));
      }
      for (Source source : Source.of(options, line -> err.println("bench: " + line))) {
        if (options.suite() == Suite.TEXT) {
          text(options, source.texts(), folder, versions, sink, err);
          continue;
        }
        try (DataSet data = source.load()) {
          if (options.suite() == Suite.SERVER) {
            new ServerSuite(
                    data,
                    options.effort(),
                    folder,
                    versions,
                    options.parts(ServerSuite.Part.values()))
                .run(sink, line -> err.println("bench: " + line));
            continue;
          }
          if ((options.suite() == Suite.VECTORS || options.suite() == Suite.INDICES)
              && data.vectors().isEmpty()) {
            err.println("bench: " + data.name() + " has no vectors: left out");
            continue;
          }
          if (options.suite() == Suite.INDICES) {
            new IndicesSuite(
                    data,
                    options.peers(),
                    options.effort(),
                    Files.createDirectories(folder.resolve(data.name())),
                    versions,
                    options.parts(IndicesSuite.Part.values()))
                .run(sink, line -> err.println("bench: " + data.name() + ": " + line));
            TablesSuite.deleteAll(folder.resolve(data.name()));
            continue;
          }
          measure(
              options,
              data,
              folder,
              versions,
              sink,
              line -> err.println("bench: " + data.name() + ": " + line));
        }
      }
    } finally {
      TablesSuite.deleteAll(folder);
    }
    if (options.table()) {
      if (options.suite() == Suite.INDICES) {
        IndexReport.print(results, out);
      } else {
        Report.print(results, out);
      }
    }
  }

  private static void mutations(
      Options options, Path folder, Consumer<Result> sink, Consumer<String> progress) {
    List<Mutator> contenders = new ArrayList<>(List.of(new LancelotMutator(Durability.SYNC)));
    if (options.peers().contains(Peer.LANCE)) {
      // Lance forces nothing to the disk.
      contenders.add(new LancelotMutator(Durability.NONE));
      contenders.add(new LanceMutator());
    }
    try (MutationsSuite suite =
        new MutationsSuite(
            contenders,
            options.effort(),
            options.rows().orElse(MUTATED_ROWS),
            folder,
            new Versions(),
            options.parts(MutationsSuite.Part.values()))) {
      suite.run(sink, progress);
    }
  }

  private static void measure(
      Options options,
      DataSet data,
      Path folder,
      Versions versions,
      Consumer<Result> sink,
      Consumer<String> progress)
      throws IOException {
    Path own = Files.createDirectories(folder.resolve(data.name()));
    List<Contender> contenders = new ArrayList<>();
    try {
      contenders.add(new LancelotContender(data));
      for (Peer peer : options.peers()) {
        if (peer.takesPart(options.suite())) {
          contenders.add(peer.on(data));
        }
      }
      switch (options.suite()) {
        case TABLES ->
            new TablesSuite(data, contenders, options.effort(), own, versions).run(sink, progress);
        case TEXT -> throw new IllegalStateException("texts have contenders of their own");
        case FILTERS ->
            new FiltersSuite(data, contenders, options.effort(), own, versions).run(sink, progress);
        case VECTORS ->
            new VectorsSuite(data, contenders, options.effort(), own, versions).run(sink, progress);
        case MUTATIONS, SERVER, INDICES, BUILDS ->
            throw new IllegalStateException("there is one contender");
      }
    } finally {
      contenders.forEach(Contender::close);
    }
    TablesSuite.deleteAll(own);
  }

  private static void text(
      Options options,
      TextCorpus corpus,
      Path folder,
      Versions versions,
      Consumer<Result> sink,
      PrintStream err)
      throws IOException {
    Path own = Files.createDirectories(folder.resolve(corpus.name()));
    new TextSuite(
            corpus,
            options.peers(),
            options.effort(),
            own,
            versions,
            options.parts(TextSuite.Part.values()),
            line -> err.println("bench: " + corpus.name() + ": " + line))
        .run(sink);
    TablesSuite.deleteAll(own);
  }
}
