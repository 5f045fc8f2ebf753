package io.lancelot.compat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.lancelot.server.LancelotServer;
import io.lancelot.server.ServerOptions;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.channels.Channels;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.BufferAllocator;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.BigIntVector;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.complex.FixedSizeListVector;
import org.apache.arrow.vector.ipc.ArrowFileReader;
import org.apache.arrow.vector.ipc.ArrowStreamWriter;
import org.apache.arrow.vector.ipc.SeekableReadChannel;
import org.apache.arrow.vector.types.FloatingPointPrecision;
import org.apache.arrow.vector.types.pojo.ArrowType;
import org.apache.arrow.vector.types.pojo.Field;
import org.apache.arrow.vector.types.pojo.FieldType;
import org.apache.arrow.vector.types.pojo.Schema;
import org.apache.arrow.vector.util.ByteArrayReadableSeekableByteChannel;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.lance.namespace.LanceNamespace;
import org.lance.namespace.client.apache.ApiClient;
import org.lance.namespace.client.apache.ApiException;
import org.lance.namespace.client.apache.api.NamespaceApi;
import org.lance.namespace.client.apache.api.TableApi;
import org.lance.namespace.errors.LanceNamespaceException;
import org.lance.namespace.model.CountTableRowsRequest;
import org.lance.namespace.model.CreateNamespaceRequest;
import org.lance.namespace.model.CreateTableIndexRequest;
import org.lance.namespace.model.CreateTableRequest;
import org.lance.namespace.model.CreateTableTagRequest;
import org.lance.namespace.model.DeleteFromTableRequest;
import org.lance.namespace.model.DescribeTableRequest;
import org.lance.namespace.model.DropNamespaceRequest;
import org.lance.namespace.model.DropTableRequest;
import org.lance.namespace.model.GetTableTagVersionRequest;
import org.lance.namespace.model.InsertIntoTableRequest;
import org.lance.namespace.model.ListNamespacesRequest;
import org.lance.namespace.model.ListTableIndicesRequest;
import org.lance.namespace.model.ListTableTagsRequest;
import org.lance.namespace.model.ListTableVersionsRequest;
import org.lance.namespace.model.ListTablesRequest;
import org.lance.namespace.model.NamespaceExistsRequest;
import org.lance.namespace.model.QueryTableRequest;
import org.lance.namespace.model.QueryTableRequestVector;
import org.lance.namespace.model.TableExistsRequest;
import org.lance.namespace.model.UpdateTableRequest;

/// The Java clients of the Lance Namespace, unmodified, against our server: the generated one and
/// the `RestNamespace` of lance-core.
@Tag("lance-core")
final class NamespaceClientsTest {

  private static final int DIMENSIONS = 2;

  @TempDir Path root;
  private final BufferAllocator memory = new RootAllocator();
  private LancelotServer server;

  @BeforeEach
  void start() {
    server = LancelotServer.start(ServerOptions.of(root).withPort(0));
  }

  @AfterEach
  void stop() {
    server.close();
    memory.close();
  }

  private String address() {
    return "http://127.0.0.1:" + server.port();
  }

  private byte[] rows(int first, int count) throws Exception {
    Field item = Field.nullable("item", new ArrowType.FloatingPoint(FloatingPointPrecision.SINGLE));
    Schema schema =
        new Schema(
            List.of(
                Field.nullable("id", new ArrowType.Int(64, true)),
                new Field(
                    "vec",
                    FieldType.nullable(new ArrowType.FixedSizeList(DIMENSIONS)),
                    List.of(item))));
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (VectorSchemaRoot batch = VectorSchemaRoot.create(schema, memory);
        ArrowStreamWriter writer = new ArrowStreamWriter(batch, null, Channels.newChannel(out))) {
      BigIntVector ids = (BigIntVector) batch.getVector("id");
      FixedSizeListVector vectors = (FixedSizeListVector) batch.getVector("vec");
      var numbers = (org.apache.arrow.vector.Float4Vector) vectors.getDataVector();
      for (int i = 0; i < count; i++) {
        ids.setSafe(i, first + i);
        vectors.setNotNull(i);
        numbers.setSafe(DIMENSIONS * i, first + i);
        numbers.setSafe(DIMENSIONS * i + 1, 1);
      }
      vectors.setValueCount(count);
      batch.setRowCount(count);
      writer.writeBatch();
      writer.end();
    }
    return out.toByteArray();
  }

  private List<Long> ids(byte[] file) throws Exception {
    List<Long> ids = new ArrayList<>();
    try (ArrowFileReader reader =
        new ArrowFileReader(
            new SeekableReadChannel(new ByteArrayReadableSeekableByteChannel(file)), memory)) {
      while (reader.loadNextBatch()) {
        BigIntVector column = (BigIntVector) reader.getVectorSchemaRoot().getVector("id");
        for (int i = 0; i < column.getValueCount(); i++) {
          ids.add(column.get(i));
        }
      }
    }
    assertThat(new ByteArrayInputStream(file).available()).isPositive();
    return ids;
  }

  @Test
  void theGeneratedClient() throws Exception {
    ApiClient client = new ApiClient();
    client.setBasePath(address());
    client.addDefaultHeader("x-lancedb-database", "dev");
    NamespaceApi namespaces = new NamespaceApi(client);
    TableApi tables = new TableApi(client);
    namespaces.createNamespace("shop", new CreateNamespaceRequest(), null);
    assertThat(namespaces.listNamespaces("$", null, null, null).getNamespaces())
        .containsExactly("shop");
    String name = "shop$items";
    tables.createTable(name, rows(0, 10), null, "Create", null, null);
    assertThatThrownBy(() -> tables.createTable(name, rows(0, 1), null, "Create", null, null))
        .isInstanceOf(ApiException.class)
        .extracting(e -> ((ApiException) e).getCode())
        .isEqualTo(409);
    tables.insertIntoTable(name, rows(10, 5), null, "append");
    assertThat(tables.countTableRows(name, new CountTableRowsRequest(), null)).isEqualTo(15);
    assertThat(tables.countTableRows(name, new CountTableRowsRequest().predicate("id < 3"), null))
        .isEqualTo(3);
    QueryTableRequest near =
        new QueryTableRequest()
            .k(2)
            .vector(new QueryTableRequestVector().singleVector(List.of(7f, 1f)));
    assertThat(ids(tables.queryTable(name, near, null)).getFirst()).isEqualTo(7);
    assertThat(
            tables
                .updateTable(
                    name,
                    new UpdateTableRequest()
                        .predicate("id = 1")
                        .updates(List.of(List.of("id", "id + 100"))),
                    null)
                .getUpdatedRows())
        .isEqualTo(1);
    tables.deleteFromTable(name, new DeleteFromTableRequest().predicate("id = 101"), null);
    tables.createTableScalarIndex(
        name, new CreateTableIndexRequest().column("id").indexType("BTREE"), null);
    assertThat(tables.listTableIndices(name, new ListTableIndicesRequest(), null).getIndexes())
        .hasSize(1);
    tables.createTableTag(name, new CreateTableTagRequest().tag("v1").version(1L), null);
    assertThat(
            tables
                .getTableTagVersion(name, new GetTableTagVersionRequest().tag("v1"), null)
                .getVersion())
        .isEqualTo(1);
    assertThat(tables.listTableTags(name, null, null, null).getTags()).containsKey("v1");
    assertThat(tables.listTableVersions(name, null, null, null, true).getVersions())
        .hasSizeGreaterThan(3);
    assertThat(
            tables
                .describeTable(name, new DescribeTableRequest(), null, null, null, null)
                .getVersion())
        .isGreaterThan(3);
    tables.tableExists(name, new TableExistsRequest(), null);
    tables.dropTable(name, null);
    assertThatThrownBy(() -> tables.tableExists(name, new TableExistsRequest(), null))
        .isInstanceOf(ApiException.class);
    namespaces.dropNamespace("shop", new DropNamespaceRequest(), null);
  }

  @Test
  void theRestNamespaceOfLanceCore() throws Exception {
    LanceNamespace rest =
        LanceNamespace.connect(
            "rest", Map.of("uri", address(), "header.x-lancedb-database", "dev"), memory);
    List<String> id = List.of("shop", "items");
    rest.createNamespace(new CreateNamespaceRequest().id(List.of("shop")));
    rest.namespaceExists(new NamespaceExistsRequest().id(List.of("shop")));
    assertThat(rest.listNamespaces(new ListNamespacesRequest().id(List.of())).getNamespaces())
        .containsExactly("shop");
    rest.createTable(new CreateTableRequest().id(id).mode("Create"), rows(0, 10));
    assertThatThrownBy(
            () -> rest.createTable(new CreateTableRequest().id(id).mode("Create"), rows(0, 1)))
        .isInstanceOf(LanceNamespaceException.class)
        .hasMessageContaining("already exists");
    rest.insertIntoTable(new InsertIntoTableRequest().id(id).mode("append"), rows(10, 5));
    assertThat(rest.countTableRows(new CountTableRowsRequest().id(id))).isEqualTo(15);
    assertThat(rest.listTables(new ListTablesRequest().id(List.of("shop"))).getTables())
        .containsExactly("items");
    QueryTableRequest near =
        new QueryTableRequest()
            .id(id)
            .k(2)
            .vector(new QueryTableRequestVector().singleVector(List.of(7f, 1f)));
    assertThat(ids(rest.queryTable(near)).getFirst()).isEqualTo(7);
    rest.deleteFromTable(new DeleteFromTableRequest().id(id).predicate("id = 1"));
    rest.createTableTag(new CreateTableTagRequest().id(id).tag("v1").version(1L));
    assertThat(rest.listTableTags(new ListTableTagsRequest().id(id)).getTags()).containsKey("v1");
    assertThat(rest.listTableVersions(new ListTableVersionsRequest().id(id)).getVersions())
        .hasSize(3);
    assertThat(rest.describeTable(new DescribeTableRequest().id(id)).getVersion()).isEqualTo(3);
    assertThatThrownBy(
            () -> rest.describeTable(new DescribeTableRequest().id(List.of("shop", "none"))))
        .isInstanceOf(org.lance.namespace.errors.TableNotFoundException.class);
    rest.dropTable(new DropTableRequest().id(id));
    rest.dropNamespace(new DropNamespaceRequest().id(List.of("shop")));
  }
}
