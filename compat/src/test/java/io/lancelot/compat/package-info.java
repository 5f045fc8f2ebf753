/// Tests against the real Lance: its Python package behind a pipe ([io.lancelot.compat.Oracle]) and
/// its JNI package. Data is named, not carried: see `src/test/python/shapes.py`.
@NullMarked
package io.lancelot.compat;

import org.jspecify.annotations.NullMarked;
