package io.lancelot.server;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.Database;
import io.lancelot.Table;
import io.lancelot.Vector;
import io.lancelot.base.Memory;
import io.lancelot.base.Scratch;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.ColumnBuilder;
import io.lancelot.columnar.Field;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.Types;
import io.lancelot.columnar.ipc.IpcWriter;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/// Clients that stop in the middle, or send a byte now and then: they are hung up on, and hold
/// little until then.
class SlowClientsTest {

  private static final long MEMORY = 64 << 20;
  private static final Duration PATIENCE = Duration.ofSeconds(1);
  private static final int ROWS = 500_000;
  private static final Schema SCHEMA = Schema.of(Field.nullable("id", Types.INT64));

  @TempDir Path root;
  private final Memory memory = Memory.ofLimit(MEMORY);
  private final List<Socket> sockets = new ArrayList<>();
  private ServerProbe probe;
  private byte[] rows;

  @BeforeEach
  void start() throws Exception {
    probe =
        new ServerProbe(
            ServerOptions.of(root)
                .withMemoryBytes(MEMORY)
                .withUpkeepAfter(Duration.ZERO)
                .withPatience(PATIENCE));
    rows = rows(ROWS);
    try (Socket socket = connect()) {
      socket.getOutputStream().write(head("t/create/", "Content-Length: " + rows.length));
      socket.getOutputStream().write(rows);
      assertThat(status(socket)).isEqualTo(200);
    }
  }

  @AfterEach
  void stop() throws IOException {
    for (Socket socket : sockets) {
      socket.close();
    }
    memory.close();
    probe.close();
  }

  /// One batch: 4 MB.
  private byte[] rows(int count) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (Scratch scratch = memory.scratch();
        IpcWriter stream = IpcWriter.stream(Channels.newChannel(out), SCHEMA, memory)) {
      ColumnBuilder ids = ColumnBuilder.of(Types.INT64, scratch);
      for (int i = 0; i < count; i++) {
        ids.append((long) i);
      }
      stream.write(new Batch(SCHEMA, count, List.of(ids.build())));
      stream.finish();
    }
    return out.toByteArray();
  }

  private Socket connect() throws IOException {
    Socket socket = new Socket(InetAddress.getLoopbackAddress(), probe.server().port());
    sockets.add(socket);
    return socket;
  }

  private static byte[] head(String path, String length) {
    return ("POST /v1/table/"
            + path
            + " HTTP/1.1\r\nHost: x\r\nx-lancedb-database: "
            + ServerProbe.DATABASE
            + "\r\n"
            + length
            + "\r\n\r\n")
        .getBytes(US_ASCII);
  }

  private static int status(Socket socket) throws IOException {
    byte[] line = socket.getInputStream().readNBytes("HTTP/1.1 200".length());
    return Integer.parseInt(new String(line, US_ASCII).substring("HTTP/1.1 ".length()));
  }

  private long count() {
    try (Database database = probe.database("");
        Table table = database.openTable("t")) {
      return table.countRows();
    }
  }

  private void assertGivenBack() throws InterruptedException {
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (probe.server().memoryInUse() > 0 && System.nanoTime() < end) {
      Thread.sleep(20);
    }
    assertThat(probe.server().memoryInUse()).isZero();
  }

  /// Whether the server hangs up, whatever it says before.
  private static void assertHungUp(Socket socket) throws IOException {
    socket.setSoTimeout((int) Duration.ofSeconds(20).toMillis());
    try {
      while (socket.getInputStream().read() >= 0) {
        // It may still tell why.
      }
    } catch (SocketException e) {
      assertThat(e).hasMessageContaining("reset");
    }
  }

  @Test
  void halfSentInsertsHoldLittle() throws Exception {
    int few = 100_000;
    for (int i = 0; i < 40; i++) {
      OutputStream out = connect().getOutputStream();
      out.write(head("t/insert/", "Content-Length: " + rows.length));
      out.write(rows, 0, few);
    }
    // Together they have announced 160 MB, more than there is.
    try (Socket whole = connect()) {
      whole.getOutputStream().write(head("t/insert/", "Content-Length: " + rows.length));
      whole.getOutputStream().write(rows);
      assertThat(status(whole)).isEqualTo(200);
    }
    assertThat(count()).isEqualTo(2 * ROWS);
    for (Socket socket : sockets.subList(1, 41)) {
      assertHungUp(socket);
    }
    assertGivenBack();
    assertThat(count()).isEqualTo(2 * ROWS);
  }

  @Test
  void chunksComeInPieces() throws Exception {
    try (Socket socket = connect()) {
      OutputStream out = socket.getOutputStream();
      out.write(head("t/insert/", "Transfer-Encoding: chunked"));
      out.write((Integer.toHexString(rows.length - 7) + "\r\n").getBytes(US_ASCII));
      out.write(rows, 0, rows.length - 7);
      out.write("\r\n7\r\n".getBytes(US_ASCII));
      out.write(rows, rows.length - 7, 7);
      out.write("\r\n0\r\n\r\n".getBytes(US_ASCII));
      assertThat(status(socket)).isEqualTo(200);
    }
    assertThat(count()).isEqualTo(2 * ROWS);
    Socket half = connect();
    half.getOutputStream().write(head("t/insert/", "Transfer-Encoding: chunked"));
    half.getOutputStream().write("7fffffff\r\n".getBytes(US_ASCII));
    half.getOutputStream().write(rows, 0, 1000);
    assertHungUp(half);
    Socket endless = connect();
    endless.getOutputStream().write(head("t/insert/", "Transfer-Encoding: chunked"));
    byte[] name = new byte[2000];
    Arrays.fill(name, (byte) 'x');
    endless.getOutputStream().write("5;".getBytes(US_ASCII));
    endless.getOutputStream().write(name);
    assertThat(status(endless)).isEqualTo(400);
    assertGivenBack();
    assertThat(count()).isEqualTo(2 * ROWS);
  }

  @Test
  void aByteNowAndThenIsNotEnough() throws Exception {
    Socket socket = connect();
    OutputStream out = socket.getOutputStream();
    out.write(head("t/insert/", "Content-Length: " + rows.length));
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    int at = 0;
    try {
      while (System.nanoTime() < end) {
        out.write(rows[at++]);
        out.flush();
        Thread.sleep(100);
      }
    } catch (SocketException e) {
      end = Long.MAX_VALUE;
    }
    assertThat(end).isEqualTo(Long.MAX_VALUE);
    assertGivenBack();
  }

  @Test
  void headsMustComeToAnEnd() throws Exception {
    Socket socket = connect();
    socket.getOutputStream().write("POST /v1/table/t/insert/ HTTP/1.1\r\nHos".getBytes(US_ASCII));
    assertHungUp(socket);
  }

  @Test
  void whoDoesNotReadIsNotWaitedFor() throws Exception {
    Socket socket = connect();
    OutputStream out = socket.getOutputStream();
    String body = "{}";
    for (int i = 0; i < 20; i++) {
      out.write(head("t/query/", "Content-Length: " + body.length()));
      out.write(body.getBytes(US_ASCII));
    }
    out.flush();
    // Time for the server to fill the socket and block in a write: nothing outside tells when.
    Thread.sleep(100);
    assertThat(count()).isEqualTo(ROWS);
    assertGivenBack();
    assertHungUp(socket);
  }

  @Test
  void halfSentJsonHoldsLittle() throws Exception {
    byte[] part = new byte[2 << 20];
    Arrays.fill(part, (byte) ' ');
    List<Socket> half = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      Socket socket = connect();
      half.add(socket);
      try {
        socket.getOutputStream().write(head("t/query/", "Content-Length: " + (8 << 20)));
        socket.getOutputStream().write(part);
      } catch (SocketException e) {
        // Refused already.
      }
    }
    for (Socket socket : half) {
      assertHungUp(socket);
    }
    assertThat(count()).isEqualTo(ROWS);
    assertGivenBack();
  }

  record Point(long id, @Vector(8) float[] vec) {}

  @Test
  void whoHangsUpIsNotWorkedFor() throws Exception {
    List<Point> points = new ArrayList<>();
    for (int i = 0; i < 50_000; i++) {
      points.add(new Point(i, new float[] {i % 7, i % 11, i % 13, i % 17, i % 19, 1, 2, 3}));
    }
    try (Database database = probe.database("")) {
      database.createTable("points", points).close();
    }
    // Half a minute's work.
    String body =
        "{\"k\":1,\"columns\":[\"id\"],\"vector\":["
            + "[1,2,3,4,5,6,7,8],".repeat(40_000)
            + "[1,2,3,4,5,6,7,8]]}";
    Socket hasty = connect();
    hasty.getOutputStream().write(head("points/query/", "Content-Length: " + body.length()));
    hasty.getOutputStream().write(body.getBytes(US_ASCII));
    long end = System.nanoTime() + Duration.ofSeconds(20).toNanos();
    while (probe.server().memoryInUse() == 0) {
      assertThat(System.nanoTime() - end).as("the search begins").isNegative();
      Thread.sleep(10);
    }
    hasty.close();
    assertGivenBack();
  }

  @Test
  void betweenRequestsThereIsTime() throws Exception {
    try (Socket socket = connect()) {
      for (int i = 0; i < 2; i++) {
        // Longer than a request may stall, since none is under way.
        Thread.sleep(i * 2 * PATIENCE.toMillis());
        socket.getOutputStream().write(head("t/count_rows/", "Content-Length: 2"));
        socket.getOutputStream().write("{}".getBytes(US_ASCII));
        assertThat(status(socket)).isEqualTo(200);
        socket.getInputStream().skipNBytes(socket.getInputStream().available());
      }
    }
  }
}
