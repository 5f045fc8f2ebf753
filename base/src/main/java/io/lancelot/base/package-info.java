/// What every layer stands on: typed errors, native memory under a budget, and the
/// [io.lancelot.base.Context] that travels down with each call. Depends on nothing but annotations.
@NullMarked
package io.lancelot.base;

import org.jspecify.annotations.NullMarked;
