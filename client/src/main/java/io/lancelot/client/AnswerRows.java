package io.lancelot.client;

import io.lancelot.base.Memory;
import io.lancelot.base.StorageException;
import io.lancelot.columnar.Batch;
import io.lancelot.columnar.BatchStream;
import io.lancelot.columnar.Schema;
import io.lancelot.columnar.ipc.IpcReader;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/// Rows as a server answers them. The answer is an Arrow file, which is a stream between a word at
/// its beginning and a list of what is where at its end: so it is read as it comes.
final class AnswerRows implements BatchStream {

  private static final byte[] MAGIC = "ARROW1\0\0".getBytes(StandardCharsets.US_ASCII);
  private static final int BUFFER_BYTES = 1 << 16;

  private final InputStream in;
  private final IpcReader rows;

  private AnswerRows(InputStream in, IpcReader rows) {
    this.in = in;
    this.rows = rows;
  }

  static AnswerRows of(HttpResponse<InputStream> answer, Memory memory) {
    InputStream in = new BufferedInputStream(answer.body(), BUFFER_BYTES);
    try {
      in.mark(MAGIC.length);
      if (!Arrays.equals(in.readNBytes(MAGIC.length), MAGIC)) {
        in.reset();
      }
      return new AnswerRows(
          in, IpcReader.stream("answer of the server", Channels.newChannel(in), memory));
    } catch (IOException e) {
      closeQuietly(in);
      throw new StorageException("cannot read the answer: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      closeQuietly(in);
      throw e;
    }
  }

  private static void closeQuietly(InputStream in) {
    try {
      in.close();
    } catch (IOException _) {
      // Nothing is kept of it.
    }
  }

  @Override
  public Schema schema() {
    return rows.schema();
  }

  @Override
  public @Nullable Batch next() {
    return rows.next();
  }

  @Override
  public void close() {
    rows.close();
    closeQuietly(in);
  }
}
