package io.lancelot.expr;

import io.lancelot.base.InvalidInputException;
import io.lancelot.columnar.DataType;
import io.lancelot.columnar.Types;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/// The functions of the dialect, each a row: signature, one line of documentation, kernel.
final class FunctionTable {

  /// Computes one row. Null stands for null; an [ArithmeticException] or an [InvalidInputException]
  /// makes the row fail.
  @FunctionalInterface
  interface Body {
    @Nullable Object of(Arguments arguments);
  }

  /// Binds a call by itself, for functions whose type or course depends on their arguments.
  @FunctionalInterface
  interface Special {
    Value bind(Binder binder, List<Value> arguments, Expr.Call call);
  }

  /// @param seesNulls the body is asked even where an argument is null
  /// @param steady the same arguments always give the same value
  record Row(
      Signature signature,
      String family,
      String summary,
      boolean seesNulls,
      boolean steady,
      @Nullable Body body,
      @Nullable Special special) {

    Value bind(Binder binder, List<Value> arguments, Expr.Call call) {
      if (special != null) {
        return special.bind(binder, arguments, call);
      }
      List<Value> fitted = signature.fit(binder, arguments, call);
      if (!seesNulls
          && fitted.stream().anyMatch(value -> value.plainType() instanceof DataType.Null)) {
        return new Value.Constant(Types.NULL, null);
      }
      return new FunctionCall.Scalar(this, fitted, signature.resultType(fitted));
    }
  }

  private static final FunctionTable ALL = new FunctionTable();

  static {
    Functions.register(ALL);
    MathFunctions.register(ALL);
    TextFunctions.register(ALL);
    TimeFunctions.register(ALL);
    ListFunctions.register(ALL);
    NestedFunctions.register(ALL);
    JsonFunctions.register(ALL);
  }

  private final Map<String, Row> byName = new HashMap<>();
  private final List<Row> rows = new ArrayList<>();
  private String family = "";

  private FunctionTable() {}

  static List<Row> rows() {
    return List.copyOf(ALL.rows);
  }

  static Value bind(Binder binder, Expr.Call call, List<Value> arguments) {
    Row row = ALL.byName.get(call.name());
    if (row == null) {
      throw new InvalidInputException(
          "unknown function: expected one of the "
              + ALL.byName.size()
              + " of the dialect, found="
              + call.name()
              + Names.nearest(call.name(), ALL.byName.keySet())
                  .map(near -> "; did you mean " + near + "?")
                  .orElse(""));
    }
    // `m[2]` reads like the item of a list until the type of `m` is known.
    boolean keyOfMap =
        call.name().equals("array_element")
            && !arguments.isEmpty()
            && arguments.getFirst().plainType() instanceof DataType.MapOf;
    return keyOfMap
        ? NestedFunctions.lookup(binder, arguments, call, false)
        : row.bind(binder, arguments, call);
  }

  void family(String name) {
    family = name;
  }

  /// A function that is null where an argument is.
  void add(String signature, String summary, Body body) {
    add(new Row(Signature.of(signature), family, summary, false, true, body, null));
  }

  /// A function that looks at nulls itself.
  void addSeeingNulls(String signature, String summary, Body body) {
    add(new Row(Signature.of(signature), family, summary, true, true, body, null));
  }

  /// A function that gives another value in each row, whatever its arguments.
  void addUnsteady(String signature, String summary, Body body) {
    add(new Row(Signature.of(signature), family, summary, true, false, body, null));
  }

  void addSpecial(String signature, String summary, Special special) {
    add(new Row(Signature.of(signature), family, summary, true, true, null, special));
  }

  private void add(Row row) {
    rows.add(row);
    for (String name : row.signature().names()) {
      if (byName.put(name, row) != null) {
        throw new IllegalStateException("function twice: " + name);
      }
    }
  }
}
