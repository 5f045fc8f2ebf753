package io.lancelot;

import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/// Marks a record component of type `float[]`, `double[]` or `byte[]` as a vector of a fixed
/// length: its column is a fixed-size list of float32, float64 or uint8. A component of type
/// `float[][]` or `List<float[]>` (and so on) is a multivector column: each row holds several.
@Target(ElementType.RECORD_COMPONENT)
@Retention(RetentionPolicy.RUNTIME)
public @interface Vector {
  /// The number of dimensions.
  int value();
}
