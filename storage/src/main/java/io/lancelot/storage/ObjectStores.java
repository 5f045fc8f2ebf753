package io.lancelot.storage;

import io.lancelot.base.InvalidInputException;
import io.lancelot.base.UnsupportedFeatureException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystemNotFoundException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/// The door to the stores by the address a user writes.
public final class ObjectStores {

  /// At least two characters, so that `C:\data` is a path.
  private static final Pattern SCHEME = Pattern.compile("([A-Za-z][A-Za-z0-9+.-]+):(//)?(.*)");

  private ObjectStores() {}

  /// Opens the store at `uri`: a path of this machine, `file:///path`, or `memory://` for a fresh
  /// store of its own.
  ///
  /// @throws UnsupportedFeatureException if no store knows the scheme
  /// @throws InvalidInputException if `uri` is empty or makes no sense
  public static ObjectStore open(String uri) {
    return open(uri, Durability.SYNC);
  }

  /// The same with less durability on the local disk; other stores have their own.
  public static ObjectStore open(String uri, Durability durability) {
    if (uri.isBlank()) {
      throw new InvalidInputException("empty address: expected=a path or a uri, found=nothing");
    }
    Matcher matcher = SCHEME.matcher(uri);
    boolean schemed = matcher.matches() && (matcher.group(2) != null || isFile(matcher.group(1)));
    if (!schemed) {
      return LocalStore.open(path(uri, uri), durability);
    }
    String scheme = matcher.group(1).toLowerCase(Locale.ROOT);
    return switch (scheme) {
      case "file" -> LocalStore.open(filePath(uri, matcher.group(3)), durability);
      case "memory" -> memory(uri, matcher.group(3));
      default ->
          throw new UnsupportedFeatureException(
              "no object store for the scheme "
                  + scheme
                  + ": expected=a path, file:// or memory://, found="
                  + uri);
    };
  }

  private static boolean isFile(String scheme) {
    return scheme.toLowerCase(Locale.ROOT).equals("file");
  }

  private static ObjectStore memory(String uri, String rest) {
    if (!rest.isEmpty() && !rest.equals("/")) {
      throw new InvalidInputException("memory:// has no names: expected=memory://, found=" + uri);
    }
    return MemoryStore.create();
  }

  private static Path filePath(String uri, String rest) {
    try {
      return Path.of(new URI(uri));
    } catch (URISyntaxException e) {
      // Written by hand, with spaces and the like: taken literally.
      return path(uri, rest);
    } catch (IllegalArgumentException | FileSystemNotFoundException e) {
      throw new InvalidInputException(
          "not a file uri: expected=file:///absolute/path, found=" + uri, e);
    }
  }

  private static Path path(String uri, String path) {
    try {
      return Path.of(path);
    } catch (InvalidPathException e) {
      throw new InvalidInputException(
          "not a path: expected=a path of this file system, found=" + uri.replace("\0", "\\0"), e);
    }
  }
}
