package io.lancelot.file;

import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectWriter;

/// The objects around a data file under construction that hold its large values.
public interface BlobFiles {

  /// Starts an object beside the data file.
  ///
  /// @param number of the object, from 1
  ObjectWriter create(long number);

  /// @throws io.lancelot.base.InvalidInputException if rows are not moved but given by a user, who
  ///   must not name places in a table's files
  void checkMoving();

  /// Opens an object that holds the bytes of a [moved][BlobDescriptor#MOVED] value.
  ObjectReader moved(String address);

  /// Whether values may stay where they are, outside the table.
  boolean externalAllowed();
}
