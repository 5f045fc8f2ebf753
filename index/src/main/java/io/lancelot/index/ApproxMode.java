package io.lancelot.index;

/// How closely an IVF_RQ index looks at rows that may be near, whose distances it knows to within
/// an error: the more of that error is allowed for, the more rows are compared exactly, and the
/// fewer are missed. Other kinds of index do not have it.
public enum ApproxMode {
  FAST,
  NORMAL,
  ACCURATE
}
