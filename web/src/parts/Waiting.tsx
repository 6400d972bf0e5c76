/** What stands where something is on its way. */

import { en } from "../i18n";
import { useUnsettled } from "../state/settled";

export function Waiting({ text = en.shell.working }: { text?: string }) {
  useUnsettled();
  return (
    <p className="quiet" role="status">
      {text}
      <span className="progress" aria-hidden="true" />
    </p>
  );
}
