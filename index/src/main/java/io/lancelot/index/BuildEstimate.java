package io.lancelot.index;

/// What to expect of building an index, before anything of it is read. Rough: it knows how many
/// rows there are and not what is in them.
///
/// @param rows that will be indexed; of a column of lists, their vectors
/// @param partitions they are divided into
/// @param nativeBytes of the memory budget that the build takes at most
/// @param leastNativeBytes a budget below which it cannot be built
/// @param heapBytes of the Java heap, beside what a program takes anyway
/// @param diskBytes of the index
/// @param loadedBytes of the memory budget when all of it is loaded; searches do with less
/// @param seconds on this machine when it has nothing else to do; twice or half of it is usual
public record BuildEstimate(
    long rows,
    int partitions,
    long nativeBytes,
    long leastNativeBytes,
    long heapBytes,
    long diskBytes,
    long loadedBytes,
    double seconds) {}
