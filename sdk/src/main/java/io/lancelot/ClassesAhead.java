package io.lancelot;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;

/// Loads the classes that opening a table and searching it take, on a processor that has nothing
/// else to do yet: in a fresh JVM they are half of the time of the first search.
///
/// They are loaded and verified, and not initialised: initialisers that wait for each other on two
/// threads would wait for ever.
final class ClassesAhead {

  private static final AtomicBoolean STARTED = new AtomicBoolean();

  private ClassesAhead() {}

  /// Begins, once per JVM.
  static void begin() {
    if (Runtime.getRuntime().availableProcessors() > 1 && STARTED.compareAndSet(false, true)) {
      Thread thread = new Thread(ClassesAhead::load, "lancelot-class-loading");
      thread.setDaemon(true);
      thread.start();
    }
  }

  /// The names of the classes, in the order in which a first search needs them. `bench indices`
  /// lists them.
  static List<String> names() {
    try (InputStream in = ClassesAhead.class.getResourceAsStream("first-search.classes")) {
      return in == null
          ? List.of()
          : List.of(new String(in.readAllBytes(), StandardCharsets.UTF_8).split("\n"));
    } catch (IOException e) {
      return List.of();
    }
  }

  private record Pair(String name, List<Integer> numbers) {}

  /// Runs a lambda, a switch over types and what records compare by: the first of each has the JDK
  /// load and make some hundred classes of its own.
  static int practise(Object any) {
    int hash =
        switch (any) {
          case Pair(String name, List<Integer> numbers) ->
              name.length() + numbers.stream().mapToInt(number -> number + 1).sum();
          case String text -> text.length();
          default -> 0;
        };
    Pair pair = new Pair("pair", List.of(hash));
    return pair.equals(any) ? 0 : pair.hashCode();
  }

  @SuppressWarnings("ReturnValueIgnored") // To ask for constructors links a class.
  private static void load() {
    practise(new Pair("", List.of(1)));
    ClassLoader loader = ClassesAhead.class.getClassLoader();
    for (String name : names()) {
      try {
        Class.forName(name, false, loader).getDeclaredConstructors();
      } catch (ClassNotFoundException | LinkageError e) {
        // Whoever needs it will say so.
      }
    }
  }
}
