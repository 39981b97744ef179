/**
 * The console, a page for people at the root of the HTTP port. Start with {@link
 * oxbow.query.console.ConsoleService}, which serves its files; these are beside it among the
 * resources, and start with {@code js/main.js}. They talk to the same endpoints as everybody else.
 */
@NullMarked
package oxbow.query.console;

import org.jspecify.annotations.NullMarked;
