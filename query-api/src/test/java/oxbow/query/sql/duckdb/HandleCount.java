package oxbow.query.sql.duckdb;

/** How many objects native code still holds. */
public final class HandleCount {
  private HandleCount() {}

  public static int held() {
    return Handles.count();
  }
}
