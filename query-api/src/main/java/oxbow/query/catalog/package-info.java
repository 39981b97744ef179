/**
 * The topics' tables for other engines: Iceberg's REST catalog over HTTP. Start with {@link
 * oxbow.query.catalog.CatalogService}, which Armeria calls; {@code Endpoints} are the paths.
 * Handlers only translate: what a commit may do is decided in {@code oxbow.cold.table}. They wait
 * for the object store on virtual threads, a bounded number of them.
 */
@NullMarked
package oxbow.query.catalog;

import org.jspecify.annotations.NullMarked;
