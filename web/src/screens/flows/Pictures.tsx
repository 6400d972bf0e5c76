/** What is scarce and whose it is, what was counted, and what passes the crossings. */

import type { Bottleneck, Screenline, ShapeAnswer } from "../../api/types";
import { Bars, type Bar } from "../../charts/Bars";
import { shortened } from "../../charts/fit";
import { useWidth } from "../../charts/useWidth";
import { days, fill, musd, number, tonnes } from "../../format/words";
import { en } from "../../i18n";
import { Figure } from "../../parts/Figure";
import { useCase } from "../../state/case";
import type { Side } from ".";
import { gates, placeName, useProvenance } from "./rows";
import { bottleneckColumns, crossingColumns, screenlineColumns } from "./Tables";

const SHOWN = 12;

export function Bottlenecks({ side, shape, most }: { side: Side; shape: ShapeAnswer; most: number }) {
  const provenance = useProvenance(side);
  const rows = side.flows.bottlenecks;
  const paid = rows.filter((row) => row.cost_musd_per_year > 0).slice(0, SHOWN);
  const figure = { name: "bottlenecks", title: en.flows.bottlenecksTitle, columns: bottleneckColumns(shape), rows, keyOf: (row: Bottleneck) => row.resource, ...provenance };
  if (paid.length === 0) {
    return (
      <Figure {...figure}>
        <p className="quiet">{en.flows.noBottlenecks}</p>
      </Figure>
    );
  }
  const bars = paid.map((row): Bar => {
    const queue = row.clearing === "queue";
    const price = queue ? fill(en.flows.queueLong, { hours: days(row.queue_h) }) : fill(en.flows.priceLong, { price: number(row.price_usd_per_t) });
    const to = queue ? en.flows.lost : fill(en.flows.earned, { owner: row.owner_name });
    return {
      key: row.resource, name: placeName(shape, row), label: musd(row.cost_musd_per_year), note: `${price}; ${to}${row.assumed ? ` (${en.flows.capacityAssumed})` : ""}`,
      parts: [{ value: row.rent_musd_per_year, tone: "lapis" }, { value: row.queue_loss_musd_per_year, tone: "madder", hollow: true }],
    };
  });
  return (
    <Figure {...figure} note={en.flows.bottlenecksNote}>
      <Bars bars={bars} axis={en.flows.musdAxis} label={en.flows.bottlenecksTitle} scale={[0, most]} room={92} />
    </Figure>
  );
}

export function Crossings({ side }: { side: Side }) {
  const caseOf = useCase();
  const provenance = useProvenance(side);
  const shown = gates(side.flows).slice(0, SHOWN);
  const name = (code: string) => caseOf.countries[code] ?? code;
  const bars = shown.map((gate): Bar => {
    const ways = new Map<string, number>();
    for (const row of gate.rows) {
      const way = row.from_country && row.to_country ? fill(en.flows.way, { from: name(row.from_country), to: name(row.to_country) }) : name(row.from_country || row.to_country);
      ways.set(way, (ways.get(way) ?? 0) + row.flow_t_per_year);
    }
    const sorted = [...ways].filter(([, value]) => value > 0).sort(([, one], [, other]) => other - one);
    return {
      key: gate.id, name: gate.name, label: tonnes(gate.total), note: sorted.map(([way, value]) => `${way} ${tonnes(value)}`).join("; "),
      parts: sorted.map(([, value], i) => ({ value: value / 1e6, tone: i ? "lapis-light" : "lapis" })),
    };
  });
  return (
    <Figure name="crossings" title={en.flows.crossingsTitle} note={en.flows.crossingsNote} columns={crossingColumns(caseOf.countries)} rows={side.flows.crossings} keyOf={(row) => row.border_id} {...provenance}>
      <Bars bars={bars} axis={en.flows.mtAxis} label={en.flows.crossingsTitle} room={84} />
    </Figure>
  );
}

// modelled over counted, on a scale on which twice and half are as far -------------------------------------------------------

const ENDS: [number, number] = [0.1, 10];
const ROW_PX = 19;

export function Screenlines({ side }: { side: Side }) {
  const provenance = useProvenance(side);
  const rows = [...side.flows.screenlines].sort((one, other) => other.counted_t_per_year - one.counted_t_per_year);
  if (rows.length === 0) return null;
  return (
    <Figure name="screenlines" title={en.flows.screenlinesTitle} note={en.flows.screenlinesNote} columns={screenlineColumns()} rows={rows} keyOf={(row) => row.count_id} {...provenance}>
      <Ratios rows={rows} />
    </Figure>
  );
}

function Ratios({ rows }: { rows: Screenline[] }) {
  const [host, width] = useWidth();
  const narrow = width < 480;
  const left = Math.min(300, width * (narrow ? 0.4 : 0.46));
  const inner = Math.max(60, width - left - (narrow ? 58 : 150));
  const scale = (ratio: number) => left + ((Math.log10(Math.min(ENDS[1], Math.max(ENDS[0], ratio))) - Math.log10(ENDS[0])) / Math.log10(ENDS[1] / ENDS[0])) * inner;
  const foot = rows.length * ROW_PX + 4;
  return (
    <div className="plot" ref={host}>
      {width > 0 && (
        <svg className="chart" width={width} height={foot + 38} viewBox={`0 0 ${width} ${foot + 38}`} role="img" aria-label={en.flows.screenlinesTitle}>
          {[0.1, 0.2, 0.5, 1, 2, 5, 10].map((ratio) => (
            <g key={ratio}>
              <line x1={scale(ratio)} x2={scale(ratio)} y1={0} y2={foot} stroke={ratio === 1 ? "var(--stone)" : "var(--line)"} />
              {(inner > 230 || [0.1, 1, 10].includes(ratio)) && (
                <text x={scale(ratio)} y={foot + 14} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
                  {number(ratio)}
                </text>
              )}
            </g>
          ))}
          <text x={left + inner / 2} y={foot + 31} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
            {en.flows.ratioAxis}
          </text>
          {rows.map((row, i) => (
            <Ratio key={row.count_id} row={row} y={i * ROW_PX + ROW_PX / 2} left={left} scale={scale} narrow={narrow} />
          ))}
        </svg>
      )}
    </div>
  );
}

function Ratio({ row, y, left, scale, narrow }: { row: Screenline; y: number; left: number; scale: (ratio: number) => number; narrow: boolean }) {
  const ratio = row.ratio ?? 0;
  const tone = row.hit ? "var(--lapis)" : "var(--madder)";
  const ends = [row.counted_high_t_per_year, row.counted_low_t_per_year].map((counted) => (counted ? row.modelled_t_per_year / counted : null));
  const beyond = ratio < ENDS[0] || ratio > ENDS[1];
  const text = `${tonnes(row.modelled_t_per_year)} / ${tonnes(row.counted_t_per_year)}`;
  return (
    <g>
      <rect x={scale(1 / row.aim)} width={scale(row.aim) - scale(1 / row.aim)} y={y - ROW_PX / 2} height={ROW_PX} fill="var(--sage)" opacity="0.16" />
      {ends[0] !== null && ends[1] !== null && <line x1={scale(ends[0]!)} x2={scale(ends[1]!)} y1={y} y2={y} stroke={tone} strokeOpacity="0.45" strokeWidth="5" />}
      {beyond ? (
        <path d={ratio < 1 ? `M${scale(ENDS[0]) + 5},${y - 5} l-8,5 l8,5 z` : `M${scale(ENDS[1]) - 5},${y - 5} l8,5 l-8,5 z`} fill={tone} />
      ) : row.use === "validate" ? (
        <rect x={scale(ratio) - 4} y={y - 4} width="8" height="8" fill={tone} transform={`rotate(45 ${scale(ratio)} ${y})`} />
      ) : (
        <circle cx={scale(ratio)} cy={y} r="4" fill="var(--paper)" stroke={tone} strokeWidth="1.8" />
      )}
      <text x={left - 8} y={y + 4} textAnchor="end" fontSize="11.5">
        <title>{row.name}</title>
        {shortened(row.name, left - 8, 11.5)}
      </text>
      <text x={scale(ENDS[1]) + 8} y={y + 4} fontSize="11" style={{ fill: row.hit ? "var(--stone-ink)" : tone }}>
        {narrow ? number(ratio, { digits: 2 }) : text}
      </text>
    </g>
  );
}

