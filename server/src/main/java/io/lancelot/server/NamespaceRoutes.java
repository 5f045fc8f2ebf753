package io.lancelot.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.base.InvalidInputException;
import io.lancelot.base.StorageException;
import io.lancelot.server.Router.PlaceHandler;
import io.lancelot.server.Router.Route;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/// Namespaces: folders in a database's folder, each with a small file that holds its properties.
final class NamespaceRoutes {

  private static final String MARKER = Databases.NAMESPACE_MARKER;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Databases databases;

  NamespaceRoutes(Databases databases) {
    this.databases = databases;
  }

  void addTo(Map<String, Route<PlaceHandler>> routes) {
    routes.put("list", new Route<>(Access.READ, this::list));
    routes.put("table/list", new Route<>(Access.READ, this::listTables));
    routes.put("create", new Route<>(Access.ADMIN, this::create));
    routes.put("describe", new Route<>(Access.READ, this::describe));
    routes.put("exists", new Route<>(Access.READ, this::exists));
    routes.put("drop", new Route<>(Access.ADMIN, this::drop));
  }

  private void listTables(Exchange exchange, Databases.Place place) {
    existing(place);
    List<String> names =
        databases.database(place).tableNames().stream()
            .filter(name -> exchange.sees(place.table(name)))
            .toList();
    exchange.answer(page(exchange, names, "tables"));
  }

  private void describe(Exchange exchange, Databases.Place place) {
    exchange.answer(Map.of("properties", properties(existing(place))));
  }

  private void exists(Exchange exchange, Databases.Place place) {
    existing(place);
    exchange.answer(Map.of());
  }

  private void list(Exchange exchange, Databases.Place place) {
    exchange.answer(page(exchange, children(existing(place)), "namespaces"));
  }

  /// One page of sorted names: those after the token, at most `limit`.
  private static Map<String, Object> page(Exchange exchange, List<String> names, String what) {
    String after = exchange.param("page_token").orElse("");
    int limit = (int) Math.min(Integer.MAX_VALUE, number(exchange.param("limit")));
    List<String> rest = names.stream().filter(name -> name.compareTo(after) > 0).toList();
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put(what, rest.subList(0, Math.min(limit, rest.size())));
    if (limit < rest.size() && limit > 0) {
      answer.put("page_token", rest.get(limit - 1));
    }
    return answer;
  }

  private static long number(Optional<String> text) {
    try {
      long value = text.isEmpty() ? Long.MAX_VALUE : Long.parseLong(text.get());
      return value <= 0 ? Long.MAX_VALUE : value;
    } catch (NumberFormatException e) {
      throw new InvalidInputException("limit: expected=a number, found=" + text.get(), e);
    }
  }

  private static List<String> children(Path folder) {
    if (!Files.isDirectory(folder)) {
      return List.of();
    }
    try (Stream<Path> entries = Files.list(folder)) {
      return entries
          .filter(entry -> Files.exists(entry.resolve(MARKER)))
          .map(entry -> entry.getFileName().toString())
          .sorted()
          .toList();
    } catch (IOException e) {
      throw new StorageException("cannot list " + folder, e);
    }
  }

  /// The folder of a namespace; that of the root is there without having been made.
  private Path existing(Databases.Place place) {
    return databases.requireNamespace(place);
  }

  private void create(Exchange exchange, Databases.Place place) {
    if (place.namespace().isEmpty()) {
      throw new InvalidInputException("namespace: expected=a name, found=the root");
    }
    int depth = place.namespace().size();
    existing(new Databases.Place(place.database(), place.namespace().subList(0, depth - 1)));
    Path folder = databases.folder(place);
    boolean there = Files.exists(folder.resolve(MARKER));
    String mode = mode(exchange, "mode", "create");
    Object given = exchange.body().get("properties");
    Object properties = given == null ? Map.of() : given;
    if (there && mode.equals("create")) {
      throw new Failures.Coded(
          Failures.Code.NAMESPACE_EXISTS,
          "namespace already exists: " + String.join("$", place.namespace()));
    }
    if (there && mode.startsWith("exist")) {
      exchange.answer(Map.of("properties", properties(folder)));
      return;
    }
    if (there) {
      databases.forget(place);
      deleteAll(folder);
    }
    try {
      Files.createDirectories(folder);
      Files.write(folder.resolve(MARKER), JSON.writeValueAsBytes(properties));
    } catch (FileAlreadyExistsException e) {
      throw new InvalidInputException("namespace: expected=a free name, found=" + folder, e);
    } catch (IOException e) {
      throw new StorageException("cannot make namespace " + folder, e);
    }
    exchange.answer(Map.of("properties", properties));
  }

  /// Some clients send the word with quotes inside the string.
  private static String mode(Exchange exchange, String member, String otherwise) {
    Object value = exchange.body().get(member);
    return value == null
        ? otherwise
        : value.toString().replace("\"", "").replace("_", "").toLowerCase(Locale.ROOT);
  }

  private void drop(Exchange exchange, Databases.Place place) {
    if (place.namespace().isEmpty()) {
      throw new InvalidInputException("namespace: expected=a name, found=the root");
    }
    Path folder = databases.folder(place);
    if (!Files.exists(folder.resolve(MARKER)) && mode(exchange, "mode", "fail").equals("skip")) {
      exchange.answer(Map.of());
      return;
    }
    existing(place);
    List<String> tables = databases.database(place).tableNames();
    if (!mode(exchange, "behavior", "restrict").equals("cascade")
        && !(tables.isEmpty() && children(folder).isEmpty())) {
      throw new Failures.Coded(
          Failures.Code.NAMESPACE_NOT_EMPTY,
          "namespace not empty: " + String.join("$", place.namespace()));
    }
    databases.forget(place);
    deleteAll(folder);
    exchange.answer(Map.of());
  }

  private static Object properties(Path folder) {
    Path marker = folder.resolve(MARKER);
    try {
      return Files.exists(marker)
          ? JSON.readValue(Files.readAllBytes(marker), Map.class)
          : Map.of();
    } catch (IOException e) {
      throw new StorageException("cannot read " + marker, e);
    }
  }

  static void deleteAll(Path folder) {
    try (Stream<Path> entries = Files.walk(folder)) {
      List<Path> all = new ArrayList<>(entries.toList());
      all.sort(Comparator.reverseOrder());
      for (Path each : all) {
        Files.deleteIfExists(each);
      }
    } catch (IOException | UncheckedIOException e) {
      throw new StorageException("cannot delete " + folder, e);
    }
  }
}
