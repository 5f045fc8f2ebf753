package io.lancelot.embeddings;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import dev.langchain4j.model.embedding.onnx.AbstractInProcessEmbeddingModel;
import dev.langchain4j.model.embedding.onnx.OnnxBertBiEncoder;
import dev.langchain4j.model.embedding.onnx.PoolingMode;
import io.lancelot.base.CancelledException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.Lock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.IntConsumer;
import org.jspecify.annotations.Nullable;

/// The all-MiniLM-L6-v2 sentence model, quantized, run in this process from a jar: no key and no
/// network.
///
/// Vectors have unit length, so cosine and dot product rank alike. The model reads English best and
/// about 500 word pieces at a time; the vector of a longer text is the mean over its parts. One
/// embedder may be used by many threads. The model runs in native code: start the JVM with
/// `--enable-native-access=ALL-UNNAMED`, or it warns on the first use.
public final class MiniLmEmbedder implements AutoCloseable {

  private static final int DIMENSION = 384;
  private static final String MODEL = "/all-minilm-l6-v2-q.onnx";
  private static final String TOKENIZER = "/all-minilm-l6-v2-q-tokenizer.json";

  private static final String OFFLINE = "ai.djl.offline";

  /// Small enough for smooth progress, large enough that handing out work costs nothing.
  private static final int TEXTS_PER_TASK = 8;

  private final OrtSession session;
  private final Model model;
  private final ExecutorService workers;

  // Native memory must not go away under a running call: calls read, close writes.
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  /// Loads the model, which takes about a second, with a worker for each available core.
  public MiniLmEmbedder() {
    this(Runtime.getRuntime().availableProcessors());
  }

  public MiniLmEmbedder(int threads) {
    if (threads < 1) {
      throw new InvalidInputException("threads must be positive: found=" + threads);
    }
    OrtSession opened = null;
    try {
      OrtEnvironment environment = OrtEnvironment.getEnvironment();
      opened = open(environment);
      try (InputStream tokenizer = resource(TOKENIZER)) {
        this.model = new Model(encoder(environment, opened, tokenizer));
      }
    } catch (IOException e) {
      closeQuietly(opened, e);
      throw new UncheckedIOException("cannot read the MiniLM model from its jar", e);
    } catch (OrtException | RuntimeException | LinkageError e) {
      closeQuietly(opened, e);
      throw new UnsupportedFeatureException(
          "the MiniLM model does not run on this machine (os=%s, arch=%s): %s"
              .formatted(System.getProperty("os.name"), System.getProperty("os.arch"), e),
          e);
    }
    this.session = opened;
    this.workers =
        Executors.newFixedThreadPool(
            threads, Thread.ofPlatform().daemon().name("lancelot-embed-", 0).factory());
  }

  /// The length of every vector: 384.
  public int dimension() {
    return DIMENSION;
  }

  /// The vector of one text, computed on the calling thread.
  public float[] embed(String text) {
    if (text.isBlank()) {
      throw new InvalidInputException("cannot embed a blank text");
    }
    Lock using = lock.readLock();
    using.lock();
    try {
      if (closed) {
        throw new IllegalStateException("the embedder is closed");
      }
      return model.embed(text).content().vector();
    } finally {
      using.unlock();
    }
  }

  /// The vectors of all texts, in their order, computed on all workers.
  public float[][] embedAll(List<String> texts) {
    return embedAll(texts, done -> {});
  }

  /// Like [#embedAll(List)]. `progress` hears on the calling thread how many texts are done; the
  /// last call names all of them.
  public float[][] embedAll(List<String> texts, IntConsumer progress) {
    if (workers.isShutdown()) {
      throw new IllegalStateException("the embedder is closed");
    }
    List<String> input = List.copyOf(texts);
    float[][] vectors = new float[input.size()][];
    var completion = new ExecutorCompletionService<Integer>(workers);
    List<Future<Integer>> tasks = new ArrayList<>();
    try {
      for (int from = 0; from < vectors.length; from += TEXTS_PER_TASK) {
        int start = from;
        int end = Math.min(from + TEXTS_PER_TASK, vectors.length);
        tasks.add(completion.submit(() -> embedRange(input, start, end, vectors)));
      }
      int done = 0;
      for (int i = 0; i < tasks.size(); i++) {
        done += completion.take().get();
        progress.accept(done);
      }
      return vectors;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new CancelledException("interrupted while embedding", e);
    } catch (ExecutionException e) {
      throw unwrapped(e);
    } finally {
      tasks.forEach(task -> task.cancel(false));
    }
  }

  private int embedRange(List<String> texts, int start, int end, float[][] vectors) {
    for (int i = start; i < end; i++) {
      if (texts.get(i).isBlank()) {
        throw new InvalidInputException("cannot embed a blank text (position=%d)".formatted(i));
      }
      vectors[i] = embed(texts.get(i));
    }
    return end - start;
  }

  /// Waits for running calls, then frees the model's native memory.
  @Override
  public void close() {
    workers.shutdown();
    Lock closing = lock.writeLock();
    closing.lock();
    try {
      if (closed) {
        return;
      }
      closed = true;
      session.close();
    } catch (OrtException e) {
      throw new IllegalStateException("cannot free the MiniLM model", e);
    } finally {
      closing.unlock();
    }
  }

  private static OrtSession open(OrtEnvironment environment) throws OrtException, IOException {
    try (InputStream in = resource(MODEL);
        var options = new OrtSession.SessionOptions()) {
      // One thread per text: sentences are short, and the runtime's own pool spins while it waits.
      options.setIntraOpNumThreads(1);
      return environment.createSession(in.readAllBytes(), options);
    }
  }

  private static InputStream resource(String name) throws IOException {
    InputStream in = MiniLmEmbedder.class.getResourceAsStream(name);
    if (in == null) {
      throw new IOException("missing from the class path: " + name);
    }
    return in;
  }

  /// Left alone, the tokenizer's library reports its use to a cloud provider's metadata address and
  /// may download native code where it finds a GPU. A library must not do that behind its caller's
  /// back, so it loads offline; afterwards the setting is the caller's again.
  private static synchronized OnnxBertBiEncoder encoder(
      OrtEnvironment environment, OrtSession session, InputStream tokenizer) {
    String before = System.getProperty(OFFLINE);
    System.setProperty(OFFLINE, "true");
    try {
      return new OnnxBertBiEncoder(environment, session, tokenizer, PoolingMode.MEAN);
    } finally {
      if (before == null) {
        System.clearProperty(OFFLINE);
      } else {
        System.setProperty(OFFLINE, before);
      }
    }
  }

  private static void closeQuietly(@Nullable OrtSession session, Throwable cause) {
    if (session == null) {
      return;
    }
    try {
      session.close();
    } catch (OrtException e) {
      cause.addSuppressed(e);
    }
  }

  private static RuntimeException unwrapped(ExecutionException e) {
    return switch (e.getCause()) {
      case RuntimeException cause -> cause;
      case Error cause -> throw cause;
      case null, default -> new IllegalStateException("embedding failed", e);
    };
  }

  /// LangChain4j's model over our own session; it embeds on the calling thread.
  private static final class Model extends AbstractInProcessEmbeddingModel {

    private final OnnxBertBiEncoder encoder;

    Model(OnnxBertBiEncoder encoder) {
      super(Runnable::run);
      this.encoder = encoder;
    }

    @Override
    protected OnnxBertBiEncoder model() {
      return encoder;
    }

    @Override
    protected Integer knownDimension() {
      return DIMENSION;
    }
  }
}
