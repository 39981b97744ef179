package oxbow;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.lang.ArchRule;
import org.junit.jupiter.api.Test;

/** The arrows of ARCHITECTURE.md that Maven's modules don't guard. */
class ArchitectureTest {
  private static final JavaClasses OURS =
      new ClassFileImporter()
          .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
          .importPackages("oxbow");

  @Test
  void onlyTheControlPlaneAndTheGroupsKnowKafkasMetadataClasses() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("oxbow.broker.control..", "oxbow.broker.group..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "org.apache.kafka.controller..",
                "org.apache.kafka.metadata..",
                "org.apache.kafka.image.."));
  }

  @Test
  void onlyTheControlPlaneKnowsKafkasRaft() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("oxbow.broker.control..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.kafka.raft.."));
  }

  @Test
  void onlyTheGroupsRunKafkasCoordinators() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("oxbow.broker.control..", "oxbow.broker.group..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.kafka.coordinator.."));
  }

  @Test
  void theLogKnowsNoNetwork() {
    check(
        noClasses()
            .that()
            .resideInAPackage("oxbow.log..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                "io.netty..", "io.micrometer..", "org.apache.kafka.common.message.."));
  }

  @Test
  void onlyTheNetworkAndTheWireKnowChannels() {
    check(
        noClasses()
            .that()
            .resideInAPackage("oxbow.broker..")
            .and()
            .resideOutsideOfPackages("oxbow.broker.net..", "oxbow.broker.wire..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.netty.channel.."));
  }

  @Test
  void onlyHttpKnowsArmeria() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("oxbow.server.http..", "oxbow.schema.http..", "oxbow.query..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("com.linecorp.armeria.."));
  }

  @Test
  void onlyTablesKnowIceberg() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackages("oxbow.cold.table..", "oxbow.query..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("org.apache.iceberg.."));
  }

  @Test
  void onlyTheObjectStoreKnowsTheSdkOfS3() {
    check(
        noClasses()
            .that()
            .resideOutsideOfPackage("oxbow.cold.store..")
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("software.amazon.awssdk.."));
  }

  @Test
  void nobodySleeps() {
    check(noClasses().should().callMethod(Thread.class, "sleep", long.class));
  }

  @Test
  void theLogReadsNoSystemClock() {
    check(
        noClasses()
            .that()
            .resideInAPackage("oxbow.log..")
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime"));
  }

  @Test
  void packagesSayWhatLivesInThem() {
    check(
        classes()
            .that()
            .haveSimpleName("package-info")
            .should()
            .beAnnotatedWith(org.jspecify.annotations.NullMarked.class));
  }

  private static void check(ArchRule rule) {
    rule.check(OURS);
  }
}
