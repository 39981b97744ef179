/** Kafka's group coordinators on our log: the only user of Kafka's coordinator jars. */
@NullMarked
package oxbow.broker.group;

import org.jspecify.annotations.NullMarked;
