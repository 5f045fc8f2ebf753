package io.lancelot.engine;

import io.lancelot.expr.Expr;
import java.util.ArrayList;
import java.util.List;

/// The columns that an expression names.
final class ColumnPaths {

  private ColumnPaths() {}

  static List<List<String>> of(Expr expr) {
    List<List<String>> paths = new ArrayList<>();
    collect(expr, paths);
    return paths;
  }

  private static void collect(Expr expr, List<List<String>> paths) {
    switch (expr) {
      case Expr.Column(List<String> path, boolean _) -> paths.add(path);
      case Expr.Literal _ -> {}
      case Expr.Compare(var _, Expr left, Expr right) -> all(List.of(left, right), paths);
      case Expr.And(List<Expr> terms) -> all(terms, paths);
      case Expr.Or(List<Expr> terms) -> all(terms, paths);
      case Expr.Not(Expr operand) -> collect(operand, paths);
      case Expr.IsNull(Expr operand, boolean _) -> collect(operand, paths);
      case Expr.IsTruth truth -> collect(truth.operand(), paths);
      case Expr.In in -> {
        collect(in.operand(), paths);
        all(in.items(), paths);
      }
      case Expr.Like like -> all(List.of(like.operand(), like.pattern()), paths);
      case Expr.Between between ->
          all(List.of(between.operand(), between.low(), between.high()), paths);
      case Expr.Arithmetic(var _, Expr left, Expr right) -> all(List.of(left, right), paths);
      case Expr.Negate(Expr operand) -> collect(operand, paths);
      case Expr.Cast(Expr operand, var _, boolean _) -> collect(operand, paths);
      case Expr.Call(String _, List<Expr> arguments) -> all(arguments, paths);
    }
  }

  private static void all(List<Expr> exprs, List<List<String>> paths) {
    exprs.forEach(expr -> collect(expr, paths));
  }
}
