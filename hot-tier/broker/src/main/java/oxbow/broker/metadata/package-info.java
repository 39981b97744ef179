/**
 * What clients and admin tools ask about the cluster, and what they change through the controller.
 */
@NullMarked
package oxbow.broker.metadata;

import org.jspecify.annotations.NullMarked;
