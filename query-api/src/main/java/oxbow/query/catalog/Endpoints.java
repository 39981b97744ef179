package oxbow.query.catalog;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.linecorp.armeria.common.HttpMethod;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.iceberg.DataOperations;
import org.apache.iceberg.MetadataUpdate;
import org.apache.iceberg.catalog.Namespace;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.exceptions.BadRequestException;
import org.apache.iceberg.exceptions.ForbiddenException;
import org.apache.iceberg.exceptions.NoSuchNamespaceException;
import org.apache.iceberg.exceptions.NoSuchTableException;
import org.apache.iceberg.exceptions.NoSuchViewException;
import org.apache.iceberg.exceptions.NotFoundException;
import org.apache.iceberg.rest.CatalogHandlers;
import org.apache.iceberg.rest.Endpoint;
import org.apache.iceberg.rest.RESTCatalogProperties.SnapshotMode;
import org.apache.iceberg.rest.requests.CreateNamespaceRequest;
import org.apache.iceberg.rest.requests.CreateTableRequest;
import org.apache.iceberg.rest.requests.RegisterTableRequest;
import org.apache.iceberg.rest.requests.RenameTableRequest;
import org.apache.iceberg.rest.requests.ReportMetricsRequest;
import org.apache.iceberg.rest.requests.UpdateNamespacePropertiesRequest;
import org.apache.iceberg.rest.requests.UpdateTableRequest;
import org.apache.iceberg.rest.responses.ConfigResponse;
import org.apache.iceberg.rest.responses.GetNamespaceResponse;
import org.apache.iceberg.rest.responses.ImmutableLoadCredentialsResponse;
import org.apache.iceberg.rest.responses.ListNamespacesResponse;
import org.apache.iceberg.rest.responses.ListTablesResponse;
import org.apache.iceberg.rest.responses.LoadTableResponse;
import oxbow.cold.table.IcebergCatalog;

/** The paths of the catalog, and what is done for each. Calls wait for the store. Thread-safe. */
final class Endpoints {
  private static final String NAMESPACES = "v1/namespaces";
  private static final String NAMESPACE = "v1/namespaces/*";
  private static final String TABLES = "v1/namespaces/*/tables";
  private static final String TABLE = "v1/namespaces/*/tables/*";
  private static final String VIEWS = "v1/namespaces/*/views";
  private static final String VIEW = "v1/namespaces/*/views/*";
  private static final String LOCATION = "location";
  private static final int TAG_BYTES = 16;

  /** What clients may ask for. Writes are among it where they are refused: they learn why. */
  private static final List<Endpoint> SERVED =
      List.of(
          Endpoint.V1_LIST_NAMESPACES,
          Endpoint.V1_LOAD_NAMESPACE,
          Endpoint.V1_NAMESPACE_EXISTS,
          Endpoint.V1_CREATE_NAMESPACE,
          Endpoint.V1_UPDATE_NAMESPACE,
          Endpoint.V1_DELETE_NAMESPACE,
          Endpoint.V1_LIST_TABLES,
          Endpoint.V1_LOAD_TABLE,
          Endpoint.V1_TABLE_EXISTS,
          Endpoint.V1_CREATE_TABLE,
          Endpoint.V1_UPDATE_TABLE,
          Endpoint.V1_DELETE_TABLE,
          Endpoint.V1_RENAME_TABLE,
          Endpoint.V1_REGISTER_TABLE,
          Endpoint.V1_REPORT_METRICS,
          Endpoint.V1_LIST_VIEWS,
          Endpoint.V1_LOAD_VIEW,
          Endpoint.V1_VIEW_EXISTS);

  private final Supplier<IcebergCatalog> catalogs;
  private final CatalogConfig config;
  private final StorageAccess access;
  private final Namespace topics;
  private final List<Route> routes =
      List.of(
          new Route(HttpMethod.GET, "v1/config", this::config),
          new Route(HttpMethod.GET, NAMESPACES, this::listNamespaces),
          new Route(HttpMethod.POST, NAMESPACES, this::createNamespace),
          new Route(HttpMethod.GET, NAMESPACE, this::loadNamespace),
          new Route(HttpMethod.HEAD, NAMESPACE, this::namespaceExists),
          new Route(HttpMethod.DELETE, NAMESPACE, this::dropNamespace),
          new Route(HttpMethod.POST, NAMESPACE + "/properties", this::changeNamespace),
          new Route(HttpMethod.POST, NAMESPACE + "/register", this::registerTable),
          new Route(HttpMethod.GET, TABLES, this::listTables),
          new Route(HttpMethod.POST, TABLES, this::createTable),
          new Route(HttpMethod.GET, TABLE, this::loadTable),
          new Route(HttpMethod.HEAD, TABLE, this::tableExists),
          new Route(HttpMethod.POST, TABLE, this::updateTable),
          new Route(HttpMethod.DELETE, TABLE, this::dropTable),
          new Route(HttpMethod.GET, TABLE + "/credentials", this::credentials),
          new Route(HttpMethod.POST, TABLE + "/metrics", Endpoints::report),
          new Route(HttpMethod.POST, "v1/tables/rename", this::rename),
          new Route(HttpMethod.POST, "v1/transactions/commit", Endpoints::commitMany),
          new Route(HttpMethod.GET, VIEWS, this::listViews),
          new Route(HttpMethod.POST, VIEWS, Endpoints::createView),
          new Route(HttpMethod.GET, VIEW, Endpoints::noView),
          new Route(HttpMethod.HEAD, VIEW, Endpoints::noView),
          new Route(HttpMethod.POST, VIEW, Endpoints::noView),
          new Route(HttpMethod.DELETE, VIEW, Endpoints::noView));

  Endpoints(Supplier<IcebergCatalog> catalogs, CatalogConfig config, StorageAccess access) {
    this.catalogs = catalogs;
    this.config = config;
    this.access = access;
    this.topics = Namespace.of(config.topicsNamespace());
  }

  private record Route(HttpMethod method, List<String> template, Function<Call, Answer> handler) {
    Route(HttpMethod method, String template, Function<Call, Answer> handler) {
      this(method, List.of(template.split("/")), handler);
    }

    boolean fits(List<String> path) {
      if (path.size() != template.size()) return false;
      for (int i = 0; i < path.size(); i++) {
        if (!template.get(i).equals("*") && !template.get(i).equals(path.get(i))) return false;
      }
      return true;
    }
  }

  Answer answer(Call call) {
    List<Route> fitting = routes.stream().filter(route -> route.fits(call.path())).toList();
    if (fitting.isEmpty()) {
      throw new NotFoundException("the catalog has no path /%s", String.join("/", call.path()));
    }
    return fitting.stream()
        .filter(route -> route.method() == call.method())
        .findFirst()
        .orElseThrow(() ->
            new Refusal.WrongMethod(
                call.method()
                    + " is not served here, but "
                    + fitting.stream().map(Route::method).toList()))
        .handler()
        .apply(call);
  }

  private IcebergCatalog catalog() {
    return catalogs.get();
  }

  // ---- config

  private Answer config(Call call) {
    List<Endpoint> served = new ArrayList<>(SERVED);
    if (access.vendsKeys()) served.add(Endpoint.V1_TABLE_CREDENTIALS);
    // A map of its own: Iceberg asks it for null, which immutable ones don't bear.
    Map<String, String> defaults = new HashMap<>(access.config());
    return Answer.of(ConfigResponse.builder().withDefaults(defaults).withEndpoints(served).build());
  }

  // ---- namespaces

  private Answer listNamespaces(Call call) {
    List<Namespace> all = catalog().listNamespaces(call.parent());
    Page<Namespace> page = Page.of(all, namespace -> namespace.level(0), call);
    return Answer.of(
        ListNamespacesResponse.builder().addAll(page.items()).nextPageToken(page.next()).build());
  }

  private Answer createNamespace(Call call) {
    var request = CatalogJson.read(call.body(), CreateNamespaceRequest.class);
    checkWritable(request.namespace());
    if (request.namespace().length() != 1) {
      throw new BadRequestException("namespaces have one level, not %s", request.namespace());
    }
    return Answer.of(CatalogHandlers.createNamespace(catalog(), request));
  }

  private Answer loadNamespace(Call call) {
    IcebergCatalog catalog = catalog();
    GetNamespaceResponse told = CatalogHandlers.loadNamespace(catalog, call.namespace());
    if (!config.isWritable() || call.namespace().equals(topics)) return Answer.of(told);
    // Trino chooses a place in there for a table that is made of rows, and finds it empty then.
    Map<String, String> properties = new HashMap<>(told.properties());
    properties.put(LOCATION, catalog.location(call.namespace()));
    return Answer.of(
        GetNamespaceResponse.builder()
            .withNamespace(told.namespace())
            .setProperties(properties)
            .build());
  }

  private Answer namespaceExists(Call call) {
    checkExists(catalog(), call.namespace());
    return Answer.DONE;
  }

  private Answer dropNamespace(Call call) {
    checkWritable(call.namespace());
    CatalogHandlers.dropNamespace(catalog(), call.namespace());
    return Answer.DONE;
  }

  private Answer changeNamespace(Call call) {
    var request = CatalogJson.read(call.body(), UpdateNamespacePropertiesRequest.class);
    checkWritable(call.namespace());
    return Answer.of(
        CatalogHandlers.updateNamespaceProperties(catalog(), call.namespace(), request));
  }

  private static void checkExists(IcebergCatalog catalog, Namespace namespace) {
    if (!catalog.namespaceExists(namespace)) {
      throw new NoSuchNamespaceException("Namespace does not exist: %s", namespace);
    }
  }

  // ---- tables

  private Answer listTables(Call call) {
    List<TableIdentifier> all = catalog().listTables(call.namespace());
    Page<TableIdentifier> page = Page.of(all, TableIdentifier::name, call);
    return Answer.of(
        ListTablesResponse.builder().addAll(page.items()).nextPageToken(page.next()).build());
  }

  private Answer loadTable(Call call) {
    IcebergCatalog catalog = catalog();
    SnapshotMode mode = snapshots(call);
    String held = call.ifNoneMatch();
    if (held != null) {
      Optional<String> same =
          catalog
              .metadataLocation(call.table())
              .map(location -> tag(location, mode))
              .filter(tag -> isAmong(tag, held));
      if (same.isPresent()) return Answer.unchanged(same.get());
    }
    return loaded(CatalogHandlers.loadTable(catalog, call.table(), mode), mode);
  }

  private static SnapshotMode snapshots(Call call) {
    String mode = call.query().get("snapshots", "all");
    return switch (mode.toLowerCase(Locale.ROOT)) {
      case "all" -> SnapshotMode.ALL;
      case "refs" -> SnapshotMode.REFS;
      default -> throw new BadRequestException("snapshots are all or refs, not %s", mode);
    };
  }

  private Answer loaded(LoadTableResponse table, SnapshotMode mode) {
    LoadTableResponse told =
        LoadTableResponse.builder()
            .withTableMetadata(table.tableMetadata())
            .addAllConfig(access.tableConfig())
            .addAllCredentials(access.credentials())
            .build();
    String location = table.metadataLocation();
    return location == null ? Answer.of(told) : Answer.tagged(told, tag(location, mode));
  }

  /** One for each answer that can be told apart: with other keys it is another. */
  private String tag(String metadataLocation, SnapshotMode mode) {
    String facts = metadataLocation + '\n' + mode + '\n' + new TreeMap<>(access.tableConfig());
    try {
      byte[] digest = MessageDigest.getInstance("SHA-256").digest(facts.getBytes(UTF_8));
      return '"' + HexFormat.of().formatHex(digest, 0, TAG_BYTES) + '"';
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private static boolean isAmong(String tag, String ifNoneMatch) {
    return ifNoneMatch.strip().equals("*")
        || Stream.of(ifNoneMatch.split(","))
            .map(String::strip)
            .anyMatch(known -> known.equals(tag) || known.equals("W/" + tag));
  }

  private Answer tableExists(Call call) {
    checkExists(catalog(), call.table());
    return Answer.DONE;
  }

  private static void checkExists(IcebergCatalog catalog, TableIdentifier table) {
    if (catalog.metadataLocation(table).isEmpty()) {
      throw new NoSuchTableException("Table does not exist: %s", table);
    }
  }

  private Answer createTable(Call call) {
    var request = CatalogJson.read(call.body(), CreateTableRequest.class);
    IcebergCatalog catalog = writable(call.namespace());
    return loaded(
        request.stageCreate()
            ? CatalogHandlers.stageTableCreate(catalog, call.namespace(), request)
            : CatalogHandlers.createTable(catalog, call.namespace(), request),
        SnapshotMode.ALL);
  }

  private Answer registerTable(Call call) {
    var request = CatalogJson.read(call.body(), RegisterTableRequest.class);
    IcebergCatalog catalog = writable(call.namespace());
    return loaded(
        CatalogHandlers.registerTable(catalog, call.namespace(), request), SnapshotMode.ALL);
  }

  private Answer updateTable(Call call) {
    var request = CatalogJson.read(call.body(), UpdateTableRequest.class);
    boolean isUpkeep = call.table().namespace().equals(topics) && isUpkeep(request);
    IcebergCatalog catalog = isUpkeep ? catalog() : writable(call.table());
    return loaded(CatalogHandlers.updateTable(catalog, call.table(), request), SnapshotMode.ALL);
  }

  /**
   * Whether no row comes or goes: files are written anew, or snapshots forgotten. What a topic's
   * table takes of that its own rules say.
   */
  private boolean isUpkeep(UpdateTableRequest request) {
    return config.isWritable()
        && request.updates().stream()
            .allMatch(update ->
                switch (update) {
                  case MetadataUpdate.AddSnapshot added ->
                      DataOperations.REPLACE.equals(added.snapshot().operation());
                  case MetadataUpdate.SetSnapshotRef _, MetadataUpdate.RemoveSnapshots _ -> true;
                  default -> false;
                });
  }

  private Answer dropTable(Call call) {
    IcebergCatalog catalog = writable(call.table());
    if (call.flag("purgeRequested")) {
      CatalogHandlers.purgeTable(catalog, call.table());
    } else {
      CatalogHandlers.dropTable(catalog, call.table());
    }
    return Answer.DONE;
  }

  private Answer credentials(Call call) {
    checkExists(catalog(), call.table());
    return Answer.of(
        ImmutableLoadCredentialsResponse.builder().addAllCredentials(access.credentials()).build());
  }

  /** What a client found out about its own scans and commits: taken, and kept nowhere. */
  private static Answer report(Call call) {
    ReportMetricsRequest _ = CatalogJson.read(call.body(), ReportMetricsRequest.class);
    return Answer.DONE;
  }

  private Answer rename(Call call) {
    var request = CatalogJson.read(call.body(), RenameTableRequest.class);
    checkWritable(request.destination().namespace());
    CatalogHandlers.renameTable(writable(request.source()), request);
    return Answer.DONE;
  }

  private static Answer commitMany(Call call) {
    throw new UnsupportedOperationException("a commit changes one table");
  }

  // ---- who may write

  private IcebergCatalog writable(TableIdentifier table) {
    IcebergCatalog catalog = writable(table.namespace());
    if (catalog.isTopic(table)) throw isTopics(table.toString());
    return catalog;
  }

  private IcebergCatalog writable(Namespace namespace) {
    checkWritable(namespace);
    IcebergCatalog catalog = catalog();
    checkExists(catalog, namespace);
    return catalog;
  }

  private void checkWritable(Namespace namespace) {
    if (namespace.equals(topics)) throw isTopics("namespace " + namespace);
    if (!config.isWritable()) {
      throw new ForbiddenException(
          "clients may not write: iceberg.rest.writes.enable of the server is false");
    }
  }

  private static ForbiddenException isTopics(String what) {
    return new ForbiddenException(
        "%s belongs to topics and is read-only here: rows come by producing records, columns by"
            + " registering schemas, and a table goes with its topic",
        Objects.requireNonNull(what));
  }

  // ---- views, of which there are none

  private Answer listViews(Call call) {
    checkExists(catalog(), call.namespace());
    return Answer.of(ListTablesResponse.builder().build());
  }

  private static Answer createView(Call call) {
    throw new UnsupportedOperationException("this catalog keeps no views");
  }

  private static Answer noView(Call call) {
    throw new NoSuchViewException("View does not exist: %s", call.table());
  }
}
