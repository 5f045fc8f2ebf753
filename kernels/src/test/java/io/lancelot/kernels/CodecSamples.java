package io.lancelot.kernels;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/// Data of many shapes for round trips, all from one seed.
final class CodecSamples {

  private static final int[] LENGTHS = {
    0, 1, 2, 5, 12, 13, 31, 100, 1000, 4096, 65_535, 65_536, 65_537, 131_072, 131_073, 300_001
  };

  private CodecSamples() {}

  static long seed() {
    long seed = Long.getLong("lancelot.seed", 20260731L);
    System.out.println("lancelot.seed=" + seed);
    return seed;
  }

  static Map<String, byte[]> all(long seed) {
    var random = new Random(seed);
    var samples = new LinkedHashMap<String, byte[]>();
    for (int length : LENGTHS) {
      samples.put("text-" + length, text(random, length));
      samples.put("runs-" + length, runs(random, length));
      samples.put("random-" + length, random(random, length));
      samples.put("zeros-" + length, new byte[length]);
      samples.put("ints-" + length, ints(random, length));
    }
    samples.put("text-2000000", text(random, 2_000_000));
    samples.put("random-1000000", random(random, 1_000_000));
    samples.put("mixed", mixed(random));
    return samples;
  }

  static byte[] text(Random random, int length) {
    var words = new String[3000];
    for (int i = 0; i < words.length; i++) {
      var word = new StringBuilder();
      int letters = 1 + random.nextInt(9);
      for (int j = 0; j < letters; j++) {
        word.append((char) ('a' + (int) Math.abs(random.nextGaussian() * 8) % 26));
      }
      words[i] = i % 50 == 0 ? word + "ğü" : word.toString();
    }
    var out = new ByteArrayOutputStream(length + 32);
    while (out.size() < length) {
      int word = (int) (words.length * Math.pow(random.nextDouble(), 3));
      out.writeBytes(words[word].getBytes(StandardCharsets.UTF_8));
      out.write(random.nextInt(12) == 0 ? '\n' : ' ');
    }
    return Arrays.copyOf(out.toByteArray(), length);
  }

  static byte[] random(Random random, int length) {
    byte[] bytes = new byte[length];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] runs(Random random, int length) {
    byte[] bytes = new byte[length];
    for (int at = 0; at < length; ) {
      int run = Math.min(length - at, 1 + random.nextInt(random.nextInt(4) == 0 ? 5000 : 20));
      int period = 1 + random.nextInt(12);
      for (int i = 0; i < run; i++) {
        bytes[at + i] = i < period ? (byte) random.nextInt(256) : bytes[at + i - period];
      }
      at += run;
    }
    return bytes;
  }

  private static byte[] ints(Random random, int length) {
    byte[] bytes = new byte[length];
    int value = 0;
    for (int at = 0; at + 4 <= length; at += 4) {
      value += random.nextInt(40);
      Bytes.putInt(bytes, at, value);
    }
    return bytes;
  }

  private static byte[] mixed(Random random) {
    var out = new ByteArrayOutputStream();
    for (int i = 0; i < 12; i++) {
      out.writeBytes(random(random, random.nextInt(90_000)));
      out.writeBytes(text(random, random.nextInt(90_000)));
      out.writeBytes(runs(random, random.nextInt(90_000)));
    }
    byte[] once = out.toByteArray();
    out.writeBytes(once);
    return out.toByteArray();
  }

  /// A native copy with no byte to spare on either side, so that any access beyond it fails.
  static MemorySegment natively(Arena arena, byte[] bytes) {
    MemorySegment segment = arena.allocate(Math.max(bytes.length, 1)).asSlice(0, bytes.length);
    MemorySegment.copy(bytes, 0, segment, ValueLayout.JAVA_BYTE, 0, bytes.length);
    return segment;
  }
}
