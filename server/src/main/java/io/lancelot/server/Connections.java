package io.lancelot.server;

import io.helidon.common.buffers.BufferData;
import io.helidon.common.buffers.DataReader;
import io.helidon.common.buffers.DataWriter;
import io.helidon.common.concurrency.limits.Limit;
import io.helidon.common.socket.HelidonSocket;
import io.helidon.common.socket.PeerInfo;
import io.helidon.common.task.InterruptableTask;
import io.helidon.webserver.CloseConnectionException;
import io.helidon.webserver.ConnectionContext;
import io.helidon.webserver.ListenerContext;
import io.helidon.webserver.ProxyProtocolData;
import io.helidon.webserver.Router;
import io.helidon.webserver.http1.Http1Config;
import io.helidon.webserver.http1.Http1ConnectionSelector;
import io.helidon.webserver.spi.ServerConnection;
import io.helidon.webserver.spi.ServerConnectionSelector;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/// HTTP/1.1 connections whose clients hold no memory by being slow.
///
/// Helidon waits for a client as long as that likes, and gathers a whole chunk of a body on the
/// heap before it hands any of it on. Here bodies come in pieces, as they arrive, and a connection
/// ends when its client neither sends nor takes anything in the middle of a request, so that what
/// the request holds is given back. Between requests a client may be silent: Helidon closes what is
/// idle for minutes. And where a client hangs up before it has its answer, the work on that is
/// interrupted. Where Helidon hangs up on a request that it makes no sense of, the rest of that is
/// taken and dropped for a while. Thread-safe.
final class Connections implements ServerConnectionSelector, AutoCloseable {

  private static final long LOOK_MILLIS = 250;

  /// Requests that take longer are worth asking whether their clients are still there.
  private static final long LONG_NANOS = TimeUnit.SECONDS.toNanos(1);

  /// Bytes that earn a second of patience: who sends a byte now and then runs out of it.
  private static final long LEAST_BYTES_PER_SECOND = 4096;

  /// How long a client may go on sending after it has been told that the connection ends.
  private static final long PARTING_NANOS = TimeUnit.SECONDS.toNanos(2);

  private final ServerConnectionSelector http =
      Http1ConnectionSelector.builder().config(Http1Config.create()).build();
  private final long patienceNanos;
  private final Set<Link> links = ConcurrentHashMap.newKeySet();
  private final ScheduledExecutorService clock =
      Executors.newSingleThreadScheduledExecutor(
          Thread.ofPlatform().daemon().name("lancelot-connections").factory());

  /// @param patience how long a client may keep a request waiting; zero for ever
  Connections(Duration patience) {
    this.patienceNanos = patience.isZero() ? Long.MAX_VALUE / 2 : patience.toNanos();
    var _ =
        clock.scheduleWithFixedDelay(this::look, LOOK_MILLIS, LOOK_MILLIS, TimeUnit.MILLISECONDS);
  }

  @Override
  public int bytesToIdentifyConnection() {
    return http.bytesToIdentifyConnection();
  }

  @Override
  public Support supports(BufferData data) {
    return http.supports(data);
  }

  @Override
  public Set<String> supportedApplicationProtocols() {
    return http.supportedApplicationProtocols();
  }

  @Override
  public ServerConnection connection(ConnectionContext context) {
    Link link = new Link(context, patienceNanos);
    ServerConnection connection = http.connection(link);
    link.connection = connection;
    links.add(link);
    return new Parting(connection, link);
  }

  private void look() {
    long now = System.nanoTime();
    links.removeIf(link -> {
      if (!link.serverSocket().isConnected()) {
        return true;
      }
      if (link.stalled(now)) {
        // Saying good-bye over TLS may have to wait for the client once more.
        Thread.ofVirtual().start(link.serverSocket()::close);
        return true;
      }
      link.watch(now);
      return false;
    });
  }

  @Override
  public void close() {
    clock.shutdownNow();
  }

  /// A connection that is not closed over bytes that nobody has read: that would reset it, and the
  /// reset can overtake the answer, which says what was wrong.
  private record Parting(ServerConnection connection, Link link)
      implements ServerConnection, InterruptableTask<Void> {

    @Override
    public void handle(Limit limit) throws InterruptedException {
      connection.handle(limit);
      link.part();
    }

    @Override
    public boolean canInterrupt() {
      return link.resting();
    }

    @Override
    public Duration idleTime() {
      return connection.idleTime();
    }

    @Override
    public void close(boolean interrupt) {
      link.closing = true;
      connection.close(interrupt);
    }
  }

  /// How long one side of a connection may yet make us wait. Used by the connection's thread,
  /// looked at by the clock's.
  private static final class Patience {
    private final long mostNanos;
    private volatile long waitingSince;
    private volatile long leftNanos;

    Patience(long mostNanos) {
      this.mostNanos = mostNanos;
      this.leftNanos = mostNanos;
    }

    void renew() {
      leftNanos = mostNanos;
    }

    void begin() {
      // Zero means that nobody waits.
      waitingSince = System.nanoTime() | 1;
    }

    void end(long bytes) {
      long waited = System.nanoTime() - waitingSince;
      waitingSince = 0;
      long earned = TimeUnit.SECONDS.toNanos(1) * bytes / LEAST_BYTES_PER_SECOND;
      leftNanos = Math.min(mostNanos, leftNanos - waited + earned);
    }

    boolean over(long now) {
      long since = waitingSince;
      return since != 0 && now - since > leftNanos;
    }
  }

  /// One connection, as Helidon's HTTP/1.1 sees it.
  private static final class Link implements ConnectionContext {
    private final ConnectionContext context;
    private final Patience forBytes;
    private final Patience forRoom;
    private final DataReader in;
    private final DataWriter out;
    private final ReentrantLock reading = new ReentrantLock();
    private volatile @Nullable ServerConnection connection;
    private volatile @Nullable Thread worker;
    private volatile long readAt;

    /// Whether the server stops: its clients were not told that it hangs up, and would not either.
    private volatile boolean closing;

    /// Since when the client is to hang up; zero as long as it is not.
    private volatile long partingSince;

    /// What is read while the worker is at a request: the next bytes, or that there is no client.
    private @Nullable FutureTask<byte[]> ahead;

    Link(ConnectionContext context, long patienceNanos) {
      this.context = context;
      this.forBytes = new Patience(patienceNanos);
      this.forRoom = new Patience(patienceNanos);
      this.in = new Incoming(this);
      this.out = new Outgoing(context.dataWriter(), forRoom);
    }

    /// Whether no request is worked on.
    boolean resting() {
      return partingSince != 0
          || connection instanceof InterruptableTask<?> task && task.canInterrupt();
    }

    boolean stalled(long now) {
      return forRoom.over(now)
          || forBytes.over(now) && !resting()
          || partingSince != 0 && now - partingSince > PARTING_NANOS;
    }

    /// Drops what the client still sends, until it hangs up or its time is over.
    void part() {
      if (closing) {
        return;
      }
      partingSince = System.nanoTime() | 1;
      try {
        while (!stalled(System.nanoTime())) {
          pull();
        }
      } catch (CloseConnectionException | UncheckedIOException e) {
        // It has hung up, or the clock has.
      }
    }

    /// Waits for bytes.
    byte[] pull() {
      boolean rested = resting();
      worker = Thread.currentThread();
      forBytes.begin();
      try {
        byte[] bytes = next();
        forBytes.end(bytes.length);
        readAt = System.nanoTime();
        return bytes;
      } finally {
        if (rested) {
          forBytes.renew();
        }
      }
    }

    private byte[] next() {
      reading.lock();
      try {
        FutureTask<byte[]> early = ahead;
        ahead = null;
        return early == null ? read() : early.get();
      } catch (DataReader.InsufficientDataAvailableException
          | InterruptedException
          | ExecutionException e) {
        throw new CloseConnectionException("the client hung up", e);
      } finally {
        reading.unlock();
      }
    }

    private byte[] read() {
      return context.dataReader().readBuffer().readBytes();
    }

    /// Interrupts the worker if it takes its time and the client hangs up meanwhile.
    void watch(long now) {
      Thread busy = worker;
      if (busy == null || resting() || now - readAt < LONG_NANOS || !reading.tryLock()) {
        return;
      }
      try {
        if (ahead == null) {
          FutureTask<byte[]> look = new FutureTask<>(this::read);
          ahead = look;
          Thread.ofVirtual()
              .start(() -> {
                look.run();
                if (look.state() == Future.State.FAILED && !resting()) {
                  busy.interrupt();
                }
              });
        }
      } finally {
        reading.unlock();
      }
    }

    @Override
    public DataReader dataReader() {
      return in;
    }

    @Override
    public DataWriter dataWriter() {
      return out;
    }

    @Override
    public ListenerContext listenerContext() {
      return context.listenerContext();
    }

    @Override
    public ExecutorService executor() {
      return context.executor();
    }

    @Override
    public Router router() {
      return context.router();
    }

    @Override
    public Optional<ProxyProtocolData> proxyProtocolData() {
      return context.proxyProtocolData();
    }

    @Override
    public HelidonSocket serverSocket() {
      return context.serverSocket();
    }

    @Override
    public PeerInfo remotePeer() {
      return context.remotePeer();
    }

    @Override
    public PeerInfo localPeer() {
      return context.localPeer();
    }

    @Override
    public boolean isSecure() {
      return context.isSecure();
    }

    @Override
    public String socketId() {
      return context.socketId();
    }

    @Override
    public String childSocketId() {
      return context.childSocketId();
    }
  }

  /// Bytes from a client. Where Helidon asks for a chunk it gets what is there of it, and then
  /// finds the rest to be the next chunk.
  private static final class Incoming extends DataReader {

    /// Longer lines between chunks are nobody's.
    private static final int LONGEST_LINE = 1024;

    private int restOfChunk;

    // There is no other way to be one.
    @SuppressWarnings("removal")
    Incoming(Link link) {
      super(link::pull);
    }

    /// More than is there is asked for only of a chunk.
    @Override
    public BufferData readBuffer(int length) {
      ensureAvailable();
      int now = Math.min(length, available());
      BufferData bytes = super.readBuffer(now);
      restOfChunk = length - now;
      return bytes;
    }

    /// Skips, but not the end of a chunk whose rest is yet to come.
    @Override
    public void skip(int length) {
      if (restOfChunk == 0) {
        super.skip(length);
      }
    }

    @Override
    public String readLine() {
      if (restOfChunk > 0) {
        String size = Integer.toHexString(restOfChunk);
        restOfChunk = 0;
        return size;
      }
      if (findNewLine(LONGEST_LINE) == LONGEST_LINE) {
        throw new Failures.Coded(
            Failures.Code.INVALID_INPUT,
            "request body: expected=a chunk's size, found=a long line");
      }
      return super.readLine();
    }
  }

  /// Bytes to a client, who may be slow to take them. They go out in pieces, each of which can be
  /// waited for.
  private static final class Outgoing implements DataWriter {
    private final DataWriter out;
    private final Patience patience;

    Outgoing(DataWriter out, Patience patience) {
      this.out = out;
      this.patience = patience;
    }

    @Override
    public void write(BufferData... buffers) {
      write(BufferData.create(buffers));
    }

    @Override
    public void writeNow(BufferData... buffers) {
      write(BufferData.create(buffers));
    }

    @Override
    public void writeNow(BufferData buffer) {
      write(buffer);
    }

    @Override
    public void write(BufferData buffer) {
      while (buffer.available() > AnswerStream.PIECE) {
        byte[] piece = new byte[AnswerStream.PIECE];
        buffer.read(piece, 0, AnswerStream.PIECE);
        timed(BufferData.create(piece));
      }
      timed(buffer);
    }

    private void timed(BufferData piece) {
      int bytes = piece.available();
      patience.begin();
      out.writeNow(piece);
      patience.end(bytes);
    }

    @Override
    public void flush() {
      out.flush();
    }

    @Override
    public void close() {
      out.close();
    }
  }
}
