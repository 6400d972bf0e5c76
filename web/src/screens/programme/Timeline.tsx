/** The record as it went: events as marks on their day, commitments as bars from their making to their due date. */

import { axisX, dot, link, ruleX, text, tip, pointer } from "@observablehq/plot";
import type { Entry, RecordAnswer } from "../../api/types";
import { Plotted } from "../../charts/Plotted";
import { fill, number } from "../../format/words";
import { en } from "../../i18n";
import { laned } from "./lanes";

const day = (value: string, last = false): Date | null => {
  const [year, month, date] = value.split("-").map(Number);
  if (!year) return null;
  if (!last) return new Date(Date.UTC(year, (month ?? 1) - 1, date ?? 1));
  return new Date(Date.UTC(year, date ? (month ?? 12) - 1 : (month ?? 12), date ?? 0));
};

type Kind = "event" | "open" | "overdue" | "done" | "dropped";
const COLORS: Record<Kind, string> = { event: "var(--turquoise)", open: "var(--lapis)", overdue: "var(--madder)", done: "var(--sage)", dropped: "var(--stone)" };

interface Bar {
  lane: number;
  from: Date;
  to: Date;
  late: Date | null;
  kind: Kind;
  title: string;
}

function kindOf(entry: Entry): Kind {
  if (entry.entry !== "commitment") return "event";
  if (entry.overdue_days !== null) return "overdue";
  return entry.status === "done" ? "done" : entry.status === "open" ? "open" : "dropped";
}

export default function Timeline({ record }: { record: RecordAnswer }) {
  const on = day(record.on)!;
  const dated = record.entries.filter((entry) => entry.entry !== "body" && day(entry.date));
  const first = Math.min(...dated.map((entry) => day(entry.date)!.getTime()));
  const span = on.getTime() - first || 1;
  const events = laned(
    dated.filter((entry) => entry.entry === "event").map((entry) => ({ from: day(entry.date)!, to: day(entry.date)!, kind: kindOf(entry), title: `${entry.title} (${entry.date})` })),
    span / 90,
  );
  const bars = laned<Omit<Bar, "lane">>(
    dated
      .filter((entry) => entry.entry === "commitment")
      .map((entry) => {
        const from = day(entry.date)!;
        const kind = kindOf(entry);
        const end = day(entry.status === "done" && entry.done_on ? entry.done_on : entry.due_on, true) ?? from;
        const to = end < from ? from : end;
        const due = entry.due_on ? `, ${fill(en.programme.due_, { date: entry.due_on })}` : "";
        const late = entry.overdue_days === null ? "" : `, ${fill(en.programme.lateBy, { n: number(entry.overdue_days) })}`;
        return { from, to: kind === "overdue" && on > to ? on : to, late: kind === "overdue" ? to : null, kind, title: `${entry.title} (${entry.date}${due}${late})` };
      }),
    span / 120,
  );
  const top = Math.max(0, ...events.map((event) => event.lane)) + 1;
  const depth = Math.max(0, ...bars.map((bar) => bar.lane)) + 1;
  const marks = [...events.map((event) => ({ ...event, y: -event.lane - 1 })), ...bars.map((bar) => ({ ...bar, y: bar.lane + 1.6 }))];
  const kinds = [...new Set(marks.map((mark) => mark.kind))];
  return (
    <>
      <ul className="key">
        {kinds.map((kind) => (
          <li key={kind}>
            <svg className="swatch" viewBox="0 0 32 14" aria-hidden="true">
              {kind === "event" ? <circle cx="16" cy="7" r="4" fill="var(--paper)" stroke={COLORS.event} strokeWidth="1.8" /> : <line x1="2" x2="30" y1="7" y2="7" stroke={COLORS[kind]} strokeWidth="4" strokeDasharray={kind === "overdue" ? "4 2" : undefined} />}
            </svg>
            {en.programme.key[kind]}
          </li>
        ))}
      </ul>
      <Plotted
        label={en.programme.timelineTitle}
        of={[record]}
        options={() => ({
          height: 60 + (top + depth + 2) * 13,
          marginLeft: 12,
          marginRight: 24,
          marginTop: 18,
          marginBottom: 26,
          x: { type: "utc", label: null },
          y: { domain: [-top - 0.6, depth + 2], reverse: true, axis: null },
          marks: [
            axisX({ color: "var(--stone-ink)", tickSize: 4 }),
            ruleX([on], { stroke: "var(--ink)", strokeWidth: 1 }),
            text([on], { x: on, frameAnchor: "top", dy: -14, text: () => fill(en.programme.day, { on: record.on }), textAnchor: "end", fill: "var(--ink)" }),
            text([0], { frameAnchor: "left", y: 0.35, text: () => `${en.programme.events} \u2191   ${en.programme.commitments} \u2193`, textAnchor: "start", fill: "var(--stone-ink)" }),
            link(bars.filter((bar) => bar.to > bar.from), { x1: "from", x2: (bar: Bar) => bar.late ?? bar.to, y1: (bar: Bar) => bar.lane + 1.6, y2: (bar: Bar) => bar.lane + 1.6, stroke: (bar: Bar) => (bar.kind === "overdue" ? COLORS.open : COLORS[bar.kind]), strokeWidth: 5 }),
            link(bars.filter((bar) => bar.late), { x1: (bar: Bar) => bar.late, x2: "to", y1: (bar: Bar) => bar.lane + 1.6, y2: (bar: Bar) => bar.lane + 1.6, stroke: COLORS.overdue, strokeWidth: 5, strokeDasharray: "5 2" }),
            dot(bars.filter((bar) => bar.to.getTime() === bar.from.getTime()), { x: "from", y: (bar: Bar) => bar.lane + 1.6, r: 3.5, fill: (bar: Bar) => COLORS[bar.kind] }),
            dot(events, { x: "from", y: (event: { lane: number }) => -event.lane - 1, r: 3.6, fill: "var(--paper)", stroke: COLORS.event, strokeWidth: 1.8 }),
            tip(marks, pointer({ x: (mark: { from: Date; to: Date; late?: Date | null }) => mark.late ?? mark.from, y: "y", title: "title", fill: "var(--raised)", stroke: "var(--stone)", lineWidth: 26 })),
          ],
        })}
      />
    </>
  );
}
