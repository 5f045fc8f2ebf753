/// Indices on words: which rows match a text query, and how well.
@org.jspecify.annotations.NullMarked
package io.lancelot.index.text;
