/// Arrow IPC, stream and file, in and out. Message metadata is read and written with Arrow's own
/// flatbuffers classes; bodies are our columns' memory as it is.
///
/// Format: Arrow columnar format, "Serialization and Interprocess Communication".
@NullMarked
package io.lancelot.columnar.ipc;

import org.jspecify.annotations.NullMarked;
