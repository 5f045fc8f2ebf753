/// What users import: [io.lancelot.Lancelot] connects to a [io.lancelot.Database], which has
/// [io.lancelot.Table]s, which answer [io.lancelot.Query]s.
@NullMarked
package io.lancelot;

import org.jspecify.annotations.NullMarked;
