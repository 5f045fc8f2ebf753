package io.lancelot.table;

import io.lancelot.base.AlreadyExistsException;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.NotFoundException;
import io.lancelot.storage.ObjectStore;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/// The names given to versions of a table and its branches. Format: lance-format section 3.8.
///
/// @param root of the main line: tags of branches are kept there too
record Tags(TableRoot root) {

  private static final String SUFFIX = ".json";
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9._-]+");

  /// All tags by name.
  Map<String, TagInfo> list() {
    Map<String, TagInfo> tags = new TreeMap<>();
    String folder = root.tagsFolder();
    for (ObjectStore.ObjectInfo file : root.store().list(folder)) {
      String name = file.path().substring(folder.length() + 1);
      if (name.endsWith(SUFFIX) && name.indexOf('/') < 0) {
        String tag = name.substring(0, name.length() - SUFFIX.length());
        try {
          tags.put(tag, info(tag, RefFile.read(root.store(), file.path()), file.path()));
        } catch (NotFoundException _) {
          // Deleted since it was listed.
        }
      }
    }
    return tags;
  }

  /// @throws NotFoundException if there is no such tag, naming those that there are
  TagInfo get(String name) {
    String path = path(name);
    try {
      return info(name, RefFile.read(root.store(), path), path);
    } catch (NotFoundException e) {
      throw missing(name, e);
    }
  }

  private NotFoundException missing(String name, Throwable cause) {
    return new NotFoundException(
        "tag not found: expected one of "
            + list().keySet()
            + ", found="
            + name
            + " (path="
            + root
            + ")",
        cause);
  }

  private static TagInfo info(String name, Map<String, Object> file, String path) {
    return new TagInfo(
        name,
        Optional.ofNullable(RefFile.text(file, "branch")),
        RefFile.number(file, "version", path),
        instant(RefFile.text(file, "createdAt")),
        instant(RefFile.text(file, "updatedAt")));
  }

  private static Optional<Instant> instant(@Nullable String text) {
    try {
      return text == null ? Optional.empty() : Optional.of(Instant.parse(text));
    } catch (DateTimeException _) {
      return Optional.empty();
    }
  }

  /// @param manifestBytes size of the version's manifest
  /// @throws AlreadyExistsException if the name is taken
  void create(String name, Optional<String> branch, long version, long manifestBytes, Instant now) {
    Map<String, @Nullable Object> file = new LinkedHashMap<>();
    file.put("branch", branch.orElse(null));
    file.put("version", version);
    file.put("createdAt", now.toString());
    file.put("updatedAt", now.toString());
    file.put("manifestSize", manifestBytes);
    file.put("metadata", Map.of());
    try {
      root.store().putIfAbsent(path(name), RefFile.bytes(file));
    } catch (AlreadyExistsException e) {
      throw new AlreadyExistsException(
          "tag exists already: found=" + name + " (path=" + root + ")", e);
    }
  }

  /// Lets a name stand for another version. What else the file says stays.
  ///
  /// @throws NotFoundException if there is no such tag
  void update(String name, Optional<String> branch, long version, long manifestBytes, Instant now) {
    String path = path(name);
    Map<String, @Nullable Object> file;
    try {
      file = new LinkedHashMap<>(RefFile.read(root.store(), path));
    } catch (NotFoundException e) {
      throw missing(name, e);
    }
    file.put("branch", branch.orElse(null));
    file.put("version", version);
    file.put("updatedAt", now.toString());
    file.put("manifestSize", manifestBytes);
    root.store().put(path, RefFile.bytes(file));
  }

  /// @throws NotFoundException if there is no such tag
  void delete(String name) {
    String path = path(name);
    if (root.store().size(path).isEmpty()) {
      throw missing(name, new NotFoundException(path));
    }
    root.store().delete(path);
  }

  private String path(String name) {
    boolean sound =
        NAME.matcher(name).matches()
            && !name.startsWith(".")
            && !name.endsWith(".")
            && !name.contains("..")
            && !name.endsWith(".lock");
    if (!sound) {
      throw new InvalidInputException(
          "tag name: expected=letters, digits, '.', '_' and '-', found=" + name);
    }
    return root.tagsFolder() + "/" + name + SUFFIX;
  }
}
