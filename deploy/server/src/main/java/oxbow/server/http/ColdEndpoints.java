package oxbow.server.http;

import com.linecorp.armeria.common.AggregatedHttpRequest;
import com.linecorp.armeria.common.HttpResponse;
import com.linecorp.armeria.common.HttpStatus;
import com.linecorp.armeria.server.ServiceRequestContext;
import com.linecorp.armeria.server.annotation.Blocking;
import com.linecorp.armeria.server.annotation.Default;
import com.linecorp.armeria.server.annotation.Get;
import com.linecorp.armeria.server.annotation.Param;
import com.linecorp.armeria.server.annotation.Post;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Function;
import org.apache.kafka.common.TopicIdPartition;
import org.jspecify.annotations.Nullable;
import oxbow.cold.ColdTier;
import oxbow.cold.Retyping;
import oxbow.cold.Verification;
import oxbow.cold.erase.ErasedKeys;
import oxbow.cold.file.ColdFile;
import oxbow.cold.file.ForeignObjects;
import oxbow.cold.offload.Offloader;
import oxbow.cold.store.StoreException;
import oxbow.log.LogOffsets;
import oxbow.server.cold.ColdPart;

/** What operators ask of the cold tier, below {@code /api/v1/cold}. */
@Blocking // the store may take its time
public final class ColdEndpoints {
  private final ColdPart part;

  public ColdEndpoints(ColdPart part) {
    this.part = part;
  }

  /** How far each partition is, of one topic or all. */
  @Get("/status")
  public HttpResponse status(ServiceRequestContext ctx, @Param("topic") Optional<String> topic) {
    requireKnown(ctx, "topic");
    return answered(
        topic,
        (tier, statuses) -> {
          List<Map<String, @Nullable Object>> rows = new ArrayList<>();
          // Who asks because the store is away is not made to wait for it.
          boolean isAway = tier.storeTrouble().isPresent();
          for (Offloader.Status status : statuses) {
            rows.add(row(status, isAway ? null : tier.files(status.partition())));
          }
          Map<String, @Nullable Object> all = new LinkedHashMap<>();
          all.put("storeAwaySeconds", tier.storeAway().toSeconds());
          all.put("storeTrouble", tier.storeTrouble().orElse(null));
          all.put("partitions", rows);
          return Json.answer(HttpStatus.OK, all);
        });
  }

  /**
   * @param files null: the store can't be asked for them
   */
  private static Map<String, @Nullable Object> row(
      Offloader.Status status, @Nullable List<ColdFile> files) {
    @Nullable LogOffsets offsets = status.offsets();
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("topic", status.partition().topic());
    row.put("partition", status.partition().partition());
    row.put("logStart", offsets == null ? null : offsets.logStart());
    row.put("localStart", offsets == null ? null : offsets.localStart());
    row.put("coldEnd", offsets == null ? null : offsets.coldEnd());
    row.put("logEnd", offsets == null ? null : offsets.logEnd());
    row.put("backlogBytes", status.backlogBytes());
    row.put("lagMs", status.ageMs());
    row.put("files", files == null ? null : files.size());
    row.put("bytes", files == null ? null : files.stream().mapToLong(ColdFile::bytes).sum());
    row.put("trouble", status.trouble());
    return row;
  }

  /** How many records have no columns of their own, and why, of one topic or all. */
  @Get("/raw")
  public HttpResponse raw(ServiceRequestContext ctx, @Param("topic") Optional<String> topic) {
    requireKnown(ctx, "topic");
    return answered(
        topic,
        (tier, statuses) -> {
          List<Map<String, Object>> rows = new ArrayList<>();
          for (Offloader.Status status : statuses) {
            var counts = new TreeMap<>(tier.raw(status.partition()).records());
            counts.forEach((reason, records) -> {
              Map<String, Object> row = new LinkedHashMap<>();
              row.put("topic", status.partition().topic());
              row.put("partition", status.partition().partition());
              row.put("reason", reason.name().toLowerCase(Locale.ROOT));
              row.put("records", records);
              rows.add(row);
            });
          }
          return Json.answer(HttpStatus.OK, Map.of("raw", rows));
        });
  }

  /** A topic's files in the order of their offsets. */
  @Get("/topics/{topic}/files")
  public HttpResponse files(
      ServiceRequestContext ctx,
      @Param("topic") String topic,
      @Param("partition") Optional<Integer> partition) {
    requireKnown(ctx, "partition");
    return answered(
        Optional.of(topic),
        (tier, statuses) -> {
          List<Map<String, @Nullable Object>> rows = new ArrayList<>();
          List<Integer> here =
              statuses.stream().map(status -> status.partition().partition()).toList();
          if (partition.isPresent() && !here.contains(partition.get())) {
            return Json.error(
                HttpStatus.NOT_FOUND, topic + " has no partition " + partition.get() + " here");
          }
          for (Offloader.Status status : statuses) {
            int index = status.partition().partition();
            if (partition.isPresent() && partition.get() != index) continue;
            for (ColdFile file : tier.files(status.partition())) rows.add(row(file));
          }
          return Json.answer(HttpStatus.OK, Map.of("files", rows));
        });
  }

  private static String time(long timestampMs) {
    return Instant.ofEpochMilli(timestampMs).toString();
  }

  private static Map<String, @Nullable Object> row(ColdFile file) {
    Map<String, @Nullable Object> row = new LinkedHashMap<>();
    row.put("partition", file.partition());
    row.put("baseOffset", file.baseOffset());
    row.put("endOffset", file.endOffset());
    row.put("records", file.records());
    row.put("bytes", file.bytes());
    row.put("logBytes", file.logBytes());
    boolean hasTimes = file.timestampMin() <= file.timestampMax(); // one without records has none
    row.put("firstTimestamp", hasTimes ? time(file.timestampMin()) : null);
    row.put("lastTimestamp", hasTimes ? time(file.timestampMax()) : null);
    row.put("name", String.join(" ", ForeignObjects.objects(file)));
    row.put("format", file.format().name().toLowerCase(Locale.ROOT));
    return row;
  }

  /** Begins to read back the files of one topic, or all; the answer names the job. */
  @Post("/verify")
  public HttpResponse verify(ServiceRequestContext ctx, @Param("topic") Optional<String> topic) {
    requireKnown(ctx, "topic");
    return answered(
        topic,
        (tier, statuses) -> {
          try {
            return Json.answer(
                HttpStatus.ACCEPTED, job(tier.verify(partitions(statuses)).report()));
          } catch (RejectedExecutionException e) {
            return Json.error(HttpStatus.TOO_MANY_REQUESTS, String.valueOf(e.getMessage()));
          }
        });
  }

  /** How far a verification is. */
  @Get("/verify/{job}")
  public HttpResponse verification(@Param("job") String job) {
    return part.tier()
        .flatMap(tier -> tier.verification(job))
        .map(found -> Json.answer(HttpStatus.OK, job(found.report())))
        .orElseGet(() -> Json.error(HttpStatus.NOT_FOUND, "there is no verification " + job));
  }

  private static Map<String, Object> job(Verification.Report report) {
    Map<String, Object> job = new LinkedHashMap<>();
    job.put("job", report.id());
    job.put("state", report.state().name().toLowerCase(Locale.ROOT));
    job.put("files", report.files());
    job.put("filesDone", report.filesDone());
    job.put("bytesDone", report.bytesDone());
    job.put("batches", report.batches());
    job.put("records", report.records());
    job.put("problemCount", report.problemCount());
    job.put("problems", report.problems());
    return job;
  }

  /** Begins to write files anew whose records have got columns since; the answer names the job. */
  @Post("/topics/{topic}/retype")
  public HttpResponse retype(
      ServiceRequestContext ctx,
      @Param("topic") String topic,
      @Param("all") @Default("false") boolean isAll) {
    requireKnown(ctx, "all");
    return answered(
        Optional.of(topic),
        (tier, statuses) -> {
          try {
            return Json.answer(
                HttpStatus.ACCEPTED, job(tier.retype(partitions(statuses), isAll).report()));
          } catch (RejectedExecutionException e) {
            return Json.error(HttpStatus.TOO_MANY_REQUESTS, String.valueOf(e.getMessage()));
          }
        });
  }

  /** How far a retyping is. */
  @Get("/retype/{job}")
  public HttpResponse retyping(@Param("job") String job) {
    return part.tier()
        .flatMap(tier -> tier.retyping(job))
        .map(found -> Json.answer(HttpStatus.OK, job(found.report())))
        .orElseGet(() -> Json.error(HttpStatus.NOT_FOUND, "there is no retyping " + job));
  }

  private static Map<String, Object> job(Retyping.Report report) {
    Map<String, Object> job = new LinkedHashMap<>();
    job.put("job", report.id());
    job.put("state", report.state().name().toLowerCase(Locale.ROOT));
    job.put("files", report.files());
    job.put("filesDone", report.filesDone());
    job.put("filesRetyped", report.filesRetyped());
    job.put("records", report.records());
    job.put("bytes", report.bytes());
    job.put("problemCount", report.problemCount());
    job.put("problems", report.problems());
    return job;
  }

  /** Merges a topic's small files now, in the background. */
  @Post("/topics/{topic}/merge")
  public HttpResponse merge(ServiceRequestContext ctx, @Param("topic") String topic) {
    requireKnown(ctx);
    return answered(
        Optional.of(topic),
        (tier, statuses) -> {
          tier.mergeSoon(partitions(statuses));
          return Json.answer(HttpStatus.ACCEPTED, Map.of("partitions", statuses.size()));
        });
  }

  /**
   * Begins to take the records of some keys out of a topic; the answer names the job. The body is
   * {@code {"keys": ["text", ...], "keysBase64": ["AAECAw==", ...], "keysJson": ["{\"id\": 7}",
   * ...]}}.
   */
  @Post("/topics/{topic}/erase")
  public HttpResponse erase(
      ServiceRequestContext ctx, @Param("topic") String topic, AggregatedHttpRequest request) {
    requireKnown(ctx);
    ErasedKeys keys;
    try {
      keys = EraseJson.keys(request.contentUtf8());
    } catch (IllegalArgumentException e) {
      return Json.error(HttpStatus.BAD_REQUEST, String.valueOf(e.getMessage()));
    }
    return answered(
        Optional.of(topic),
        (tier, statuses) -> {
          try {
            var begun = tier.erase(partitions(statuses), keys);
            return Json.answer(HttpStatus.ACCEPTED, EraseJson.of(begun.report()));
          } catch (RejectedExecutionException e) {
            return Json.error(HttpStatus.TOO_MANY_REQUESTS, String.valueOf(e.getMessage()));
          }
        });
  }

  /** How far an erasure is, and what it did. */
  @Get("/erase/{job}")
  public HttpResponse erasure(@Param("job") String job) {
    return part.tier()
        .flatMap(tier -> tier.erasure(job))
        .map(found -> Json.answer(HttpStatus.OK, EraseJson.of(found.report())))
        .orElseGet(() -> Json.error(HttpStatus.NOT_FOUND, "there is no erasure " + job));
  }

  /** Whoever misspells a parameter is told, and not given the answer to another question. */
  private static void requireKnown(ServiceRequestContext ctx, String... known) {
    for (String name : ctx.queryParams().names()) {
      if (List.of(known).contains(name)) continue;
      String others = known.length == 0 ? "" : "; there is " + String.join(", ", known);
      throw new IllegalArgumentException("there is no parameter '" + name + "' here" + others);
    }
  }

  private static List<TopicIdPartition> partitions(List<Offloader.Status> statuses) {
    return statuses.stream().map(Offloader.Status::partition).toList();
  }

  private interface Answer {
    HttpResponse of(ColdTier tier, List<Offloader.Status> statuses);
  }

  private HttpResponse answered(Optional<String> topic, Answer answer) {
    Optional<ColdTier> tier = part.tier();
    if (tier.isEmpty()) {
      return Json.error(HttpStatus.SERVICE_UNAVAILABLE, "the broker is not up yet");
    }
    Function<Offloader.Status, String> name = status -> status.partition().topic();
    List<Offloader.Status> statuses =
        tier.get().status().stream()
            .filter(status -> topic.isEmpty() || topic.get().equals(name.apply(status)))
            .sorted(
                Comparator.comparing(name)
                    .thenComparingInt(status -> status.partition().partition()))
            .toList();
    if (topic.isPresent() && statuses.isEmpty()) {
      return Json.error(
          HttpStatus.NOT_FOUND, "there is no topic " + topic.get() + " with a cold tier here");
    }
    try {
      return answer.of(tier.get(), statuses);
    } catch (StoreException e) {
      return Json.error(
          HttpStatus.SERVICE_UNAVAILABLE, "the object store does not answer: " + e.getMessage());
    }
  }
}
