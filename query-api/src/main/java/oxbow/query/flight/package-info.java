/**
 * Flight SQL: what JDBC, ODBC and ADBC drivers speak. Start with {@link
 * oxbow.query.flight.FlightDoor}, which loads nothing of Arrow and gRPC before the first call. gRPC
 * is served on the HTTP port's own stack; calls run on virtual threads.
 */
@NullMarked
package oxbow.query.flight;

import org.jspecify.annotations.NullMarked;
