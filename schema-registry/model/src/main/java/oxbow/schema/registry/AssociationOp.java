package oxbow.schema.registry;

import java.util.List;
import oxbow.schema.RegistryException;
import oxbow.schema.registry.AssociationRequest.Manner;
import oxbow.schema.registry.AssociationRequest.Wanted;

/** One of the things to be done to a resource's associations, one after the other. */
public sealed interface AssociationOp {
  /** The association's type. */
  String type();

  /** Makes one, or changes one. */
  record Put(Manner manner, Wanted wanted) implements AssociationOp {
    @Override
    public String type() {
      return wanted.type();
    }
  }

  /**
   * Takes one away, if it is there.
   *
   * @param cascades also the subject, if the topic owns it
   */
  record Delete(String type, boolean cascades) implements AssociationOp {}

  /**
   * What is to be done to one resource.
   *
   * @param ops at least one, of each type one at most
   */
  record Batch(AssociatedResource resource, boolean isDryRun, List<AssociationOp> ops) {
    public Batch {
      ops = List.copyOf(ops);
      if (ops.isEmpty()) {
        throw RegistryException.invalidAssociation("associations", "cannot be null or empty");
      }
      AssociationRequest.requireDistinct(ops.stream().map(AssociationOp::type).toList());
    }
  }
}
