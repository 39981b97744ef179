package oxbow.server.cold;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import oxbow.broker.Broker;
import oxbow.broker.Tiering;
import oxbow.broker.control.TopicSettings;
import oxbow.cold.ColdTier;
import oxbow.cold.TopicTiering;
import oxbow.cold.offload.Offloader;
import oxbow.cold.store.ObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.table.IcebergCatalog;
import oxbow.log.Logs;
import oxbow.query.catalog.StorageAccess;
import oxbow.schema.Schemas;
import oxbow.server.http.HealthPart.Report;

/** The cold tier of this server: opened with the broker, at work once the schemas are known. */
public final class ColdPart {
  private final ColdBounds bounds;
  private final MeterRegistry meters;
  private final LateSchemas schemas = new LateSchemas();
  private final AtomicReference<@Nullable ColdTier> tier = new AtomicReference<>();

  public ColdPart(ColdBounds bounds, MeterRegistry meters) {
    this.bounds = bounds;
    this.meters = meters;
  }

  /** How it is joined to the broker. */
  public Tiering tiering() {
    var added = TopicTiering.definition();
    return new Tiering(
        bounds.isDefault() ? TopicSettings.tieredByDefault(added) : new TopicSettings(added),
        this::open);
  }

  private Tiering.ColdTier open(Logs logs) {
    var storeMeters = new StoreMeters(meters);
    if (bounds.bucket() instanceof BucketBounds.S3 s3) storeMeters.priced(s3);
    ObjectStore store = BucketStores.open(bounds, storeMeters);
    ColdTier opened =
        ColdTier.open(
            bounds.config(), logs, schemas, store, System::nanoTime, InstantSource.system());
    tier.set(opened);
    ColdMeters.register(opened, meters);
    return new Tiering.ColdTier(opened.reads(), opened, opened);
  }

  /**
   * What is registered is known from now on: records may get their columns.
   *
   * @param registryTopic where schemas are; empty: there is no registry
   */
  public void begin(Optional<Schemas> known, Broker broker, Optional<String> registryTopic) {
    known.ifPresent(schemas::are);
    ColdTier opened = tier.get();
    if (opened == null) return;
    opened.begin(broker.control().clusterId(), new ClusterFacts(broker, registryTopic));
  }

  /** Ends its work in the background; reads are served until the broker closes the tier. */
  public void end() {
    ColdTier opened = tier.get();
    if (opened != null) opened.end();
  }

  /** What the bucket is called. */
  public String bucket() {
    return bounds.bucket().name();
  }

  /** The tier; empty before the broker has opened it. */
  public Optional<ColdTier> tier() {
    return Optional.ofNullable(tier.get());
  }

  /** The tables, for engines that ask for them. May wait for the store. */
  public IcebergCatalog catalog() {
    return tier()
        .orElseThrow(() -> new StoreException(Kind.BUSY, "the cold tier is not open yet"))
        .catalog();
  }

  /** How engines reach what the tables' files lie in. */
  public StorageAccess access() {
    return switch (bounds.bucket()) {
      case BucketBounds.Directory _ -> StorageAccess.LOCAL;
      case BucketBounds.S3 s3 ->
          StorageAccess.s3(s3.config(), s3.clientEndpoint(), s3.clientKeys());
    };
  }

  /** The bucket's standing is no reason to send clients away: what is on the disk is served. */
  public Report report() {
    Map<String, Object> facts = new HashMap<>();
    facts.put("bucket", bounds.bucket().name());
    ColdTier opened = tier.get();
    Optional<String> trouble = opened == null ? Optional.empty() : opened.storeTrouble();
    if (opened != null) {
      facts.put("storeAwaySeconds", opened.storeAway().toSeconds());
      facts.put(
          "backlogBytes", opened.status().stream().mapToLong(Offloader.Status::backlogBytes).sum());
    }
    boolean isOpen = opened != null && opened.isBucketOpen();
    facts.put("state", trouble.isPresent() ? "in trouble" : isOpen ? "open" : "opening");
    trouble.ifPresent(reason -> facts.put("trouble", reason));
    return new Report(true, facts);
  }
}
