/** Two runs: what each link carries more or less in B than in A. */

import { useMemo } from "react";
import type { ShapeAnswer } from "../../api/types";
import { fill, signed, tonnes } from "../../format/words";
import { en } from "../../i18n";
import { roundUp, widthOf, type Band, type Caption } from "../../map/bands";
import { MapView, type Volumes } from "../../map/MapView";
import { Figure } from "../../parts/Figure";
import type { Column } from "../../parts/table";
import { PickButton } from "../network";
import type { Side } from ".";
import { carried, linkName, useProvenance } from "./rows";

interface Row {
  i: number;
  id: string;
  name: string;
  mode: string;
  a: number;
  b: number;
  change: number;
}

/** Links that differ by less than this share of the largest difference are not drawn, and below half a tonne do not differ. */
const SEEN_SHARE = 2e-3;
const LEAST_T = 0.5;
const NAMED = 8;

export function Difference({ shape, sides: [a, b] }: { shape: ShapeAnswer; sides: [Side, Side] }) {
  const provenance = useProvenance(a.first ? { ...b, first: true } : b);
  const rows = useMemo(() => rowsOf(shape, carried(a.flows), carried(b.flows)), [shape, a.flows, b.flows]);
  const most = roundUp(Math.abs(rows[0]?.change ?? 0));
  const volumes: Volumes = useMemo(() => {
    const change = new Map(rows.map((row) => [row.i, row]));
    const seen = rows.filter((row) => Math.abs(row.change) > SEEN_SHARE * most);
    const bands = seen.map((row): Band => ({ i: row.i, width: widthOf(Math.abs(row.change), most), tone: row.change > 0 ? "up" : "down" }));
    const captions = seen.slice(0, NAMED).map((row): Caption => ({ i: row.i, text: signed(row.change, tonnes) }));
    const tell = (i: number) => {
      const row = change.get(i);
      return row ? fill(en.flows.changes, { change: signed(row.change, tonnes), a: tonnes(row.a), b: tonnes(row.b) }) : en.flows.noChange;
    };
    return { bands, captions, tell, key: <DifferenceKey most={most} /> };
  }, [rows, most]);
  const total = b.flows.totals.network_t_per_year - a.flows.totals.network_t_per_year;
  const largest = rows[0];
  const sentence = largest
    ? fill(en.flows.differenceAnswer, { total: signed(total, tonnes), name: largest.name, mode: en.modes[largest.mode] ?? largest.mode, change: signed(largest.change, tonnes) })
    : en.flows.same;
  return (
    <div className="stack">
      <p className="sentence-like" data-difference={total}>
        {sentence}
      </p>
      <Figure name="difference" title={en.flows.differenceTitle} columns={columns()} rows={rows} keyOf={(row) => row.id} {...provenance} answer={[a.flows, b.flows]}>
        <MapView shape={shape} network={b.network} volumes={volumes} label={en.flows.differenceLabel} />
      </Figure>
    </div>
  );
}

function rowsOf(shape: ShapeAnswer, a: number[], b: number[]): Row[] {
  const rows = shape.links.id.map((id, i) => ({ i, id, name: linkName(shape, i), mode: shape.links.mode[i]!, a: a[i]!, b: b[i]!, change: b[i]! - a[i]! }));
  return rows.filter((row) => Math.abs(row.change) >= LEAST_T).sort((one, other) => Math.abs(other.change) - Math.abs(one.change));
}

function columns(): Column<Row>[] {
  return [
    { key: "link_id", label: en.network.link, value: (row) => `${row.name} ${row.id}`, show: (row) => <PickButton name={row.name} pick={`link:${row.id}`} /> },
    { key: "mode", label: en.network.mode, value: (row) => row.mode, show: (row) => en.modes[row.mode] },
    { key: "a_t_per_year", label: en.flows.inA, value: (row) => row.a, show: (row) => tonnes(row.a), number: true },
    { key: "b_t_per_year", label: en.flows.inB, value: (row) => row.b, show: (row) => tonnes(row.b), number: true },
    { key: "change_t_per_year", label: en.compare.difference, value: (row) => row.change, show: (row) => signed(row.change, tonnes), number: true },
  ];
}

function DifferenceKey({ most }: { most: number }) {
  const items = [
    [en.flows.more, "var(--band-up)", undefined, most],
    [en.flows.less, "var(--band-down)", "6 3", most],
  ] as const;
  return (
    <ul className="key" aria-label={en.map.key}>
      {items.map(([name, stroke, dash, volume]) => (
        <li key={name}>
          <svg className="swatch" viewBox="0 0 32 14" aria-hidden="true">
            <line x1="1" x2="31" y1="7" y2="7" stroke={stroke} strokeWidth="7" strokeDasharray={dash} />
          </svg>
          {fill(name, { most: tonnes(volume) })}
        </li>
      ))}
    </ul>
  );
}
