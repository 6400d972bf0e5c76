/** What is pointed at: every fact of its row, with range and source, and a field to try another value. */

import { useState } from "react";
import { addressOf, useAnswer } from "../api/client";
import type { Fact } from "../api/types";
import { fill, number } from "../format/words";
import { en } from "../i18n";
import { readPick } from "../map/shape";
import type { Pane } from "../state/case";
import { addChange, settingParams } from "../state/setting";
import { set, useAsk } from "../state/view";
import { FaultCard } from "./FaultCard";
import { Sources } from "./Figure";

export function Facts({ pane }: { pane: Pane }) {
  const [text, setText] = useAsk("pick");
  const pick = readPick(text);
  const address = pick && addressOf(`/api/case/rows/${encodeURIComponent(pick.table)}/${encodeURIComponent(pick.row)}`, settingParams(pane.setting));
  const { data, fault, again } = useAnswer("get /api/case/rows/{table}/{row}", address);
  if (!text) return null;
  if (fault || !pick) {
    const told = fault ?? { kind: "usage", message: fill(en.fault.noPick, { name: text }), given: "", near: [], lines: [] };
    return (
      <section className="facts" aria-label={en.facts.title}>
        <FaultCard fault={told} again={fault ? again : undefined} />
        <button onClick={() => setText("")}>{en.facts.close}</button>
      </section>
    );
  }
  if (!data || data.row !== pick.row || data.table !== pick.table) return <section className="facts quiet">{en.shell.working}</section>;
  return (
    <section className="facts" aria-label={en.facts.title} data-facts={`${data.table}:${data.row}`}>
      <div className="row" style={{ justifyContent: "space-between" }}>
        <h2>
          {en.facts.what[data.table] ?? data.table}: {data.title}
        </h2>
        <button onClick={() => setText("")}>{en.facts.close}</button>
      </div>
      <p className="quiet">
        <code>
          {data.table}:{data.row}
        </code>{" "}
        {fill(en.facts.confidence, { level: en.confidence[data.confidence] ?? data.confidence })}{" "}
        {data.assumed && <span className="assumed">{en.assumption}</span>}
      </p>
      <dl>
        {data.facts
          .filter((fact) => !isBlank(fact.value) || fact.changed)
          .map((fact) => (
            <div key={fact.column} title={fact.description}>
              <dt>{fact.column}</dt>
              <dd>
                <Value fact={fact} />
                {fact.changeable && typeof fact.value === "number" && <Try pane={pane} table={data.table} row={data.row} fact={fact} />}
              </dd>
            </div>
          ))}
      </dl>
      {data.note && <p className="quiet">{data.note}</p>}
      <Sources sources={data.sources} />
    </section>
  );
}

function isBlank(value: unknown): boolean {
  return value === null || value === "" || value === undefined || (Array.isArray(value) && value.length === 0);
}

function say(value: unknown): string {
  if (isBlank(value)) return en.facts.blank;
  if (typeof value === "boolean") return value ? en.facts.yes : en.facts.no;
  if (typeof value === "number") return Number.isInteger(value) ? String(value) : number(value, { digits: 5 });
  return Array.isArray(value) ? value.join(", ") : String(value);
}

function Value({ fact }: { fact: Fact }) {
  return (
    <>
      <strong className={fact.changed ? "bad" : ""}>{say(fact.value)}</strong> {fact.unit}
      {fact.changed && <div className="quiet">{fill(en.facts.was, { value: say(fact.before) })}</div>}
      {fact.low !== null && fact.high !== null && fact.low !== fact.high && <div className="quiet">{fill(en.facts.range, { low: number(fact.low), high: number(fact.high) })}</div>}
    </>
  );
}

function Try({ pane, table, row, fact }: { pane: Pane; table: string; row: string; fact: Fact }) {
  const [text, setText] = useState("");
  return (
    <form
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim()) set(pane.side, addChange(pane.setting, `${table}:${row}:${fact.column}=${text.trim()}`));
        setText("");
      }}
    >
      <input value={text} inputMode="decimal" aria-label={fill(en.facts.tryValue, { name: fact.column })} onChange={(event) => setText(event.target.value)} />
      <button type="submit">{en.facts.tryIt}</button>
    </form>
  );
}
