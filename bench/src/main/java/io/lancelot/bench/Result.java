package io.lancelot.bench;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.util.Map;
import java.util.OptionalDouble;

/// One figure.
///
/// @param suite `tables`, `vectors` or `mutations`
/// @param work what was done: `ingest`, `scan` …
/// @param system who did it
/// @param metric what the value counts: `throughput`, `latency`, `size`
/// @param value the median of the rounds
/// @param recall the share of the true neighbours found, for searches
/// @param threads clients working at once; how many threads each system uses by itself is its own
///   affair
/// @param params everything else: data set, rows, spread (`min`, `max`), rounds
record Result(
    String suite,
    String work,
    String system,
    String version,
    String metric,
    double value,
    String unit,
    OptionalDouble recall,
    int threads,
    Map<String, Object> params) {

  private static final JsonFactory JSON = new JsonFactory();

  /// Whether a larger value is the better one.
  boolean moreIsBetter() {
    return metric.equals("throughput") || metric.startsWith("nDCG");
  }

  /// A number among the parameters; the value itself if it is not there.
  double number(String param) {
    return params.get(param) instanceof Double number ? number : value;
  }

  String toJson() {
    StringWriter text = new StringWriter();
    try (JsonGenerator json = JSON.createGenerator(text)) {
      json.writeStartObject();
      json.writeStringField("suite", suite);
      json.writeStringField("work", work);
      json.writeStringField("system", system);
      json.writeStringField("version", version);
      json.writeStringField("metric", metric);
      json.writeNumberField("value", rounded(value));
      json.writeStringField("unit", unit);
      if (recall.isPresent()) {
        json.writeNumberField("recall", recall.getAsDouble());
      } else {
        json.writeNullField("recall");
      }
      json.writeNumberField("threads", threads);
      json.writeObjectFieldStart("params");
      for (Map.Entry<String, Object> param : params.entrySet()) {
        json.writeFieldName(param.getKey());
        switch (param.getValue()) {
          case Double number -> json.writeNumber(rounded(number));
          case Integer number -> json.writeNumber(number);
          case Long number -> json.writeNumber(number);
          case Object other -> json.writeString(other.toString());
        }
      }
      json.writeEndObject();
      json.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return text.toString();
  }

  /// Five digits: more than any measurement here is good for.
  private static double rounded(double value) {
    if (value == 0 || !Double.isFinite(value)) {
      return value;
    }
    double scale = Math.pow(10, 4 - Math.floor(Math.log10(Math.abs(value))));
    return Math.round(value * scale) / scale;
  }
}
