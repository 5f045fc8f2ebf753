package io.lancelot.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.lancelot.base.StorageException;
import java.io.IOException;
import java.lang.System.Logger.Level;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/// A file for each job, written when it is asked for and when it ends. Where they cannot be written
/// jobs run all the same; they are then forgotten with the server.
final class JobFiles {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String SUFFIX = ".json";

  private final Path folder;

  JobFiles(Path folder) {
    this.folder = folder;
  }

  /// A job as it was written last.
  record Kept(
      String id,
      String type,
      TableRef table,
      Map<String, Object> spec,
      long createdMillis,
      Jobs.State state,
      Map<String, Object> result,
      Map<String, Object> failure) {}

  void write(Jobs.Job job) {
    try {
      Files.createDirectories(folder);
      Path written = folder.resolve(job.id() + ".tmp");
      Files.write(written, JSON.writeValueAsBytes(job.kept()));
      Files.move(
          written,
          folder.resolve(job.id() + SUFFIX),
          StandardCopyOption.ATOMIC_MOVE,
          StandardCopyOption.REPLACE_EXISTING);
    } catch (IOException e) {
      warn("job " + job.id() + " is not kept", e);
    }
  }

  void delete(Jobs.Job job) {
    try {
      Files.deleteIfExists(folder.resolve(job.id() + SUFFIX));
    } catch (IOException e) {
      warn("job " + job.id() + " is not forgotten", e);
    }
  }

  /// All jobs, oldest first. Files that are damaged are left out.
  List<Kept> all() {
    List<Kept> all = new ArrayList<>();
    try (Stream<Path> files = Files.list(folder)) {
      for (Path file : files.filter(each -> each.toString().endsWith(SUFFIX)).toList()) {
        try {
          all.add(kept(JSON.readValue(file.toFile(), Map.class)));
        } catch (IOException | RuntimeException e) {
          warn("job in " + file + " cannot be read", e);
        }
      }
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      throw new StorageException("cannot list jobs: " + e.getMessage(), e);
    }
    all.sort(Comparator.comparingLong(Kept::createdMillis));
    return all;
  }

  private static Kept kept(Map<?, ?> json) {
    Object namespace = json.get("namespace");
    List<String> names =
        namespace instanceof List<?> list ? list.stream().map(String::valueOf).toList() : List.of();
    String state = text(json, "job_state");
    if (!(json.get("creation_ms") instanceof Number created)) {
      throw new IllegalArgumentException("creation_ms: expected=a number, found=nothing");
    }
    return new Kept(
        text(json, "job_id"),
        text(json, "job_type"),
        new TableRef(
            new Databases.Place(text(json, "database"), names),
            text(json, "name"),
            text(json, "branch")),
        object(json.get("spec")),
        created.longValue(),
        Stream.of(Jobs.State.values())
            .filter(each -> each.word().equals(state))
            .findFirst()
            .orElse(Jobs.State.FAILED),
        object(json.get("result")),
        object(json.get("failure")));
  }

  private static String text(Map<?, ?> json, String member) {
    if (json.get(member) instanceof String text) {
      return text;
    }
    throw new IllegalArgumentException(member + ": expected=text, found=" + json.get(member));
  }

  @SuppressWarnings("unchecked")
  private static Map<String, Object> object(@Nullable Object json) {
    return json instanceof Map<?, ?> map ? (Map<String, Object>) map : Map.of();
  }

  private static void warn(String what, Exception e) {
    System.getLogger(JobFiles.class.getName()).log(Level.WARNING, what + ": " + e.getMessage());
  }
}
