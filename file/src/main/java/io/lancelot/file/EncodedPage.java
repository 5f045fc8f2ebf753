package io.lancelot.file;

import io.lancelot.file.proto.PageLayout;
import java.lang.foreign.MemorySegment;
import java.util.List;

/// A page ready to be written.
record EncodedPage(PageLayout layout, List<MemorySegment> buffers) {

  EncodedPage {
    buffers = List.copyOf(buffers);
  }
}
