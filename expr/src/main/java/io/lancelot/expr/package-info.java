/// The filter dialect: expressions as users write them ([io.lancelot.expr.Expr]), bound to a schema
/// ([io.lancelot.expr.Filter], [io.lancelot.expr.Projection]) and evaluated batch by batch.
///
/// The language is the one LanceDB users know. Logic is three-valued; floats have a total order in
/// which NaN equals itself and is greater than every number, and both zeros are equal; numbers of
/// different types, and instants of different units, compare by value.
@NullMarked
package io.lancelot.expr;

import org.jspecify.annotations.NullMarked;
