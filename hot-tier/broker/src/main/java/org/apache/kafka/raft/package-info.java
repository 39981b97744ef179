/** What has to lie in a package of Kafka's to reach what is its package's own. */
package org.apache.kafka.raft;
