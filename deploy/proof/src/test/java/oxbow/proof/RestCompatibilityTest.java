package oxbow.proof;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

/**
 * Apache Iceberg's REST compatibility kit, with the client that it brings, makes and writes tables
 * of its own beside those of topics.
 */
@EnabledIfSystemProperty(named = "proof.target", matches = "oxbow")
@ExtendWith(ProofExtension.class)
final class RestCompatibilityTest {
  private static final Duration BOUND = Duration.ofMinutes(4);
  private static final int PASSED_MIN = 90;

  /** Tests that say themselves that they aren't meant for a catalog like ours, and why. */
  private static final Map<String, String> NOT_MEANT =
      Map.ofEntries(
          entry("testListNestedNamespaces()", "namespaces have one level"),
          entry("testDropNamespaceWithNestedNamespace()", "namespaces have one level"),
          entry("createAndDropEmptyNamespace()", "each table is in a namespace"),
          entry("listNamespacesWithEmptyNamespace()", "each table is in a namespace"),
          entry("listTablesInEmptyNamespace()", "each table is in a namespace"),
          entry("namespacePropertiesOnEmptyNamespace()", "each table is in a namespace"),
          entry("createTableInUniqueLocation()", "the kit leaves it out against any server"));

  private final Proof proof;

  RestCompatibilityTest(Proof proof) {
    this.proof = proof;
  }

  @Test
  void theCatalogDoesWhatIcebergsOwnKitExpects() throws Exception {
    Path folder = proof.folder("rck");
    Path reports = folder.resolve("reports");
    try (Oxbow oxbow = Oxbow.start(proof.folder("rck-oxbow"), "iceberg.rest.writes.enable=true")) {
      ChildProcess kit =
          ChildProcess.start(
              "rck",
              folder,
              Map.of("CATALOG_URI", oxbow.http() + "/iceberg"),
              ChildProcess.javaCommand(
                  ClassPaths.rck(),
                  List.of(
                      "-Xmx512m",
                      "-XX:+UseSerialGC",
                      "-XX:TieredStopAtLevel=1",
                      "-Drck.local=false",
                      "-Dorg.slf4j.simpleLogger.defaultLogLevel=error",
                      "-Doxbow.bucket=" + oxbow.bucket()),
                  List.of(
                      "org.junit.platform.console.ConsoleLauncher",
                      "execute",
                      "--disable-banner",
                      "--disable-ansi-colors",
                      "--details=summary",
                      "--reports-dir=" + reports,
                      "--select-class=oxbow.proof.rck.OxbowCatalogTests")));

      int status = kit.awaitExit(BOUND);

      Outcome outcome = outcome(reports.resolve("TEST-junit-jupiter.xml"));
      assertThat(outcome.failed).as("status %s\n%s", status, kit.output()).isEmpty();
      assertThat(outcome.skipped.keySet()).isEqualTo(NOT_MEANT.keySet());
      assertThat(outcome.passed).hasSizeGreaterThanOrEqualTo(PASSED_MIN);
    }
  }

  /** Names of tests, and what was said of those that didn't pass. */
  private record Outcome(
      List<String> passed, Map<String, String> failed, Map<String, String> skipped) {}

  private static Outcome outcome(Path report) throws Exception {
    NodeList cases =
        DocumentBuilderFactory.newInstance()
            .newDocumentBuilder()
            .parse(report.toFile())
            .getElementsByTagName("testcase");
    var outcome = new Outcome(new ArrayList<>(), new TreeMap<>(), new TreeMap<>());
    for (int i = 0; i < cases.getLength(); i++) {
      Element test = (Element) cases.item(i);
      String name = test.getAttribute("name");
      if (has(test, "failure") || has(test, "error")) {
        outcome.failed.put(name, test.getTextContent().strip());
      } else if (has(test, "skipped")) {
        outcome.skipped.put(name, test.getTextContent().strip());
      } else {
        outcome.passed.add(name);
      }
    }
    return outcome;
  }

  private static boolean has(Element test, String child) {
    return test.getElementsByTagName(child).getLength() > 0;
  }
}
