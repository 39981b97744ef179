/**
 * Replays that go on by themselves: a range of a topic copied into another one, or a group's
 * offsets moved. Start with {@link oxbow.query.jobs.Jobs}. Each job has a virtual thread {@code
 * job-*}, which waits for reads and appends; what it is to do and how far it is lies in a file of
 * its own.
 */
@NullMarked
package oxbow.query.jobs;

import org.jspecify.annotations.NullMarked;
