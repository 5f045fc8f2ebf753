/// The `lancelot` command: verbs, output formats and exit codes over the SDK.
@NullMarked
package io.lancelot.cli;

import org.jspecify.annotations.NullMarked;
