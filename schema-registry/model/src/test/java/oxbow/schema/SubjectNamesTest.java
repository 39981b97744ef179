package oxbow.schema;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import oxbow.schema.avro.AvroFormat;

class SubjectNamesTest {
  private final ParsedSchema record =
      new AvroFormat()
          .parse("{\"type\":\"record\",\"name\":\"ex.R\",\"fields\":[]}", References.NONE);
  private final ParsedSchema nameless = new AvroFormat().parse("\"string\"", References.NONE);

  @Test
  void namesSubjectsAsClientsDo() {
    assertThat(SubjectNames.TOPIC_NAME.keySubject("t", nameless)).contains("t-key");
    assertThat(SubjectNames.TOPIC_NAME.valueSubject("t", nameless)).contains("t-value");
    assertThat(SubjectNames.RECORD_NAME.valueSubject("t", record)).contains("ex.R");
    assertThat(SubjectNames.TOPIC_RECORD_NAME.keySubject("t", record)).contains("t-ex.R");
    assertThat(SubjectNames.RECORD_NAME.valueSubject("t", nameless)).isEmpty();
  }

  @Test
  void knowsTheClassesThatSettingsName() {
    for (SubjectNames each : SubjectNames.values()) {
      assertThat(SubjectNames.of(each.className())).contains(each);
    }
    assertThat(SubjectNames.of(" RecordNameStrategy ")).contains(SubjectNames.RECORD_NAME);
    assertThat(SubjectNames.of(null)).contains(SubjectNames.TOPIC_NAME);
    assertThat(SubjectNames.of("")).contains(SubjectNames.TOPIC_NAME);
    assertThat(SubjectNames.of("com.acme.Mine")).isEmpty();
  }
}
