/**
 * The only code of ours inside the process of Kafka's command-line tools: {@link
 * oxbow.proof.runner.ToolRunner} calls their main methods one after another.
 */
@NullMarked
package oxbow.proof.runner;

import org.jspecify.annotations.NullMarked;
