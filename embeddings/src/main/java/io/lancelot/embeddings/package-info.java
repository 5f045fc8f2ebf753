/// Models that turn text into vectors. A leaf: nothing on the embedded path depends on it, because
/// its models run in native code.
@NullMarked
package io.lancelot.embeddings;

import org.jspecify.annotations.NullMarked;
