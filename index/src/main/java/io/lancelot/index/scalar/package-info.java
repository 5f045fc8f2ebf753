/// Indices on plain values: which rows can match a predicate.
@org.jspecify.annotations.NullMarked
package io.lancelot.index.scalar;
