package io.lancelot.table;

import io.lancelot.base.InvalidInputException;
import io.lancelot.file.BlobFiles;
import io.lancelot.storage.ObjectReader;
import io.lancelot.storage.ObjectWriter;

/// The objects beside a data file that hold large values. Format: lance-format section 2.5.
final class BlobObjects implements BlobFiles {

  private final TableRoot root;
  private final String dataFile;
  private final WrittenFiles written;
  private final BlobRules rules;

  /// @param dataFile name of the data file
  BlobObjects(TableRoot root, String dataFile, WrittenFiles written, BlobRules rules) {
    this.root = root;
    this.dataFile = dataFile;
    this.written = written;
    this.rules = rules;
  }

  /// The folder of the objects of a data file: its name without the ending.
  static String folder(String dataFile) {
    int dot = dataFile.lastIndexOf('.');
    return dot < 0 ? dataFile : dataFile.substring(0, dot);
  }

  /// The name of an object: the bits of its number, lowest first.
  static String path(String dataFile, long number) {
    StringBuilder bits = new StringBuilder();
    for (int bit = 0; bit < 32; bit++) {
      bits.append(number >>> bit & 1);
    }
    return folder(dataFile) + "/" + bits + ".blob";
  }

  @Override
  public ObjectWriter create(long number) {
    return written.create(root.data(path(dataFile, number)));
  }

  @Override
  public void checkMoving() {
    if (rules.moving().isEmpty()) {
      throw new InvalidInputException(
          "blob: expected=bytes or a uri, found=a descriptor of bytes in some table");
    }
  }

  @Override
  public ObjectReader moved(String address) {
    Bases.Location object = rules.moving().orElseThrow().external(address);
    return object.store().open(object.path());
  }

  @Override
  public boolean externalAllowed() {
    return rules.external();
  }
}
