/// From a query to rows: the planner turns a [io.lancelot.engine.Query] and one version of a table
/// into a [io.lancelot.engine.Plan], a tree of values; running the plan gives a stream of batches
/// that the caller pulls.
@NullMarked
package io.lancelot.engine;

import org.jspecify.annotations.NullMarked;
