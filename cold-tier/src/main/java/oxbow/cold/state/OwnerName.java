package oxbow.cold.state;

/** The object that says which cluster a bucket belongs to, whichever directory has it. */
public final class OwnerName {
  public static final String OBJECT = "oxbow-cluster";

  private OwnerName() {}
}
