package io.lancelot.index.vector;

import io.lancelot.file.DataFileReader;
import io.lancelot.kernels.Metric;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/// Reads and checks what the files of a segment say of themselves. Format: lance-format sections
/// 4.4 to 4.9.
final class IvfReader {

  private final VectorType type;
  private final DataFileReader index;
  private final DataFileReader codes;
  private final OptionalLong partitionRows;
  private final String path;

  private IvfReader(
      VectorType type, DataFileReader index, DataFileReader codes, OptionalLong partitionRows) {
    this.type = type;
    this.index = index;
    this.codes = codes;
    this.partitionRows = partitionRows;
    this.path = index.path();
  }

  /// @param partitionRows rows that the manifest says a partition should have
  static IvfIndex.Parts read(
      VectorType type, DataFileReader index, DataFileReader codes, OptionalLong partitionRows) {
    return new IvfReader(type, index, codes, partitionRows).read();
  }

  private IvfIndex.Parts read() {
    Map<String, @Nullable Object> about = Wire.parseObject(metadata(index, "lance:index"), path);
    String name = String.valueOf(about.get("type"));
    if (index.schema().metadata().containsKey("lance:pca")
        || codes.schema().metadata().containsKey("lance:pca")) {
      throw IvfIndex.unsupported("a PCA transform", path);
    }
    boolean graph = name.startsWith("IVF_HNSW_");
    Coding coding =
        switch (name) {
          case "IVF_FLAT", "IVF_HNSW_FLAT" -> Coding.FLAT;
          case "IVF_PQ", "IVF_HNSW_PQ" -> Coding.PQ;
          case "IVF_SQ", "IVF_HNSW_SQ" -> Coding.SQ;
          case "IVF_RQ" -> Coding.RQ;
          default -> throw IvfIndex.unsupported("type " + name, path);
        };
    Metric metric = IvfParams.metric(String.valueOf(about.get("distance_type")));
    Wire.Ivf table = Wire.Ivf.parse(buffer(index), path);
    Wire.Tensor tensor = table.centroids();
    if (tensor == null
        || tensor.shape().length != 2
        || tensor.shape()[0] < 1
        || tensor.shape()[1] != type.dim()) {
      throw Wire.corrupt(
          "partition centres",
          "vectors of " + type.dim(),
          tensor == null ? "none" : java.util.Arrays.toString(tensor.shape()),
          path);
    }
    float[] centres = tensor.floats(metric == Metric.HAMMING, path);
    int partitions = tensor.shape()[0];
    Wire.Ivf rows = Wire.Ivf.parse(buffer(codes), codes.path());
    checkTable(rows, partitions, codes);
    if (graph) {
      checkTable(table, partitions, index);
    }
    List<String> storage = Wire.parseStrings(metadata(codes, "storage_metadata"), codes.path());
    if (storage.isEmpty()) {
      throw Wire.corrupt("storage_metadata", "an entry", "none", codes.path());
    }
    Map<String, @Nullable Object> stored = Wire.parseObject(storage.getFirst(), codes.path());
    Codec codec = codec(coding, metric, stored, centres);
    List<String> graphs =
        graph ? Wire.parseStrings(metadata(index, "lance:hnsw"), path) : List.of();
    if (graph && graphs.size() != partitions) {
      throw Wire.corrupt("lance:hnsw", partitions + " entries", graphs.size(), path);
    }
    int m = IvfParams.DEFAULT_M;
    int efConstruction = IvfParams.DEFAULT_EF_CONSTRUCTION;
    for (String text : graphs) {
      if (!text.isBlank()
          && Wire.parseObject(text, path).get("params") instanceof Map<?, ?> params) {
        m = params.get("m") instanceof Long value ? Math.clamp(value, 2, 512) : m;
        efConstruction =
            params.get("ef_construction") instanceof Long value
                ? Math.clamp(value, 1, 1 << 16)
                : efConstruction;
        break;
      }
    }
    IvfModel model =
        new IvfModel(
            type,
            metric,
            centres,
            codec,
            graph,
            m,
            efConstruction,
            table.loss(),
            trained(),
            partitionRows);
    return new IvfIndex.Parts(
        model,
        codes,
        graph ? index : null,
        rows.offsets(),
        rows.lengths(),
        table,
        graphs,
        !Boolean.FALSE.equals(stored.getOrDefault("packed", false)),
        codes.schema().field(RqCodec.ERROR).isPresent());
  }

  private Optional<IvfModel.Trained> trained() {
    String text = index.schema().metadata().get(IvfWriter.TRAINED);
    if (text == null) {
      return Optional.empty();
    }
    Map<String, @Nullable Object> said = Wire.parseObject(text, index.path());
    return Optional.of(
        new IvfModel.Trained(
            Wire.intOf(said, "rows", 0, Integer.MAX_VALUE, index.path()),
            Wire.intOf(said, "partitions", 1, Integer.MAX_VALUE, index.path()),
            Wire.doubleOf(
                Objects.requireNonNullElse(said.get("loss"), "null"), "loss", index.path())));
  }

  private Codec codec(
      Coding coding, Metric metric, Map<String, @Nullable Object> stored, float[] centres) {
    int dim = type.dim();
    return switch (coding) {
      case FLAT -> new FlatCodec(type, metric);
      case SQ -> {
        if (!(stored.get("bounds") instanceof Map<?, ?> bounds)) {
          throw Wire.corrupt("bounds", "start and end", stored, codes.path());
        }
        Wire.intOf(stored, "num_bits", 8, 8, codes.path());
        yield new SqCodec(
            dim,
            Wire.doubleOf(
                Objects.requireNonNullElse(bounds.get("start"), "null"), "start", codes.path()),
            Wire.doubleOf(
                Objects.requireNonNullElse(bounds.get("end"), "null"), "end", codes.path()));
      }
      case PQ -> pq(metric, stored, centres);
      case RQ -> rq(metric, stored, centres);
    };
  }

  private Codec pq(Metric metric, Map<String, @Nullable Object> stored, float[] centres) {
    int dim = type.dim();
    String bitsName = stored.containsKey("nbits") ? "nbits" : "num_bits";
    int bits = Wire.intOf(stored, bitsName, 4, 8, codes.path());
    int m = Wire.intOf(stored, "num_sub_vectors", 1, dim, codes.path());
    if ((bits != 4 && bits != 8) || dim % m != 0 || (bits == 4 && m % 2 != 0)) {
      throw Wire.corrupt("product quantisation", "4 or 8 bits", stored, codes.path());
    }
    if (!Boolean.TRUE.equals(stored.get("transposed"))) {
      throw IvfIndex.unsupported("product quantisation codes row by row", codes.path());
    }
    int position = Wire.intOf(stored, "codebook_position", 0, 1 << 20, codes.path());
    // Releases before 0.39 keep the codebook beside its settings.
    byte[] tensor =
        position > 0
            ? codes.globalBuffer(position)
            : Wire.bytesOf(stored.get("codebook_tensor"), "codebook_tensor", codes.path());
    float[] book = Wire.Tensor.parse(tensor, codes.path()).floats(false, codes.path());
    if (book.length != (1 << bits) * dim) {
      throw Wire.corrupt("codebook numbers", (1 << bits) * dim, book.length, codes.path());
    }
    return new PqCodec(type, metric, m, bits, book, centres);
  }

  private Codec rq(Metric metric, Map<String, @Nullable Object> stored, float[] centres) {
    int dim = type.dim();
    int bits = Wire.intOf(stored, "num_bits", 1, 9, codes.path());
    if (!"raw_query".equals(stored.get("query_estimator"))) {
      throw IvfIndex.unsupported("the RaBitQ layout of older releases", codes.path());
    }
    Wire.intOf(stored, "code_dim", dim, dim, codes.path());
    if (dim % 8 != 0) {
      throw Wire.corrupt("dimension", "a multiple of 8", dim, codes.path());
    }
    Rotation rotation;
    if ("fast".equals(stored.get("rotation_type"))) {
      byte[] signs =
          Wire.bytesOf(
              stored.get("fast_rotation_signs"),
              Rotation.signBytes(dim),
              "fast_rotation_signs",
              codes.path());
      rotation = Rotation.ofSigns(dim, signs);
    } else {
      int position = Wire.intOf(stored, "rotate_mat_position", 1, 1 << 20, codes.path());
      float[] matrix =
          Wire.Tensor.parse(codes.globalBuffer(position), codes.path()).floats(false, codes.path());
      if (matrix.length != dim * dim) {
        throw Wire.corrupt("rotation matrix", dim * dim, matrix.length, codes.path());
      }
      rotation = Rotation.ofMatrix(dim, matrix);
    }
    return new RqCodec(dim, metric, bits, rotation, centres);
  }

  private static void checkTable(Wire.Ivf table, int partitions, DataFileReader file) {
    if (table.lengths().length != partitions) {
      throw Wire.corrupt("partitions", partitions, table.lengths().length, file.path());
    }
    long at = 0;
    for (int p = 0; p < partitions; p++) {
      int length = table.lengths()[p];
      if (length < 0 || (length > 0 && table.offsets()[p] != at)) {
        throw Wire.corrupt("start of partition " + p, at, table.offsets()[p], file.path());
      }
      table.offsets()[p] = at;
      at += length;
    }
    if (at != file.rowCount()) {
      throw Wire.corrupt("rows of all partitions", file.rowCount(), at, file.path());
    }
  }

  private static String metadata(DataFileReader file, String key) {
    return Optional.ofNullable(file.schema().metadata().get(key))
        .orElseThrow(() ->
            Wire.corrupt("index metadata", key, file.schema().metadata().keySet(), file.path()));
  }

  private static byte[] buffer(DataFileReader file) {
    String number = metadata(file, "lance:ivf");
    try {
      return file.globalBuffer(Integer.parseInt(number));
    } catch (NumberFormatException _) {
      throw Wire.corrupt("lance:ivf", "a number", number, file.path());
    }
  }
}
