/// Indices: build, open, search, merge. The engine knows the contract in this package; each family
/// lives in a package of its own below.
@org.jspecify.annotations.NullMarked
package io.lancelot.index;
