package oxbow.query.rows;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.ZoneId;
import java.util.List;
import java.util.Map;
import org.apache.arrow.memory.RootAllocator;
import org.apache.arrow.vector.VectorSchemaRoot;
import org.apache.arrow.vector.types.pojo.Schema;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import oxbow.query.sql.duckdb.Database;
import oxbow.query.sql.duckdb.DuckDb;
import oxbow.query.sql.duckdb.Rows;
import oxbow.query.sql.duckdb.Statement;

/** Values of every type, as DuckDB gives them, as text. */
class RowTextTest {
  @TempDir static Path directory;

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '~',
      value = {
        "true | true | true",
        "NULL::INTEGER | null |",
        "(-128)::TINYINT | -128 | -128",
        "255::UTINYINT | 255 | 255",
        "65535::USMALLINT | 65535 | 65535",
        "4294967295::UINTEGER | 4294967295 | 4294967295",
        "18446744073709551615::UBIGINT | ~\"18446744073709551615\"~ | 18446744073709551615",
        "(-9223372036854775807 - 1)::BIGINT | ~\"-9223372036854775808\"~ | -9223372036854775808",
        "9007199254740992::BIGINT | 9007199254740992 | 9007199254740992",
        "1.5::FLOAT | 1.5 | 1.5",
        "'nan'::DOUBLE | ~\"NaN\"~ | NaN",
        "'-inf'::DOUBLE | ~\"-Infinity\"~ | -Infinity",
        "123.4500::DECIMAL(18,4) | 123.4500 | 123.4500",
        "'' | ~\"\"~ | ~\"\"~",
        "concat('ä\"\\', chr(10), chr(1)) | ~\"ä\\\"\\\\\\n\\u0001\"~ | ~\"ä\"\"\\\n\u0001\"~",
        "'a,b' | ~\"a,b\"~ | ~\"a,b\"~",
        "'\\xAA\\x00'::BLOB | ~\"qgA=\"~ | qgA=",
        "DATE '2026-02-03' | ~\"2026-02-03\"~ | 2026-02-03",
        "'infinity'::DATE | ~\"infinity\"~ | infinity",
        "TIME '10:00:00.5' | ~\"10:00:00.5\"~ | 10:00:00.5",
        "TIMESTAMP '2026-02-03 04:05:06' | ~\"2026-02-03T04:05:06\"~ | 2026-02-03T04:05:06",
        "'2026-02-03 04:05:06.789+00'::TIMESTAMPTZ | ~\"2026-02-03T05:05:06.789+01:00\"~ |"
            + " 2026-02-03T05:05:06.789+01:00",
        "INTERVAL '14 months 3 days 1.5 seconds' | ~\"P1Y2M3DT1.5S\"~ | P1Y2M3DT1.5S",
        "INTERVAL '0 seconds' | ~\"PT0S\"~ | PT0S",
        "'{{8a3e0e34-5d2b-4b5c-9a2e-111111111111}}'::UUID |"
            + " ~\"8a3e0e34-5d2b-4b5c-9a2e-111111111111\"~ | 8a3e0e34-5d2b-4b5c-9a2e-111111111111",
        "[1, NULL, 3] | [1,null,3] | ~\"[1,null,3]\"~",
        "{'a': 1, 'b': ['x']} | {\"a\":1,\"b\":[\"x\"]} | ~\"{\"\"a\"\":1,\"\"b\"\":[\"\"x\"\"]}\"~",
        "MAP {'k': 1, 'l': NULL} | {\"k\":1,\"l\":null} | ~\"{\"\"k\"\":1,\"\"l\"\":null}\"~",
        "MAP {1: 'x'} | [{\"key\":1,\"value\":\"x\"}] |"
            + " ~\"[{\"\"key\"\":1,\"\"value\"\":\"\"x\"\"}]\"~",
        "array_value(1, 2) | [1,2] | ~\"[1,2]\"~",
      })
  void everyTypeHasAForm(String expression, String json, String csv) {
    var out = new Utf8();
    var text = new RowText(ZoneId.of("Europe/Berlin"), true, out);
    DuckDb.load(directory);
    try (var allocator = new RootAllocator();
        Database database = Database.open(Map.of());
        Statement statement = database.prepare("SELECT " + sql(expression) + " AS v");
        Rows rows = statement.execute()) {
      assertThat(rows.next()).isTrue();
      try (VectorSchemaRoot batch = rows.take(schema(rows), allocator)) {
        text.batch(batch);
        text.array(0);
        assertThat(taken(out)).isEqualTo("[" + json + "]");
        text.object(0);
        assertThat(taken(out)).isEqualTo("{\"v\":" + json + "}");
        text.csv(0);
        assertThat(taken(out)).isEqualTo((csv == null ? "" : csv) + "\r\n");
      }
    }
  }

  private static Schema schema(Rows rows) {
    Statement.Column column = rows.columns().getFirst();
    return new Schema(List.of(column.type().field(column.name())));
  }

  /** Braces for a parameter's name are doubled. */
  private static String sql(String expression) {
    return expression.replace("{{", "").replace("}}", "");
  }

  private static String taken(Utf8 out) {
    return new String(out.take(), StandardCharsets.UTF_8);
  }
}
