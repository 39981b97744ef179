package oxbow.schema.protobuf;

import com.google.protobuf.AnyProto;
import com.google.protobuf.ApiProto;
import com.google.protobuf.DescriptorProtos;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DurationProto;
import com.google.protobuf.EmptyProto;
import com.google.protobuf.FieldMaskProto;
import com.google.protobuf.JavaFeaturesProto;
import com.google.protobuf.SourceContextProto;
import com.google.protobuf.StructProto;
import com.google.protobuf.TimestampProto;
import com.google.protobuf.TypeProto;
import com.google.protobuf.WrappersProto;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import oxbow.schema.References;

/**
 * The files that every schema may import without registering them: Protobuf's own, Google's common
 * types and Confluent's. All lie in the program; each is linked when it is first asked for.
 * Thread-safe.
 */
final class KnownFiles {
  static final String CONFLUENT_META = "confluent/meta.proto";
  static final String DESCRIPTOR = "google/protobuf/descriptor.proto";

  private static final Set<String> TEXTS =
      Set.of(
          CONFLUENT_META,
          "confluent/type/decimal.proto",
          "confluent/type/variant.proto",
          "google/type/calendar_period.proto",
          "google/type/color.proto",
          "google/type/date.proto",
          "google/type/datetime.proto",
          "google/type/dayofweek.proto",
          "google/type/decimal.proto",
          "google/type/expr.proto",
          "google/type/fraction.proto",
          "google/type/interval.proto",
          "google/type/latlng.proto",
          "google/type/money.proto",
          "google/type/month.proto",
          "google/type/phone_number.proto",
          "google/type/postal_address.proto",
          "google/type/quaternion.proto",
          "google/type/timeofday.proto");

  private final Map<String, FileDescriptor> linked = new ConcurrentHashMap<>();

  Optional<FileDescriptor> find(String name) {
    FileDescriptor known =
        switch (name) {
          case "google/protobuf/any.proto" -> AnyProto.getDescriptor();
          case "google/protobuf/api.proto" -> ApiProto.getDescriptor();
          case DESCRIPTOR -> DescriptorProtos.getDescriptor();
          case "google/protobuf/duration.proto" -> DurationProto.getDescriptor();
          case "google/protobuf/empty.proto" -> EmptyProto.getDescriptor();
          case "google/protobuf/field_mask.proto" -> FieldMaskProto.getDescriptor();
          case "google/protobuf/java_features.proto" -> JavaFeaturesProto.getDescriptor();
          case "google/protobuf/source_context.proto" -> SourceContextProto.getDescriptor();
          case "google/protobuf/struct.proto" -> StructProto.getDescriptor();
          case "google/protobuf/timestamp.proto" -> TimestampProto.getDescriptor();
          case "google/protobuf/type.proto" -> TypeProto.getDescriptor();
          case "google/protobuf/wrappers.proto" -> WrappersProto.getDescriptor();
          default -> TEXTS.contains(name) ? text(name) : null;
        };
    return Optional.ofNullable(known);
  }

  /** Which of them declares a type, to say what to import. */
  Optional<String> declaring(String fullName) {
    if (fullName.startsWith("google.protobuf.")) {
      for (FileDescriptor file :
          new FileDescriptor[] {
            AnyProto.getDescriptor(),
            DurationProto.getDescriptor(),
            EmptyProto.getDescriptor(),
            FieldMaskProto.getDescriptor(),
            StructProto.getDescriptor(),
            TimestampProto.getDescriptor(),
            WrappersProto.getDescriptor(),
            DescriptorProtos.getDescriptor()
          }) {
        if (Names.find(file, fullName).isPresent()) {
          return Optional.of(file.getName());
        }
      }
    }
    if (fullName.startsWith("google.type.") || fullName.startsWith("confluent.")) {
      return TEXTS.stream()
          .sorted()
          .filter(t -> Names.find(text(t), fullName).isPresent())
          .findFirst();
    }
    return Optional.empty();
  }

  private FileDescriptor text(String name) {
    FileDescriptor found = linked.get(name);
    if (found == null) {
      // Not inside computeIfAbsent: linking one may ask for another.
      found = new Linker(this, References.NONE).link(name, ProtoParser.parse(read(name)));
      linked.put(name, found);
    }
    return found;
  }

  private static String read(String name) {
    try (InputStream in = KnownFiles.class.getResourceAsStream(name)) {
      if (in == null) {
        throw new IllegalStateException("the program lacks its file " + name);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
