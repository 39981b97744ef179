package oxbow.cold.table;

import org.apache.iceberg.LocationProviders;
import org.apache.iceberg.TableMetadata;
import org.apache.iceberg.TableOperations;
import org.apache.iceberg.io.FileIO;
import org.apache.iceberg.io.LocationProvider;

/**
 * Collects changes to one version of a table's metadata, which are then committed together on top
 * of exactly that version. Owned by one thread.
 */
final class StagedOperations implements TableOperations {
  private final ObjectTableOperations operations;
  private TableMetadata staged;

  StagedOperations(ObjectTableOperations operations, TableMetadata base) {
    this.operations = operations;
    this.staged = base;
  }

  @Override
  public TableMetadata current() {
    return staged;
  }

  @Override
  public TableMetadata refresh() {
    return staged;
  }

  @Override
  public void commit(TableMetadata base, TableMetadata metadata) {
    staged = metadata;
  }

  @Override
  public FileIO io() {
    return operations.io();
  }

  @Override
  public String metadataFileLocation(String file) {
    return operations.metadataFileLocation(file);
  }

  @Override
  public LocationProvider locationProvider() {
    return LocationProviders.locationsFor(staged.location(), staged.properties());
  }
}
