/// Indices on vectors: which rows are near a query.
@org.jspecify.annotations.NullMarked
package io.lancelot.index.vector;
