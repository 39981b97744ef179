package oxbow.server.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import oxbow.server.cli.Shell.Result;
import oxbow.server.testing.TestServer;

/** {@code oxbow schemas} against the registry of a server in this process. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(120)
class SchemasCommandTest {
  private static final String FIRST =
      """
      {"type": "record", "name": "Order", "fields": [
        {"name": "id", "type": "long"},
        {"name": "item", "type": "string"}]}
      """;
  private static final String WITH_NOTE =
      """
      {"type": "record", "name": "Order", "fields": [
        {"name": "id", "type": "long"},
        {"name": "item", "type": "string"},
        {"name": "note", "type": ["null", "string"], "default": null}]}
      """;
  private static final String WITH_PRICE =
      """
      {"type": "record", "name": "Order", "fields": [
        {"name": "id", "type": "long"},
        {"name": "item", "type": "string"},
        {"name": "price", "type": "double"}]}
      """;

  @TempDir static Path directory;

  private final ObjectMapper json = new ObjectMapper();
  private TestServer server;
  private String registry;

  @BeforeAll
  void start() throws Exception {
    server = TestServer.start(directory.resolve("data"), List.of());
    registry = "http://127.0.0.1:" + server.server().registryAddress().orElseThrow().getPort();
  }

  @AfterAll
  void stop() {
    server.close();
  }

  private Result withInput(String input, String... args) {
    String[] all = Arrays.copyOf(args, args.length + 3);
    System.arraycopy(args, 0, all, 1, args.length);
    all[0] = "schemas";
    all[args.length + 1] = "--registry";
    all[args.length + 2] = registry;
    return new Shell().input(input).run(all);
  }

  private Result run(String... args) {
    return withInput("", args);
  }

  private Result done(String... args) {
    Result result = run(args);
    assertThat(result.exitCode()).as("%s: %s", List.of(args), result.err()).isZero();
    return result;
  }

  private JsonNode json(String... args) throws IOException {
    String[] all = Arrays.copyOf(args, args.length + 1);
    all[args.length] = "--json";
    return json.readTree(run(all).out());
  }

  private String registered(String subject, String schema, String... options) {
    String[] all = Arrays.copyOf(options, options.length + 2);
    System.arraycopy(options, 0, all, 2, options.length);
    all[0] = "register";
    all[1] = subject;
    Result result = withInput(schema, all);
    assertThat(result.exitCode()).as(result.err()).isZero();
    return result.out();
  }

  private String file(String name, String text) throws IOException {
    return Files.writeString(directory.resolve(name), text).toString();
  }

  @Test
  void whatIsRegisteredIsListedAndShown() throws IOException {
    assertThat(registered("life-value", FIRST)).startsWith("life-value version 1 has id ");
    String first = registered("life-value", FIRST);
    String file = file("life.avsc", WITH_NOTE);
    assertThat(done("register", "life-value", file).out()).startsWith("life-value version 2 has");
    assertThat(first).isEqualTo(registered("life-value", FIRST));
    assertThat(first).isEqualTo(withInput(FIRST, "register", "life-value", "-").out());

    assertThat(json("list").findValuesAsText("subject")).contains("life-value");
    assertThat(json("list", "life-value").findValuesAsText("version")).containsExactly("1", "2");
    assertThat(json("list", "--prefix", "nothing-begins-so")).isEmpty();
    JsonNode latest = json("get", "life-value");
    assertThat(latest.path("version").asInt()).isEqualTo(2);
    String id = latest.path("id").asText();
    assertThat(done("get", "--id", id).out()).contains("type  AVRO").contains("\"note\"");
    assertThat(done("get", "life-value", "1").out())
        .contains("subject  life-value\nversion  1\nid ")
        .contains("{\n  \"type\" : \"record\",\n  \"name\" : \"Order\"");
    assertThat(done("get", "life-value", "1", "--bare").out())
        .isEqualTo(
            "{\"type\":\"record\",\"name\":\"Order\",\"fields\":[{\"name\":\"id\",\"type\":\"long\"},"
                + "{\"name\":\"item\",\"type\":\"string\"}]}\n");
  }

  @Test
  void refusalsCarryTheRegistrysNumber() {
    Result subject = run("get", "nobody's");
    assertThat(subject.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(subject.err()).startsWith("oxbow: Subject 'nobody's' not found. (error 40401)\n");
    registered("refusals-value", FIRST);
    Result version = run("get", "refusals-value", "7");
    assertThat(version.exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(version.err()).contains("(error 40402)");
    Result invalid = withInput("{\"type\": \"recrod\"}", "register", "refusals-value");
    assertThat(invalid.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(invalid.err()).contains("(error 42201)").doesNotContain("\tat ");
    Result level = run("config", "refusals-value", "--level", "SIDEWAYS");
    assertThat(level.err()).contains("(error 42203)");
    Result incompatible = withInput(WITH_PRICE, "register", "refusals-value");
    assertThat(incompatible.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(incompatible.err())
        .contains("not compatible with refusals-value (error 409")
        .contains("`oxbow schemas check refusals-value FILE`");
  }

  @Test
  void anythingElseThanARegistryIsToldApart() {
    int port = server.server().http().toCompletableFuture().join().orElseThrow().getPort();
    Result result = new Shell().run("schemas", "list", "-r", "http://127.0.0.1:" + port);
    assertThat(result.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(result.err()).contains("is no schema registry (HTTP 404)");
    Result mounted =
        new Shell().run("schemas", "list", "-r", "http://127.0.0.1:" + port + "/registry");
    assertThat(mounted.exitCode()).as(mounted.err()).isZero();
  }

  @Test
  void checkTellsWhatBreaksWhereAndWhichLevelWouldAllowIt() throws IOException {
    registered("check-value", FIRST);
    Result fine = withInput(WITH_NOTE, "check", "check-value");
    assertThat(fine.exitCode()).isEqualTo(ExitCode.OK);
    assertThat(fine.out())
        .isEqualTo(
            """
            compatible with check-value, whose level is BACKWARD
            levels that allow it: NONE, BACKWARD, BACKWARD_TRANSITIVE, FORWARD, FORWARD_TRANSITIVE, \
            FULL, FULL_TRANSITIVE
            """);
    Result broken = withInput(WITH_PRICE, "check", "check-value");
    assertThat(broken.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(broken.out())
        .startsWith("not compatible with check-value, whose level is BACKWARD\n")
        .contains("the new schema can't read data of version 1:\n")
        .contains("  READER_FIELD_MISSING_DEFAULT_VALUE at /fields/2\n    The field 'price'")
        .doesNotContain("errorType")
        .endsWith("\nlevels that allow it: NONE, FORWARD, FORWARD_TRANSITIVE\n");

    JsonNode facts = json.readTree(withInput(WITH_PRICE, "check", "check-value", "--json").out());
    assertThat(facts.path("compatible").asBoolean()).isFalse();
    assertThat(facts.path("breaks").path(0).path("direction").asText()).isEqualTo("backward");
    assertThat(facts.path("breaks").path(0).path("version").asInt()).isEqualTo(1);
    assertThat(facts.path("allowedBy").toString())
        .isEqualTo("[\"NONE\",\"FORWARD\",\"FORWARD_TRANSITIVE\"]");
    Result invalid = withInput("{\"type\": \"recrod\"}", "check", "check-value");
    assertThat(invalid.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(invalid.out()).contains("the schema is not valid: ");
    assertThat(withInput(FIRST, "check", "nobodys-value").out())
        .isEqualTo("nobodys-value has no versions to be compatible with\n");
  }

  @Test
  void theLevelThatCheckNamesLetsTheSchemaIn() {
    registered("level-value", FIRST);
    assertThat(done("config", "level-value").out())
        .contains("own                 no\ncompatibilityLevel  BACKWARD\n");
    assertThat(done("config", "level-value", "--level", "FORWARD").out())
        .isEqualTo("changed the settings of level-value\n");
    assertThat(done("config", "level-value").out()).contains("own                 yes\n");
    assertThat(registered("level-value", WITH_PRICE)).startsWith("level-value version 2");
    done("config", "level-value", "--set", "normalize=true");
    assertThat(done("config", "level-value").out()).contains("normalize           yes\n");
    done("config", "level-value", "--unset");
    assertThat(done("config", "level-value").out()).contains("compatibilityLevel  BACKWARD\n");
  }

  @Test
  void diffShowsFieldsLinesAndWhoReadsWhom() throws IOException {
    registered("diff-value", FIRST);
    done("config", "diff-value", "--level", "NONE");
    registered("diff-value", WITH_NOTE);
    registered("diff-value", WITH_PRICE);
    assertThat(done("diff", "diff-value", "1", "2").out())
        .isEqualTo(
            """
            diff-value, version 1 to 2 (AVRO)

            + note: string, optional

            version 2 reads data of version 1: yes
            version 1 reads data of version 2: yes

            ...
                    "name" : "item",
                    "type" : "string"
            +     },
            +     {
            +       "name" : "note",
            +       "type" : [
            +         "null",
            +         "string"
            +       ],
            +       "default" : null
                  }
                ]
            ...
            """);
    String latest = done("diff", "diff-value").out();
    assertThat(latest)
        .startsWith(
            "diff-value, version 2 to 3 (AVRO)\n\n- note: string, optional\n+ price: double\n")
        .contains("version 3 reads data of version 2: no\n  The field 'price'");
    JsonNode facts = json("diff", "diff-value", "2", "3");
    assertThat(facts.path("backward").asBoolean()).isFalse();
    assertThat(facts.path("forward").asBoolean()).isTrue();
    assertThat(facts.path("changes")).hasSize(2);
    registered("single-value", FIRST);
    assertThat(run("diff", "single-value").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
  }

  @Test
  void referencesAreResolvedInAllThreeLanguages() throws IOException {
    registered(
        "Money",
        "{\"type\":\"record\",\"name\":\"shop.Money\",\"fields\":[{\"name\":\"cents\",\"type\":\"long\"}]}");
    String sale =
        "{\"type\":\"record\",\"name\":\"shop.Sale\",\"fields\":[{\"name\":\"sum\",\"type\":\"shop.Money\"%s}]}";
    registered("sale-value", sale.formatted(""), "--reference", "shop.Money=Money:1");
    assertThat(done("get", "sale-value").out()).contains("shop.Money  Money          1\n");
    assertThat(done("get", "sale-value", "--bare", "--format", "resolved").out())
        .contains("\"cents\"");
    Result checked =
        withInput(
            sale.formatted(",\"doc\":\"of all\""),
            "check",
            "sale-value",
            "--reference",
            "shop.Money=Money:latest");
    assertThat(checked.exitCode()).as(checked.out() + checked.err()).isZero();

    String proto = "syntax = \"proto3\";\npackage shop;\n";
    String money = file("money.proto", proto + "message Money { int64 cents = 1; }\n");
    done("register", "money.proto", money);
    String first = proto + "import \"money.proto\";\nmessage Sale { Money sum = 1; }\n";
    String[] reference = {"--reference", "money.proto=money.proto:1"};
    done("register", "sale-proto", file("sale.proto", first), reference[0], reference[1]);
    String second = first.replace("sum = 1;", "sum = 1; string note = 2;");
    done("register", "sale-proto", file("sale2.proto", second), reference[0], reference[1]);
    assertThat(done("diff", "sale-proto").out())
        .contains("(PROTOBUF)", "+ note: string = 2", "+   string note = 2;");

    done("register", "money.json", file("money.json", "{\"type\":\"integer\"}"));
    String object =
        "{\"type\":\"object\",\"additionalProperties\":false,\"properties\":{\"sum\":{\"$ref\":\"money.json\"}%s}}";
    String[] link = {"--reference", "money.json=money.json:1"};
    done("register", "sale-json", file("sale.json", object.formatted("")), link[0], link[1]);
    String more = object.formatted(",\"note\":{\"type\":\"string\"}");
    done("check", "sale-json", file("more.json", more), link[0], link[1]);
    Result blocked = run("delete", "money.json", "--yes");
    assertThat(blocked.err()).contains("(error 42206)", "delete first what refers to it");
  }

  @Test
  void userAndPasswordAreSentAndNeverShown() throws IOException {
    List<String> asked = new CopyOnWriteArrayList<>();
    var guarded = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    guarded.createContext(
        "/",
        exchange -> {
          String who = exchange.getRequestHeaders().getFirst("Authorization");
          asked.add(who == null ? "nobody" : who);
          boolean isKnown = basic("ann", "p@ss:word+1").equals(who);
          byte[] answer = (isKnown ? "[]" : "{\"error_code\":401}").getBytes(UTF_8);
          exchange.sendResponseHeaders(isKnown ? 200 : 401, answer.length);
          exchange.getResponseBody().write(answer);
          exchange.close();
        });
    guarded.start();
    try {
      String host = "127.0.0.1:" + guarded.getAddress().getPort();
      String inUrl = "http://ann:p%40ss:word+1@" + host;

      Result byUrl = new Shell().run("schemas", "list", "--registry", inUrl);
      String[] option = {"--registry-user", "ann:p@ss:word+1"};
      Result byOption =
          new Shell()
              .run("schemas", "list", "--registry", "http://bob:x@" + host, option[0], option[1]);
      Result wrong = new Shell().run("schemas", "list", "--registry", "http://ann:secret@" + host);
      Result nobody = new Shell().run("schemas", "list", "--registry", "http://" + host);

      assertThat(List.of(byUrl.exitCode(), byOption.exitCode())).containsOnly(ExitCode.OK);
      assertThat(asked)
          .containsExactly(
              basic("ann", "p@ss:word+1"),
              basic("ann", "p@ss:word+1"),
              basic("ann", "secret"),
              "nobody");
      assertThat(wrong.exitCode()).isEqualTo(ExitCode.FAILED);
      assertThat(wrong.err()).contains("http://" + host, "(HTTP 401)").doesNotContain("secret");
      assertThat(nobody.err()).contains("OXBOW_REGISTRY_USER");
    } finally {
      guarded.stop(0);
    }
    Result away = new Shell().run("schemas", "list", "--registry", "http://ann:secret@127.0.0.1:1");
    assertThat(away.exitCode()).isEqualTo(ExitCode.UNREACHABLE);
    assertThat(away.err()).contains("http://127.0.0.1:1").doesNotContain("secret");
    Result bad = new Shell().run("schemas", "list", "--registry", "ftp://ann:secret@host");
    assertThat(bad.exitCode()).isEqualTo(ExitCode.USAGE);
    assertThat(bad.err()).doesNotContain("secret");
  }

  private static String basic(String user, String password) {
    byte[] both = (user + ":" + password).getBytes(UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(both);
  }

  @Test
  void deletingAsksAndComesInTwoSteps() throws IOException {
    registered("delete-value", FIRST.replace("Order", "Gone"));
    registered("delete-value", WITH_NOTE.replace("Order", "Gone"));
    assertThat(done("delete", "delete-value", "1", "--yes").out())
        .isEqualTo("deleted delete-value version 1\n");
    assertThat(json("list", "delete-value").findValuesAsText("version")).containsExactly("2");
    assertThat(json("list", "delete-value", "--deleted").findValuesAsText("deleted"))
        .containsExactly("true", "false");
    assertThat(run("get", "delete-value", "1").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(done("get", "delete-value", "1", "--deleted").out()).contains("deleted  yes\n");
    String id = json("get", "delete-value", "2").path("id").asText();

    assertThat(done("delete", "delete-value", "--permanent", "--yes").out())
        .isEqualTo("deleted delete-value for good\n");

    assertThat(run("get", "--id", id).err()).contains("(error 40403)");
    assertThat(run("list", "delete-value", "--deleted").exitCode()).isEqualTo(ExitCode.NOT_FOUND);
    assertThat(run("delete", "delete-value", "--yes").err()).contains("(error 40401)");
  }

  @Test
  void aSubjectThatIsReadOnlyTakesNothingNew() {
    registered("mode-value", FIRST);
    assertThat(done("mode", "mode-value").out()).contains("own      no\nmode     READWRITE\n");
    assertThat(done("mode", "mode-value", "--set", "READONLY").out())
        .isEqualTo("the mode of mode-value is READONLY\n");
    Result refused = withInput(WITH_NOTE, "register", "mode-value");
    assertThat(refused.exitCode()).isEqualTo(ExitCode.FAILED);
    assertThat(refused.err()).contains("(error 42205)", "`oxbow schemas mode`");
    done("mode", "mode-value", "--unset");
    registered("mode-value", WITH_NOTE);
    done("mode", "import-value", "--set", "IMPORT");
    assertThat(registered("import-value", FIRST.replace("Order", "Brought"), "--id", "5000"))
        .endsWith("has id 5000\n");
  }

  @Test
  void metadataAndRulesAreKept() throws IOException {
    String rules =
        file(
            "rules.json",
            """
            {"domainRules": [{"name": "cheap", "kind": "CONDITION", "mode": "WRITE", "type": "CEL",
              "expr": "message.id > 0"}]}
            """);
    registered("kept-value", FIRST, "--metadata", "owner=shop", "--rules", rules);
    assertThat(done("get", "kept-value").out()).contains("metadata  owner=shop\n", "\"cheap\"");
    assertThat(json("get", "kept-value").path("ruleSet").path("domainRules")).hasSize(1);
  }
}
