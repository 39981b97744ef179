package oxbow.schema.protobuf;

import static org.assertj.core.api.Assertions.assertThat;

import com.squareup.wire.schema.Location;
import com.squareup.wire.schema.internal.parser.ProtoFileElement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import oxbow.schema.InvalidSchemaException;
import oxbow.schema.References;

/** Random files: their texts mean the same in every form, to us and to Wire's parser. */
class ProtoTextPropertyTest {
  private static final int FILES = 120;

  private final ProtobufFormat format = new ProtobufFormat();

  @Test
  void everyFormOfAFileMeansTheSame() {
    for (long seed = 0; seed < FILES; seed++) {
      String text = RandomFiles.file(seed);
      try {
        check(text);
      } catch (AssertionError | RuntimeException e) {
        throw new AssertionError("seed " + seed + "\n" + text, e);
      }
    }
  }

  private void check(String text) {
    ProtobufSchema schema = format.parseNew(text, References.NONE);
    String canonical = schema.canonicalText();
    assertThat(format.parseNew(canonical, References.NONE).canonicalText()).isEqualTo(canonical);

    ProtobufSchema normalized = schema.normalized();
    assertThat(normalized.normalized()).isEqualTo(normalized);
    assertThat(format.parse(canonical, References.NONE).normalized()).isEqualTo(normalized);
    assertThat(schema.whyCannotRead(normalized)).isEmpty();
    assertThat(normalized.whyCannotRead(schema)).isEmpty();

    String serialized = schema.formatted("serialized");
    ProtobufSchema fromDescriptor = format.parseNew(serialized, References.NONE);
    assertThat(schema.whyCannotRead(fromDescriptor)).isEmpty();
    assertThat(fromDescriptor.whyCannotRead(schema)).isEmpty();
    assertThat(format.parse(fromDescriptor.canonicalText(), References.NONE))
        .isEqualTo(fromDescriptor);

    assertThat(schema.formatted("ignore_extensions")).doesNotContain("extend ", "_opt");
  }

  @Test
  void wiresParserFindsTheSameInTheCanonicalTextAsInTheOriginal() {
    for (long seed = 0; seed < FILES; seed++) {
      String text = RandomFiles.bare(seed); // Wire has rules of its own for comments
      String canonical = format.parse(text, References.NONE).canonicalText();

      assertThat(wire(canonical)).as("seed %d\n%s", seed, text).isEqualTo(wire(text));
    }
  }

  /** What Wire has understood, as lines; it mixes kinds of members differently. */
  private static List<String> wire(String text) {
    var parser =
        new com.squareup.wire.schema.internal.parser.ProtoParser(
            Location.get("x.proto"), text.toCharArray());
    ProtoFileElement file = parser.readProtoFile();
    return Arrays.stream(file.toSchema().split("\n"))
        .map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("//"))
        .sorted()
        .toList();
  }

  @Test
  void damagedTextsAreRefusedAndNothingElseHappens() {
    Random random = new Random(1);
    int refused = 0;
    for (int i = 0; i < 600; i++) {
      StringBuilder text = new StringBuilder(RandomFiles.file(random.nextInt(50)));
      int damages = 1 + random.nextInt(3);
      for (int d = 0; d < damages; d++) {
        int at = random.nextInt(text.length());
        switch (random.nextInt(3)) {
          case 0 -> text.deleteCharAt(at);
          case 1 -> text.insert(at, "{}[]<>\"'=;.,()\\/0-aé".charAt(random.nextInt(20)));
          default -> text.setCharAt(at, (char) random.nextInt(128));
        }
      }
      try {
        format.parseNew(text.toString(), References.NONE);
      } catch (InvalidSchemaException e) {
        refused++;
        assertThat(e.getMessage()).isNotBlank();
      } catch (RuntimeException e) {
        throw new AssertionError("text " + i + ": " + text, e);
      }
    }
    assertThat(refused).isGreaterThan(200);
  }

  @Test
  void damagedDescriptorsAreRefusedAndNothingElseHappens() {
    Random random = new Random(2);
    List<String> good = new ArrayList<>();
    for (long seed = 0; seed < 20; seed++) {
      good.add(format.parse(RandomFiles.file(seed), References.NONE).formatted("serialized"));
    }
    int refused = 0;
    for (int i = 0; i < 600; i++) {
      byte[] bytes = Base64.getDecoder().decode(good.get(random.nextInt(good.size())));
      for (int d = 0; d < 3; d++) {
        bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
      }
      try {
        format.parseNew(Base64.getEncoder().encodeToString(bytes), References.NONE);
      } catch (InvalidSchemaException e) {
        refused++;
      } catch (RuntimeException e) {
        throw new AssertionError("descriptor " + i, e);
      }
    }
    assertThat(refused).isGreaterThan(200);
  }
}
