package oxbow.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import oxbow.server.cli.SqlScript.Statement;

class SqlScriptTest {
  @Test
  void statementsEndAtSemicolons() {
    var script = new SqlScript("SELECT 1;\n\n-- two\nSELECT\n 2 ; ;SELECT 3");

    assertThat(script.statements())
        .containsExactly(
            new Statement("SELECT 1", 0),
            new Statement("SELECT\n 2", 3),
            new Statement("SELECT 3", 4));
    assertThat(script.isOpen()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT ';', 'it''s;' ;",
        "SELECT \"a;\"\"b\" ;",
        "SELECT 1 -- no; end\n + 1 ;",
        "SELECT /* ; */ 1;",
        "SELECT $$;$$ ;",
        "SELECT $tag$ ; $$ ; $tag$ ;",
        "SELECT a$1, ';' ;"
      })
  void otherSemicolonsEndNothing(String text) {
    var script = new SqlScript(text);

    assertThat(script.statements()).hasSize(1);
    assertThat(script.isOpen()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SELECT 'a;",
        "SELECT \"a;",
        "SELECT /* ;",
        "SELECT $$ ;",
        "SELECT 1",
        "SELECT 1; S"
      })
  void whatGoesOnIsOpen(String text) {
    assertThat(new SqlScript(text).isOpen()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(strings = {"", " \n", ";", "-- only this", "/* and this */ ;"})
  void commentsAreNoStatements(String text) {
    var script = new SqlScript(text);

    assertThat(script.statements()).isEmpty();
    assertThat(script.isOpen()).isFalse();
  }
}
