package io.lancelot.server;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/// Log lines as JSON, one object a line, for tools that collect them.
public final class JsonLog extends Formatter {

  /// Lets all of the process's logs be written so.
  public static void use() {
    for (Handler handler : Logger.getLogger("").getHandlers()) {
      handler.setFormatter(new JsonLog());
    }
  }

  @Override
  public String format(LogRecord line) {
    Map<String, Object> json = new LinkedHashMap<>();
    json.put("time", line.getInstant().toString());
    json.put("level", line.getLevel().getName());
    json.put("logger", String.valueOf(line.getLoggerName()));
    json.put("message", formatMessage(line));
    if (line.getThrown() != null) {
      StringWriter trace = new StringWriter();
      line.getThrown().printStackTrace(new PrintWriter(trace));
      json.put("thrown", trace.toString());
    }
    return Exchange.json(json) + "\n";
  }
}
