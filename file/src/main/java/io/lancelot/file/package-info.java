/// One Lance data file: its container, page encodings, reader and writer. Knows nothing of tables.
///
/// Format: lance-format sections 1 and 2.
@NullMarked
package io.lancelot.file;

import org.jspecify.annotations.NullMarked;
