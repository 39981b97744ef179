package oxbow.log;

import java.time.InstantSource;
import oxbow.log.batch.BatchValidator;
import oxbow.log.clean.Compaction;
import oxbow.log.io.LogFiles;

/** What all logs of a directory share. */
record LogEnvironment(
    LogFiles files,
    InstantSource clock,
    NanoClock nanoClock,
    LogThreads threads,
    GroupCommit groupCommit,
    Checkpoints checkpoints,
    BatchValidator validator,
    Compaction compaction,
    DiskSpace space,
    LogCounters counters) {}
