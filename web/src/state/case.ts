/** The case, and what each side's setting comes to: asked once, used by every screen. */

import { createContext, useContext, useRef } from "react";
import type { Loaded } from "../api/client";
import type { CaseAnswer, SettingAnswer } from "../api/types";
import type { Setting } from "./setting";
import type { Side } from "./view";

/** One of the settings that a screen shows. */
export interface Pane {
  side: Side;
  setting: Setting;
  /** What it comes to; null until the server has said. */
  state: Loaded<SettingAnswer>;
}

export const CaseContext = createContext<CaseAnswer | null>(null);

export function useCase(): CaseAnswer {
  const found = useContext(CaseContext);
  if (!found) throw new Error("no case");
  return found;
}

/** What a screen is: a folder of its room's name under screens/, whose index exports this. */
export interface Screen {
  /** Whether the setting matters to it; one that no setting changes is shown once, also while two are compared. */
  obeys: boolean;
  Component: (props: { panes: Pane[] }) => React.ReactNode;
}

/** Return how a setting is called: its scenario, year and what else it changes, in short. */
export function settingName(caseOf: CaseAnswer, setting: Setting): string {
  const scenario = setting.scenario || caseOf.default_scenario;
  const parts = [caseOf.scenarios.find((item) => item.id === scenario)?.name ?? scenario];
  if (setting.year) parts.push(setting.year);
  parts.push(...setting.shut.map((name) => `\u2212${name}`), ...setting.open.map((name) => `+${name}`), ...setting.project);
  parts.push(...setting.change);
  return parts.join(", ");
}

/** Return the command that gives the same answer. */
export function commandOf(caseOf: CaseAnswer, words: string, pane: Pane | null): string {
  return ["karvan", words, ...caseOf.options, ...(pane?.state.data?.options ?? [])].join(" ");
}

/** What a screen shows of one setting: its pane and the answers in it. */
interface Shown {
  pane: Pane;
}

/** Return a side as it was when its answers were last those of its setting, the very same until they are anew: what is drawn of it is not drawn again. */
export function useStill<T extends Shown>(side: T | null, fresh: boolean): T | null {
  const still = useRef<T | null>(null);
  if (side === null) still.current = null;
  else if (still.current === null || (fresh && !alike(still.current, side))) still.current = side;
  return still.current;
}

function alike<T extends Shown>({ pane: one, ...mine }: T, { pane: other, ...theirs }: T): boolean {
  if (one.side !== other.side || one.setting !== other.setting || one.state.data !== other.state.data) return false;
  const answers: Record<string, unknown> = theirs;
  return Object.entries(mine).every(([name, answer]) => answer === answers[name]);
}
