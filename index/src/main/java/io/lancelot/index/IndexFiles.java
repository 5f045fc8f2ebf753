package io.lancelot.index;

import io.lancelot.base.Context;
import io.lancelot.columnar.Schema;
import io.lancelot.file.DataFileReader;
import io.lancelot.file.DataFileWriter;
import io.lancelot.file.FileVersion;
import io.lancelot.file.LanceSchema;
import io.lancelot.storage.ObjectStore;
import io.lancelot.storage.ObjectStore.ObjectInfo;
import java.util.Map;
import java.util.TreeMap;

/// The folder of one index segment: a few Lance files. Written once, never changed.
///
/// @param path the folder in the store, without a slash at its end
public record IndexFiles(ObjectStore store, String path, Context context) {

  /// Opens a file of the segment; the caller closes it.
  ///
  /// @throws io.lancelot.base.NotFoundException if it is not there
  public DataFileReader open(String name) {
    return DataFileReader.open(store.open(path + "/" + name));
  }

  public boolean has(String name) {
    return store.size(path + "/" + name).isPresent();
  }

  /// Starts a file of the segment, in the version that index files have whatever their table's.
  public DataFileWriter create(String name, Schema schema) {
    return DataFileWriter.create(
        store.create(path + "/" + name),
        LanceSchema.of(schema, 0),
        FileVersion.V2_2,
        context.memory());
  }

  /// The sizes of the files that are there, by name.
  public Map<String, Long> sizes() {
    Map<String, Long> sizes = new TreeMap<>();
    for (ObjectInfo file : store.list(path)) {
      sizes.put(file.path().substring(path.length() + 1), file.sizeBytes());
    }
    return sizes;
  }

  /// Removes the folder: what a build that failed leaves behind.
  public void deleteAll() {
    store.deleteAll(path);
  }
}
