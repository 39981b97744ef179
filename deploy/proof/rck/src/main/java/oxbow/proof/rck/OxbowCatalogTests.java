package oxbow.proof.rck;

import java.nio.charset.StandardCharsets;
import java.util.UUID;
import org.apache.iceberg.catalog.TableIdentifier;
import org.apache.iceberg.rest.RESTCompatibilityKitCatalogTests;

/**
 * The kit, told what the protocol leaves to catalogs: which names they take, and where tables may
 * lie. What it expects of them stays as it came.
 */
public class OxbowCatalogTests extends RESTCompatibilityKitCatalogTests {
  /** Where the bucket is. */
  private static final String BUCKET = System.getProperty("oxbow.bucket");

  /** Creates this class for the kit's launcher. */
  public OxbowCatalogTests() {}

  @Override
  protected boolean requiresNamespaceCreate() {
    return true;
  }

  @Override
  protected boolean supportsServerSideRetry() {
    return true;
  }

  @Override
  protected boolean supportsNamesWithDot() {
    return true;
  }

  @Override
  protected boolean supportsNamesWithSlashes() {
    return true;
  }

  /** A table lies in a folder of its own, which begins with its name. */
  @Override
  protected String baseTableLocation(TableIdentifier table) {
    UUID unique = UUID.nameUUIDFromBytes(table.toString().getBytes(StandardCharsets.UTF_8));
    return BUCKET + "/tables/" + table.namespace() + "/" + table.name() + "-" + unique;
  }
}
