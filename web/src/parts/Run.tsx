/** A run: it tells how far it is and about how long it has to go, can be stopped, and ends in an answer or in why there is none. */

import { useCallback, useEffect, useState, type ReactNode } from "react";
import { addressOf, Faulty, request, type FaultLike } from "../api/client";
import type { RunState } from "../api/types";
import { count, fill } from "../format/words";
import { en } from "../i18n";
import { FaultCard } from "./FaultCard";

/** Milliseconds between two looks at a run. */
const LOOK_MS = 600;

export interface Run {
  /** The latest run of the question; null where there is none, undefined until the server has said. */
  state: RunState | null | undefined;
  fault: FaultLike | null;
  start: () => void;
  stop: () => void;
}

/** Follow the run of a question; `base` is the address of a room's runs. Without parameters nothing is asked. */
export function useRun(base: string, params: URLSearchParams | null): Run {
  const question = params && addressOf(base, params);
  const [state, setState] = useState<RunState | null | undefined>(undefined);
  const [fault, setFault] = useState<FaultLike | null>(null);
  const ask = useCallback(async (address: string, method = "GET") => {
    try {
      const found = await request<RunState | null>(address, { method });
      setFault(null);
      return found;
    } catch (error) {
      setFault(error instanceof Faulty ? error.fault : { kind: "bug", message: String(error), near: [], lines: [], given: "" });
      return undefined;
    }
  }, []);
  useEffect(() => {
    let gone = false;
    setState(question === null ? null : undefined);
    if (question === null) return;
    void ask(question).then((found) => gone || setState(found));
    return () => void (gone = true);
  }, [question]);
  useEffect(() => {
    if (state?.state !== "running") return;
    const timer = window.setTimeout(() => void ask(`${base}/${state.id}`).then((found) => setState(found ?? { ...state })), LOOK_MS);
    return () => window.clearTimeout(timer);
  }, [state]);
  return {
    state,
    fault,
    start: () => question !== null && void ask(question, "POST").then((found) => found !== undefined && setState(found)),
    stop: () => state && void ask(`${base}/${state.id}`, "DELETE").then((found) => found !== undefined && setState(found)),
  };
}

/** What a run is for, how it stands, and its buttons. */
export function RunCard({ run, title, text, begin = en.case.start }: { run: Run; title: string; text: ReactNode; begin?: string }) {
  const { state, fault } = run;
  const running = state?.state === "running";
  const left = running && state.done > 0 ? (state.seconds / state.done) * (state.of - state.done) : null;
  return (
    <section className="stack run" aria-label={title} data-run={state?.state ?? "none"}>
      <h2>{title}</h2>
      <p className="quiet">{text}</p>
      {running && (
        <>
          <progress value={state.done} max={state.of || 1} aria-label={title} />
          <p role="status">
            {state.stage && !(state.stage in en.run.stages) && `${state.stage}. `}
            {state.of ? fill(en.run.progress, { done: count(state.done), of: count(state.of) }) : state.stage ? "" : en.case.starting}{" "}
            {left !== null && (left < 90 ? fill(en.run.secondsLeft, { n: count(Math.ceil(left / 5) * 5) }) : fill(en.run.minutesLeft, { n: count(Math.ceil(left / 60)) }))}
          </p>
        </>
      )}
      {state?.state === "stopped" && <p role="status">{en.run.stopped}</p>}
      {state?.state === "failed" && state.fault && <FaultCard fault={state.fault} />}
      {fault && <FaultCard fault={fault} />}
      <div>{running ? <button onClick={run.stop}>{en.case.stop}</button> : <button className="primary" onClick={run.start}>{state ? en.case.again : begin}</button>}</div>
    </section>
  );
}
