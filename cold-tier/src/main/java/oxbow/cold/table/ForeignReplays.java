package oxbow.cold.table;

import java.util.Optional;
import oxbow.cold.file.ColdFile;

/** Knows which files of ours another engine may write anew: those that their rows tell wholly. */
public interface ForeignReplays {
  /** Everybody may. */
  ForeignReplays ALL = _ -> Optional.empty();

  /** Why a file has to stay; empty: its records come back out of its rows alone. */
  Optional<String> whyKept(ColdFile file);
}
