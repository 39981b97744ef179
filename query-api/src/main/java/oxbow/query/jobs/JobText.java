package oxbow.query.jobs;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import oxbow.log.ReadLimit;
import oxbow.query.jobs.Jobs.Shown;

/** A job as clients see it. */
final class JobText {
  private static final double PERCENT = 100;

  private JobText() {}

  static String name(Progress progress) {
    return progress.state().name().toLowerCase(Locale.ROOT);
  }

  /**
   * All that is to be told.
   *
   * @param isWhole the partitions too
   */
  static Map<String, Object> of(Shown shown, boolean isWhole) {
    Job job = shown.job();
    Progress progress = shown.progress();
    Map<String, Object> text = new LinkedHashMap<>();
    text.put("id", job.id());
    text.put("state", name(progress));
    if (!progress.reason().isEmpty()) text.put("reason", progress.reason());
    text.put("topic", job.source().topic());
    switch (job.target()) {
      case Job.Copy copy -> {
        text.put("target", Map.of("topic", copy.topic()));
        text.put("partitioning", copy.mapping().name().toLowerCase(Locale.ROOT));
        text.put(
            "isolation",
            job.source().isolation() == ReadLimit.LAST_STABLE
                ? "read_committed"
                : "read_uncommitted");
      }
      case Job.Group group -> text.put("target", Map.of("group", group.group()));
    }
    if (job.recordsPerSecond() > 0) text.put("recordsPerSecond", job.recordsPerSecond());
    if (job.bytesPerSecond() > 0) text.put("bytesPerSecond", job.bytesPerSecond());
    text.put("createdAt", Instant.ofEpochMilli(job.createdMs()).toString());
    if (progress.endedMs() > 0) {
      text.put("endedAt", Instant.ofEpochMilli(progress.endedMs()).toString());
    }
    if (job.target() instanceof Job.Copy) putProgress(text, shown);
    if (isWhole) text.put("partitions", partitions(job, progress));
    return text;
  }

  private static void putProgress(Map<String, Object> text, Shown shown) {
    List<Job.Range> ranges = shown.job().source().ranges();
    List<Progress.Part> parts = shown.progress().parts();
    long all = 0;
    long passed = 0;
    long records = 0;
    long bytes = 0;
    for (int i = 0; i < ranges.size(); i++) {
      all += ranges.get(i).to() - ranges.get(i).from();
      passed += parts.get(i).next() - ranges.get(i).from();
      records += parts.get(i).records();
      bytes += parts.get(i).bytes();
    }
    text.put("percent", all == 0 ? PERCENT : Math.floor(10 * PERCENT * passed / all) / 10);
    text.put("records", records);
    text.put("bytes", bytes);
    text.put("hot", shown.progress().hot());
    text.put("cold", shown.progress().cold());
    if (shown.perSecond() > 0 && passed < all) {
      text.put("etaSeconds", Math.round((all - passed) / shown.perSecond()));
    }
  }

  private static List<Object> partitions(Job job, Progress progress) {
    List<Object> partitions = new ArrayList<>();
    for (int i = 0; i < job.source().ranges().size(); i++) {
      Job.Range range = job.source().ranges().get(i);
      Progress.Part part = progress.parts().get(i);
      Map<String, Object> text = new LinkedHashMap<>();
      text.put("partition", range.partition());
      if (job.target() instanceof Job.Copy) {
        text.put("from", range.from());
        text.put("to", range.to());
        text.put("next", part.next());
        text.put("records", part.records());
        text.put("bytes", part.bytes());
      } else {
        text.put("offset", range.from());
      }
      partitions.add(text);
    }
    return partitions;
  }
}
