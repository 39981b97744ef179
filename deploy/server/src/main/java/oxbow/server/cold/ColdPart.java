package oxbow.server.cold;

import io.micrometer.core.instrument.MeterRegistry;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;
import oxbow.broker.Tiering;
import oxbow.broker.control.TopicSettings;
import oxbow.cold.ColdTier;
import oxbow.cold.TopicTiering;
import oxbow.cold.store.LocalObjectStore;
import oxbow.cold.store.StoreException;
import oxbow.cold.store.StoreException.Kind;
import oxbow.cold.table.IcebergCatalog;
import oxbow.log.Logs;
import oxbow.query.catalog.StorageAccess;
import oxbow.schema.Schemas;

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
    var store = LocalObjectStore.open(bounds.bucket(), storeMeters, System::nanoTime);
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
   * @param clusterId whose bucket it is
   */
  public void begin(Optional<Schemas> known, String clusterId) {
    known.ifPresent(schemas::are);
    ColdTier opened = tier.get();
    if (opened != null) opened.begin(clusterId);
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
    return StorageAccess.LOCAL;
  }
}
