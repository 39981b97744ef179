/**
 * The registry over HTTP, as Confluent's clients expect it. Start with {@link
 * oxbow.schema.http.RegistryService}, which Armeria calls; {@code Endpoints} are the paths.
 * Handlers only translate: what may be registered is decided in the model. What is answered from
 * memory runs on Armeria's event loops, what parses, lists or waits on virtual threads, a bounded
 * number of them.
 */
@NullMarked
package oxbow.schema.http;

import org.jspecify.annotations.NullMarked;
