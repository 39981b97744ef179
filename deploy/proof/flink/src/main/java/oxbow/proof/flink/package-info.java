/**
 * A program of Flink's formats and of the Java client they contain: {@link
 * oxbow.proof.flink.FlinkClient} runs in a process of its own, with Flink's class path.
 */
@NullMarked
package oxbow.proof.flink;

import org.jspecify.annotations.NullMarked;
