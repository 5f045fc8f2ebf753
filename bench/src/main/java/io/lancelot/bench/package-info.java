/// Measurements of Lancelot and its peers, side by side on the same data in one process:
/// `./lancelot bench tables` and `./lancelot bench vectors`.
///
/// A [io.lancelot.bench.DataSet] is rows in memory; a [io.lancelot.bench.Contender] is a system
/// that stores and reads them; a suite makes every contender do the same work, turn by turn, and
/// reports the medians. Nothing ships on this module.
@NullMarked
package io.lancelot.bench;

import org.jspecify.annotations.NullMarked;
