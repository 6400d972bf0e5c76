/** Light or dark: as the device, or as the reader chose. */

import { useSyncExternalStore } from "react";

export type Choice = "auto" | "light" | "dark";
const KEY = "karvan-theme";
const device = window.matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set<() => void>();
let choice: Choice = "auto";

function apply(): void {
  document.documentElement.dataset.theme = currentTheme();
  for (const listener of listeners) listener();
}

export function currentTheme(): "light" | "dark" {
  if (choice !== "auto") return choice;
  return device.matches ? "dark" : "light";
}

export function startTheme(): void {
  try {
    const stored = localStorage.getItem(KEY);
    if (stored === "light" || stored === "dark") choice = stored;
  } catch {
    // a browser that keeps nothing shows the device's theme
  }
  device.addEventListener("change", apply);
  apply();
}

export function chooseTheme(next: Choice): void {
  choice = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // it holds for this page alone
  }
  apply();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useThemeChoice(): Choice {
  return useSyncExternalStore(subscribe, () => choice);
}

export function useTheme(): "light" | "dark" {
  return useSyncExternalStore(subscribe, currentTheme);
}

/** Return a colour of the theme in use, by its name in style.css. */
export function color(name: string): string {
  return getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();
}
