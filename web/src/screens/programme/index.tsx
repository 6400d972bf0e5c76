/** Programme: who does what by when, and what is overdue? */

import { lazy, Suspense, useMemo } from "react";
import { addressOf, fetchPart, useAnswer } from "../../api/client";
import type { Entry, RecordAnswer } from "../../api/types";
import { count, fill, number, plural, when } from "../../format/words";
import { en } from "../../i18n";
import { Facts } from "../../parts/Facts";
import { FaultCard } from "../../parts/FaultCard";
import { Figure, type Provenance } from "../../parts/Figure";
import { ScreenFrame } from "../../parts/Screen";
import type { Column } from "../../parts/table";
import { Waiting } from "../../parts/Waiting";
import { commandOf, useCase, type Pane, type Screen } from "../../state/case";
import { useAsk, useView } from "../../state/view";
import { PickButton, Trust } from "../network";

const Timeline = lazy(() => fetchPart(() => import("./Timeline")));
const Late = lazy(() => fetchPart(() => import("./Late")));
const TABLES: Record<string, string> = { body: "programme_body", event: "programme_event", commitment: "programme_commitment" };

function Programme({ panes }: { panes: Pane[] }) {
  const view = useView();
  const params = new URLSearchParams();
  for (const name of ["body", "party", "topic", "on", "overdue"]) for (const value of view.ask[name] ?? []) if (value) params.append(name, value);
  const whole = useAnswer("get /api/programme", "/api/programme");
  const { data, fault, again } = useAnswer("get /api/programme", addressOf("/api/programme", params));
  const [project] = useAsk("about");
  const shown = useMemo(() => data && { ...data, entries: data.entries.filter((entry) => !project || entry.project_id.includes(project)) }, [data, project]);
  const { projects } = useCase();
  const above = <Filters whole={whole.data} />;
  const unknown = project && !projects.some((one) => one.id === project) ? { kind: "unknown", message: fill(en.fault.noProject, { name: project }), given: "", near: [], lines: [] } : null;
  if (fault || unknown) {
    return (
      <>
        {above}
        <FaultCard fault={(fault ?? unknown)!} again={fault ? again : undefined} />
      </>
    );
  }
  if (!shown) {
    return (
      <>
        {above}
        <Waiting />
      </>
    );
  }
  if (whole.data?.entries.length === 0) return <p>{en.programme.none}</p>;
  return <Shown record={shown} pane={panes[0]!} above={above} />;
}

function Filters({ whole }: { whole: RecordAnswer | null }) {
  const caseOf = useCase();
  const [body, setBody] = useAsk("body");
  const [party, setParty] = useAsk("party");
  const [project, setProject] = useAsk("about");
  const [overdue, setOverdue] = useAsk("overdue");
  const [on, setOn] = useAsk("on");
  const entries = whole?.entries ?? [];
  const bodies: [string, string][] = entries.filter((entry) => entry.entry === "body").map((entry) => [entry.id, entry.title]);
  const parties = [...new Set(entries.flatMap((entry) => entry.parties))].sort((one, other) => one.localeCompare(other)).map((name): [string, string] => [name, name]);
  const projects = [...new Set(entries.flatMap((entry) => entry.project_id))].sort((one, other) => one.localeCompare(other, undefined, { numeric: true })).map((id): [string, string] => [id, `${id} ${caseOf.projects.find((item) => item.id === id)?.name ?? ""}`]);
  return (
    <form className="ask" role="search" onSubmit={(event) => event.preventDefault()}>
      <Choose label={en.programme.body} value={body} options={bodies} change={setBody} />
      <Choose label={en.programme.party} value={party} options={parties} change={setParty} />
      <Choose label={en.programme.project} value={project} options={projects} change={setProject} />
      <label className="field">
        <span className="label">{en.programme.on}</span>
        <input type="date" value={/^\d{4}-\d\d-\d\d$/.test(on) ? on : (whole?.on ?? "")} onChange={(event) => event.target.value && setOn(event.target.value === whole?.on ? "" : event.target.value, true)} />
      </label>
      <label className="row">
        <input type="checkbox" checked={overdue === "true"} onChange={(event) => setOverdue(event.target.checked ? "true" : "")} />
        {en.programme.onlyOverdue}
      </label>
    </form>
  );
}

function Choose({ label, value, options, change }: { label: string; value: string; options: [string, string][]; change: (value: string) => void }) {
  return (
    <label className="field">
      <span className="label">{label}</span>
      <select value={value} onChange={(event) => change(event.target.value)}>
        <option value="">{en.programme.all}</option>
        {value && !options.some(([name]) => name === value) && <option value={value}>{value}</option>}
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}

export function isLate(entry: Entry): boolean {
  return entry.overdue_days !== null;
}

function Shown({ record, pane, above }: { record: RecordAnswer; pane: Pane; above: React.ReactNode }) {
  const caseOf = useCase();
  const provenance: Provenance = { meta: record.meta, sources: record.sources, command: commandOf(caseOf, `programme --on ${record.on}`, null), answer: record };
  const late = useMemo(() => record.entries.filter(isLate).sort((one, other) => other.overdue_days! - one.overdue_days!), [record]);
  const columns = entryColumns();
  const all = { columns, rows: record.entries, keyOf: (row: Entry) => `${row.entry} ${row.id}`, ...provenance };
  return (
    <ScreenFrame
      above={above}
      parts={[
        {
          pane,
          answer: <Answer record={record} late={late} pane={pane} />,
          picture: (
            <>
              <Figure name="timeline" title={en.programme.timelineTitle} {...all}>
                <Suspense fallback={<Waiting />}>
                  <Timeline record={record} />
                </Suspense>
              </Figure>
              {late.length > 0 && (
                <Figure name="overdue" title={en.programme.overdueTitle} {...all} rows={late} note={en.programme.noRange}>
                  <Suspense fallback={<Waiting />}>
                    <Late late={late} on={record.on} />
                  </Suspense>
                </Figure>
              )}
            </>
          ),
        },
      ]}
      tables={<Figure name="entries" title={en.programme.listTitle} {...all} />}
    />
  );
}

function Answer({ record, late, pane }: { record: RecordAnswer; late: Entry[]; pane: Pane }) {
  const held = (kind: string) => count(record.entries.filter((entry) => entry.entry === kind).length);
  const first = record.entries.map((entry) => entry.date).filter(Boolean).sort()[0] ?? "";
  const sentence = late.length ? plural(late.length, en.programme.answer, { on: when(record.on), days: number(late[0]!.overdue_days), title: late[0]!.title }) : fill(en.programme.answerNone, { on: when(record.on) });
  return (
    <>
      <p className="sentence" data-answer="programme">
        {sentence}
      </p>
      <p>{fill(en.programme.held, { events: held("event"), commitments: held("commitment"), bodies: held("body"), first: when(first) })}</p>
      <Facts pane={pane} />
    </>
  );
}

function entryColumns(): Column<Entry>[] {
  return [
    { key: "date", label: en.programme.date, value: (row) => row.date },
    { key: "title", label: en.programme.title, value: (row) => row.title, show: (row) => <PickButton name={row.title} pick={`${TABLES[row.entry]}:${row.id}`} /> },
    { key: "entry", label: en.programme.entry, value: (row) => row.entry, show: (row) => en.programme.entries[row.entry] ?? row.entry },
    { key: "parties", label: en.programme.parties, value: (row) => row.parties.join("; ") },
    { key: "body", label: en.programme.body, value: (row) => (row.entry === "body" ? "" : row.body) },
    { key: "status", label: en.programme.status, value: (row) => row.status },
    { key: "due_on", label: en.programme.due, value: (row) => row.due_on },
    { key: "overdue_days", label: en.programme.late, value: (row) => row.overdue_days, show: (row) => (row.overdue_days === null ? "" : <span className="bad">{number(row.overdue_days)}</span>), number: true },
    { key: "amount_musd", label: en.programme.amount, value: (row) => row.amount_musd, show: (row) => (row.amount_musd === null ? "" : number(row.amount_musd)), number: true },
    { key: "project_id", label: en.programme.project, value: (row) => row.project_id.join(" ") },
    { key: "source", label: en.programme.sources, value: (row) => row.source.join("; ") },
    { key: "confidence", label: en.network.confidence, value: (row) => row.confidence, show: (row) => <Trust confidence={row.confidence} assumed={row.assumed} /> },
  ];
}

export const screen: Screen = { obeys: false, Component: Programme };
