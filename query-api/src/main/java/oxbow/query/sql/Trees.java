package oxbow.query.sql;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import oxbow.query.sql.duckdb.Database;

/**
 * The trees that DuckDB makes of texts of SQL, whatever their words mean. Those of texts of late
 * are kept: clients ask the same again and again. Thread-safe.
 */
final class Trees {
  private static final JsonMapper JSON = new JsonMapper();
  private static final int KEPT_CHARS_MAX = 1 << 20;

  private final Cache<String, String> kept =
      Caffeine.newBuilder()
          .maximumWeight(KEPT_CHARS_MAX)
          .weigher((String text, String tree) -> text.length() + tree.length())
          .executor(Runnable::run)
          .build();

  /** The trees of some texts; none is of one that isn't SQL at all, and says so. */
  Map<String, JsonNode> of(Database database, List<String> texts) {
    Map<String, JsonNode> trees = new HashMap<>();
    Set<String> missing = new LinkedHashSet<>();
    for (String text : texts) {
      String tree = kept.getIfPresent(text);
      if (tree == null) missing.add(text);
      else trees.put(text, read(tree));
    }
    if (missing.isEmpty()) return trees;
    String places = String.join(", ", Collections.nCopies(missing.size(), "?::VARCHAR"));
    String sql =
        "SELECT text, json_serialize_sql(text)::VARCHAR FROM (SELECT unnest(["
            + places
            + "]) AS text)";
    for (List<@Nullable String> row : database.texts(sql, missing.toArray())) {
      String text = String.valueOf(row.getFirst());
      String tree = String.valueOf(row.getLast());
      kept.put(text, tree);
      trees.put(text, read(tree));
    }
    return trees;
  }

  JsonNode of(Database database, String text) {
    return of(database, List.of(text)).getOrDefault(text, JSON.missingNode());
  }

  private static JsonNode read(String tree) {
    try {
      return JSON.readTree(tree);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("DuckDB's tree is no JSON", e);
    }
  }
}
