/** What stands where the process beside the server is at work: what it does, for how long, and how to stop it. */

import { useEffect, useState } from "react";
import { request } from "../api/client";
import type { WorkState } from "../api/types";
import { fill } from "../format/words";
import { en } from "../i18n";
import { useUnsettled } from "../state/settled";

/** Milliseconds until a reader wonders, and between two looks. */
const WONDER_MS = 900;
const LOOK_MS = 700;

/** `over` stands over an answer that is being renewed: nothing moves for it, and it speaks once a reader wonders. */
export function AtWork({ over = false }: { over?: boolean }) {
  const [work, setWork] = useState<WorkState | null>(null);
  const [stopped, setStopped] = useState(false);
  useUnsettled();
  useEffect(() => {
    let timer = 0;
    const look = () => {
      // a server that does not answer is told of by the page itself
      request<WorkState>("/api/work").then(setWork, () => setWork(null));
      timer = window.setTimeout(look, LOOK_MS);
    };
    timer = window.setTimeout(look, WONDER_MS);
    return () => window.clearTimeout(timer);
  }, []);
  const text = work ? fill(en.work[work.state] ?? en.shell.working, { seconds: Math.round(work.seconds) }) : en.shell.working;
  if (over && !work) return <span className="progress" aria-hidden="true" />;
  return (
    <div className={over ? "row at-work over" : "row at-work"} role="status" data-work={work?.state ?? "none"}>
      <span className="quiet">{text}</span>
      {work && work.state !== "idle" && (
        <button
          disabled={stopped}
          onClick={() => {
            setStopped(true);
            void request("/api/work", { method: "DELETE" }).catch(() => setStopped(false));
          }}
        >
          {en.work.stop}
        </button>
      )}
      <span className="progress" aria-hidden="true" />
    </div>
  );
}
