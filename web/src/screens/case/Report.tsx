/** A run of every stage: it tells how far it is, can be stopped, and ends in a report or in why there is none. */

import { useEffect, useState } from "react";
import { Faulty, request, type FaultLike } from "../../api/client";
import type { RunState } from "../../api/types";
import { fill } from "../../format/words";
import { en } from "../../i18n";
import { FaultCard } from "../../parts/FaultCard";

/** Milliseconds between two looks at a run. */
const LOOK_MS = 400;

export function Report() {
  const [run, setRun] = useState<RunState | null>(null);
  const [fault, setFault] = useState<FaultLike | null>(null);

  const ask = async (address: string, method: string) => {
    try {
      setRun(await request<RunState>(address, { method }));
      setFault(null);
    } catch (error) {
      setFault(error instanceof Faulty ? error.fault : { kind: "bug", message: String(error), near: [], lines: [], given: "" });
    }
  };
  useEffect(() => {
    if (run?.state !== "running" || fault) return;
    const timer = window.setTimeout(() => void ask(`/api/case/runs/${run.id}`, "GET"), LOOK_MS);
    return () => window.clearTimeout(timer);
  }, [run, fault]);

  const start = () => void ask("/api/case/runs", "POST");
  return (
    <section className="stack" aria-labelledby="report-title" data-run={run?.state ?? "none"}>
      <h2 id="report-title">{en.case.report}</h2>
      <p className="quiet">{en.case.reportText}</p>
      {run?.state === "running" && (
        <>
          <progress value={run.done} max={run.of || 1} aria-label={en.case.report} />
          <p role="status">
            {run.of ? fill(en.case.stage, { done: Math.min(run.done + 1, run.of), of: run.of, stage: en.case.stages[run.stage] ?? run.stage }) : en.case.starting}
          </p>
          <div>
            <button onClick={() => void ask(`/api/case/runs/${run.id}`, "DELETE")}>{en.case.stop}</button>
          </div>
        </>
      )}
      {run?.state === "stopped" && <p role="status">{en.case.stopped}</p>}
      {run?.state === "failed" && run.fault && (
        <>
          <p>{en.case.failed}</p>
          <FaultCard fault={run.fault} />
        </>
      )}
      {run?.state === "done" && (
        <p>
          <a href={`/api/case/runs/${run.id}/report`} target="_blank" rel="noreferrer">
            {en.case.openReport}
          </a>
          {run.decision && (
            <>
              {" · "}
              <a href={`/api/case/runs/${run.id}/decision`} target="_blank" rel="noreferrer">
                {en.case.openDecision}
              </a>
            </>
          )}
        </p>
      )}
      {fault && <FaultCard fault={fault} />}
      {run?.state !== "running" && (
        <div>
          <button onClick={start}>{run ? en.case.again : en.case.start}</button>
        </div>
      )}
    </section>
  );
}
