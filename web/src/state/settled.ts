/** Whether everything that was asked for is drawn. The page says so on its root element, for tests and measurements. */

import { useEffect } from "react";

const waiting = new Set<unknown>();
let due = 0;

function say(): void {
  document.documentElement.dataset.settled = String(waiting.size === 0);
}

/** Something is being fetched or drawn. */
export function begin(task: unknown): void {
  waiting.add(task);
  due += 1;
  say();
}

/** It is there. What follows from it may begin with the next frame, so the page is settled only after that. */
export function end(task: unknown): void {
  if (!waiting.delete(task) || waiting.size > 0) return;
  due += 1;
  const mine = due;
  requestAnimationFrame(() => window.setTimeout(() => mine === due && say(), 0));
}

let looks = 0;

/** Say that all that is shown is of the question asked now, some of it as a first look: it is drawn, and not settled. */
export function useFirstLook(shown: boolean): void {
  useEffect(() => {
    if (!shown) return;
    const say = () => (document.documentElement.dataset.provisional = String(looks > 0));
    looks += 1;
    say();
    return () => {
      looks -= 1;
      say();
    };
  }, [shown]);
}

/** Count a component as unsettled for as long as it is shown. */
export function useUnsettled(): void {
  useEffect(() => {
    const task = {};
    begin(task);
    return () => end(task);
  }, []);
}
