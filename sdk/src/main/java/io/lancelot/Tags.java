package io.lancelot;

import io.lancelot.table.TagInfo;
import java.util.Map;

/// The names of versions of a table and its branches: [Table#tags()]. Named versions are not
/// cleaned up. Thread-safe.
public interface Tags {

  /// All of them by name.
  Map<String, TagInfo> list();

  /// Gives the version that the handle reads a name.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if the name is taken
  void create(String tag);

  /// Gives a version a name.
  ///
  /// @throws io.lancelot.base.AlreadyExistsException if the name is taken
  void create(String tag, long version);

  /// Lets a name stand for another version.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such tag
  void update(String tag, long version);

  /// Takes a name away; the version stays.
  ///
  /// @throws io.lancelot.base.NotFoundException if there is no such tag
  void delete(String tag);
}
