package oxbow.query.sql.http;

import com.linecorp.armeria.common.HttpStatus;

/** One answer of a query whose rows are fetched page by page. */
@SuppressWarnings("ArrayRecordComponent") // never compared
record Page(HttpStatus status, byte[] body, boolean isLast) {}
