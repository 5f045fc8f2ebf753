package io.lancelot.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.lancelot.Database;
import io.lancelot.Distance;
import io.lancelot.Index;
import io.lancelot.Lancelot;
import io.lancelot.QueryBuilder;
import io.lancelot.ReturnScore;
import io.lancelot.Table;
import io.lancelot.Vector;
import io.lancelot.engine.Fusion;
import io.lancelot.index.FullTextQuery;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class RemoteSdkTest extends SdkContract {

  @TempDir Path root;
  private @Nullable LancelotServer server;

  @Override
  Database connect() {
    server = LancelotServer.start(ServerOptions.of(root).withPort(0));
    return Lancelot.connect("db://films", "", "http://127.0.0.1:" + server.port());
  }

  @AfterEach
  void stop() {
    if (server != null) {
      server.close();
    }
  }

  @Test
  void twoServersOnOneFolderSeeEachOther() {
    ServerOptions options = ServerOptions.of(root).withPort(0);
    try (LancelotServer other = LancelotServer.start(options);
        Database here = Lancelot.connect("db://films", "", address(server));
        Database there = Lancelot.connect("db://films", "", address(other))) {
      Table first = here.createTable("t", List.of(Map.of("id", 1L), Map.of("id", 2L)));
      try (Table same = there.openTable("t")) {
        same.add(List.of(Map.of("id", 3L)));
      }
      assertThat(first.countRows()).isEqualTo(3);
      // Dropped and made anew by the other: this server must not read what it has open.
      there.dropTable("t");
      there.createTable("t", List.of(Map.of("name", "new"))).close();
      try (Table again = here.openTable("t")) {
        assertThat(again.schema().names()).containsExactly("name");
        assertThat(again.query().toMaps()).hasSize(1);
      }
    }
  }

  record Item(long id, String text, @Vector(8) float[] vec) {}

  /// The same query here and there has the same plan: no setting is lost on its way.
  @Test
  void everySettingOfAQueryTravels() {
    List<Item> items = new ArrayList<>();
    for (int i = 0; i < 500; i++) {
      items.add(
          new Item(i, "word" + i % 7 + " moon", new float[] {i, i % 5, i % 3, 1, 2, 3, 4, 5}));
    }
    float[] near = items.get(3).vec();
    List<Function<Table, QueryBuilder<?>>> queries =
        List.of(
            t ->
                t.query()
                    .where("id > 3")
                    .select("id")
                    .limit(7)
                    .offset(2)
                    .orderBy("id", false, true),
            t -> t.query().selectAs("twice", "id * 2").withRowId(),
            t ->
                t.search(near)
                    .column("vec")
                    .nprobes(3)
                    .limit(4)
                    .offset(1)
                    .select("id", "_distance"),
            t -> t.search(near).minimumNprobes(2).maximumNprobes(4).refineFactor(3).withRowId(),
            t -> t.search(near).distanceType(Distance.COSINE).ef(30),
            t -> t.search(near).distanceRange(0.5f, 90).where("id < 400").postfilter(),
            t -> t.search(near).bypassVectorIndex().where("id < 400"),
            t -> t.search(near).fastSearch(),
            t -> t.search("moon").fastSearch().limit(5),
            t -> t.search("moon").where("id < 400").postfilter(),
            t -> t.search(FullTextQuery.Phrase.of("word1 moon").column("text").slop(2)),
            t -> t.search(FullTextQuery.MultiMatch.of("moon", List.of("text"))),
            t -> t.hybrid().text("moon").vector(near).nprobes(2).refineFactor(2).ef(40).limit(6),
            t -> t.hybrid().text("moon").vector(near).fastSearch().where("id < 9").postfilter(),
            t ->
                t.hybrid()
                    .text("moon")
                    .vector(near)
                    .distanceType(Distance.L2)
                    .distanceRange(1, 50)
                    .minimumNprobes(2)
                    .maximumNprobes(3)
                    .rerank(new Fusion.Linear(0.3f, 0.5f))
                    .normalize(Fusion.Normalization.RANK)
                    .returnScore(ReturnScore.RELEVANCE)
                    .bypassVectorIndex());
    try (Database there = Lancelot.connect("db://films", "", address(server));
        Database here = Lancelot.connect(root.resolve("films").toString());
        Table remote = there.createTable("items", items)) {
      remote.createIndex("vec", Index.ivfPq().numPartitions(5));
      remote.createIndex("text", Index.fts().withPosition(true));
      remote.add(items.subList(0, 10));
      try (Table local = here.openTable("items")) {
        for (int i = 0; i < queries.size(); i++) {
          String plan = queries.get(i).apply(local).explain();
          assertThat(queries.get(i).apply(remote).explain()).as("query " + i).isEqualTo(plan);
        }
      }
    }
  }

  private static String address(@Nullable LancelotServer server) {
    return "http://127.0.0.1:" + Objects.requireNonNull(server).port();
  }
}
