/// What tests of several modules share: contract tests that every implementation of a seam runs,
/// and a store that fails on command. Nothing ships on it.
@NullMarked
package io.lancelot.testkit;

import org.jspecify.annotations.NullMarked;
