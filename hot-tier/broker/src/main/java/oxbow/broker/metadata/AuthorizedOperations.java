package oxbow.broker.metadata;

import java.util.Collection;
import java.util.EnumSet;
import java.util.Set;
import org.apache.kafka.common.acl.AclOperation;

/** What a principal may do to a resource, as the bit field that responses carry. */
public final class AuthorizedOperations {
  private static final Set<AclOperation> ON_CLUSTER =
      EnumSet.of(
          AclOperation.CREATE,
          AclOperation.CLUSTER_ACTION,
          AclOperation.DESCRIBE_CONFIGS,
          AclOperation.ALTER_CONFIGS,
          AclOperation.IDEMPOTENT_WRITE,
          AclOperation.ALTER,
          AclOperation.DESCRIBE);
  private static final Set<AclOperation> ON_TOPIC =
      EnumSet.of(
          AclOperation.READ,
          AclOperation.WRITE,
          AclOperation.CREATE,
          AclOperation.DESCRIBE,
          AclOperation.DELETE,
          AclOperation.ALTER,
          AclOperation.DESCRIBE_CONFIGS,
          AclOperation.ALTER_CONFIGS);
  private static final Set<AclOperation> ON_GROUP =
      EnumSet.of(
          AclOperation.READ,
          AclOperation.DESCRIBE,
          AclOperation.DELETE,
          AclOperation.DESCRIBE_CONFIGS,
          AclOperation.ALTER_CONFIGS);

  /** Everything that can be done to the cluster. */
  public static final int ALL_ON_CLUSTER = bits(ON_CLUSTER);

  /** Everything that can be done to a topic. */
  public static final int ALL_ON_TOPIC = bits(ON_TOPIC);

  /** Everything that can be done to a group. */
  public static final int ALL_ON_GROUP = bits(ON_GROUP);

  private AuthorizedOperations() {}

  private static int bits(Collection<AclOperation> operations) {
    int bits = 0;
    for (AclOperation operation : operations) bits |= 1 << operation.code();
    return bits;
  }
}
