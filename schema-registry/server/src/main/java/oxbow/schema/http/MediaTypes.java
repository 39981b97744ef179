package oxbow.schema.http;

import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.common.MediaType;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** Which types a request may have, and in which an answer is given. */
final class MediaTypes {
  static final MediaType V1 = MediaType.create("application", "vnd.schemaregistry.v1+json");
  private static final MediaType UNVERSIONED =
      MediaType.create("application", "vnd.schemaregistry+json");
  private static final MediaType JSON = MediaType.create("application", "json");
  private static final List<MediaType> ANSWERS = List.of(V1, UNVERSIONED, JSON);
  private static final int ACCEPT_LENGTH_MAX = 4096;

  private MediaTypes() {}

  /** What the client likes most of what there is; throws 406 if it likes nothing. */
  static MediaType answer(List<String> accept) {
    String all = String.join(",", accept);
    if (all.isBlank()) return V1;
    if (all.length() > ACCEPT_LENGTH_MAX) throw HttpError.of(HttpStatus.NOT_ACCEPTABLE);
    return Stream.of(all.split(","))
        .map(MediaTypes::parsed)
        .flatMap(Optional::stream)
        .filter(range -> range.qualityFactor() > 0)
        .sorted(Comparator.comparingDouble((MediaType range) -> range.qualityFactor()).reversed())
        .flatMap(range -> ANSWERS.stream().filter(offered -> isIn(offered, range)).limit(1))
        .findFirst()
        .orElseThrow(() -> HttpError.of(HttpStatus.NOT_ACCEPTABLE));
  }

  /** Parameters don't count: clients send versions and weights of their own. */
  private static boolean isIn(MediaType offered, MediaType range) {
    return (range.type().equals("*") || range.type().equals(offered.type()))
        && (range.subtype().equals("*") || range.subtype().equals(offered.subtype()));
  }

  private static Optional<MediaType> parsed(String type) {
    try {
      return Optional.of(MediaType.parse(type.strip()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /** Throws 415 unless a body of this type is read; without a type it counts as bytes. */
  static void checkRequest(@Nullable String contentType) {
    if (contentType == null) return;
    MediaType given =
        parsed(contentType).orElseThrow(() -> HttpError.of(HttpStatus.UNSUPPORTED_MEDIA_TYPE));
    MediaType bare = given.withoutParameters();
    if (!ANSWERS.contains(bare) && !bare.is(MediaType.OCTET_STREAM)) {
      throw HttpError.of(HttpStatus.UNSUPPORTED_MEDIA_TYPE);
    }
  }
}
