/// Tables: versions made of fragments, what was deleted from them, and the commits that lead from
/// one version to the next.
///
/// A [io.lancelot.table.Table] is a handle; a [io.lancelot.table.Snapshot] is one version as an
/// immutable value, and everything that reads starts from one. A write makes files that nobody sees
/// yet, then commits an [io.lancelot.table.Operation] that names them. Format: lance-format section
/// 3.
@NullMarked
package io.lancelot.table;

import org.jspecify.annotations.NullMarked;
