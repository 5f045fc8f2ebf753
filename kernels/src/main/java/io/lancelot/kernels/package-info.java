/// Tight loops over primitives and memory segments: distances between vectors, bit packing,
/// compression. Callers check lengths; kernels trust them. Every SIMD kernel has a scalar twin that
/// is the oracle in tests and the fallback at run time.
@NullMarked
package io.lancelot.kernels;

import org.jspecify.annotations.NullMarked;
