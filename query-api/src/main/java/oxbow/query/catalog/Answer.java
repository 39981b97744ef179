package oxbow.query.catalog;

import com.linecorp.armeria.common.HttpStatus;
import org.apache.iceberg.rest.RESTResponse;
import org.jspecify.annotations.Nullable;

/**
 * What a client gets.
 *
 * @param body null: nothing but the status
 * @param tag of this state of what was asked for; a client that has it need not get it again
 */
record Answer(HttpStatus status, @Nullable RESTResponse body, @Nullable String tag) {
  static final Answer DONE = new Answer(HttpStatus.NO_CONTENT, null, null);

  static Answer of(RESTResponse body) {
    return new Answer(HttpStatus.OK, body, null);
  }

  static Answer tagged(RESTResponse body, String tag) {
    return new Answer(HttpStatus.OK, body, tag);
  }

  static Answer unchanged(String tag) {
    return new Answer(HttpStatus.NOT_MODIFIED, null, tag);
  }
}
