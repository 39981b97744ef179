package oxbow.query.sql.duckdb;

/** How many databases are open in this process. */
public final class OpenDatabases {
  private OpenDatabases() {}

  public static int count() {
    return Database.openCount();
  }
}
