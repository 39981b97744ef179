/**
 * JSON values to columns and back. Start with {@link oxbow.cold.shred.json.JsonProgramCompiler}.
 * Only texts that are written in one of four usual ways come back out of columns alone; of all
 * others the text is kept beside.
 */
@NullMarked
package oxbow.cold.shred.json;

import org.jspecify.annotations.NullMarked;
