/**
 * The registry over HTTP, as Confluent's clients expect it. Handlers only translate: what may be
 * registered is decided in the model.
 */
@NullMarked
package oxbow.schema.http;

import org.jspecify.annotations.NullMarked;
