/** The view that is shown: the address is its one home, so that any view can be shared, kept and gone back to. */

import { useSyncExternalStore } from "react";
import { readView, writeView, type AskName, type Setting, type View } from "./setting";

let view = readView(location.pathname, location.search);
const listeners = new Set<() => void>();

let before: (next: View) => void = () => {};

/** Have something done with every view before it is drawn. */
export function onShow(listener: (next: View) => void): void {
  before = listener;
}

function tell(): void {
  before(view);
  for (const listener of listeners) listener();
}

window.addEventListener("popstate", () => {
  view = readView(location.pathname, location.search);
  tell();
});

export function currentView(): View {
  return view;
}

/** Show another view; `replace` for steps that no one wants to go back through, such as those of a slider. */
export function show(next: View, { replace = false } = {}): void {
  const address = writeView(next);
  view = next;
  if (address !== location.pathname + location.search) {
    if (replace) history.replaceState(null, "", address);
    else history.pushState(null, "", address);
  }
  tell();
}

export function useView(): View {
  return useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => view,
  );
}

/** Return what a screen asks under a name, and how to ask otherwise. */
export function useAsk(name: AskName, otherwise = ""): [string, (value: string, replace?: boolean) => void] {
  const value = useView().ask[name]?.[0] ?? otherwise;
  return [value, (next, replace = false) => ask({ [name]: next === otherwise ? [] : [next] }, replace)];
}

/** Ask several things at once. */
export function ask(more: Partial<Record<AskName, string[]>>, replace = false): void {
  show({ ...view, ask: { ...view.ask, ...more } }, { replace });
}

export type Side = "a" | "b";

/** Set one of the settings. */
export function set(side: Side, setting: Setting, replace = false): void {
  show({ ...view, [side]: setting }, { replace });
}
