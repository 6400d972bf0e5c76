/** Crossings by hours, each with its range; drawn without the library of charts, so that the first screen is light. */

import type { Crossing, CrossingRow } from "../../api/types";
import { middleWithin, shortened, widthOf } from "../../charts/fit";
import { ticks } from "../../charts/profile";
import { useWidth } from "../../charts/useWidth";
import { days, number } from "../../format/words";
import { en } from "../../i18n";

interface Row {
  crossing: Crossing;
  row: CrossingRow;
}

const ROW_PX = 20;
const NAME_PX = 15;
const BOTTOM = 40;

export function Hours({ rows, most }: { rows: Row[]; most: number }) {
  const [host, width] = useWidth();
  // where it is narrow, names stand above their bars
  const narrow = width < 480;
  const left = narrow ? 6 : Math.min(224, width * 0.4);
  const inner = Math.max(60, width - left - Math.max(0, ...rows.map(({ crossing, row }) => widthOf(said(crossing, row)))) - 10);
  const step = ROW_PX + (narrow ? NAME_PX : 0);
  const x = (hours: number) => left + (hours / most) * inner;
  const foot = rows.length * step + 4;
  return (
    <div className="plot" ref={host}>
      {width > 0 && (
        <svg className="chart" width={width} height={foot + BOTTOM} viewBox={`0 0 ${width} ${foot + BOTTOM}`} role="img" aria-label={en.network.crossingsTitle}>
          {ticks(most, inner / (narrow ? 50 : 90)).map((hours) => (
            <g key={hours}>
              <line x1={x(hours)} x2={x(hours)} y1={0} y2={foot} stroke={hours ? "var(--line)" : "var(--stone)"} />
              <text x={x(hours)} y={foot + 15} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
                {number(hours)}
              </text>
            </g>
          ))}
          <text x={middleWithin(en.network.crossingsAxis, left + inner / 2, width)} y={foot + 33} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
            {en.network.crossingsAxis}
          </text>
          {rows.map(({ crossing, row }, i) => (
            <Bar key={crossing.id} crossing={crossing} row={row} x={x} y={i * step + ROW_PX / 2 + (narrow ? NAME_PX : 0)} left={left} room={width} above={narrow} />
          ))}
        </svg>
      )}
    </div>
  );
}

/** How long it takes, whether it is shut, and whether that is assumed. */
function said(crossing: Crossing, row: CrossingRow): string {
  const shut = crossing.status === "open" ? "" : `, ${en.status[crossing.status]}`;
  return `${days(row.time_h)}${shut}${row.assumed ? ` (${en.assumed})` : ""}`;
}

function Bar({ crossing, row, x, y, left, room, above }: Row & { x: (hours: number) => number; y: number; left: number; room: number; above: boolean }) {
  const open = crossing.status === "open";
  return (
    <g>
      {!open && <rect x={left} y={y - 7} width={x(row.time_h) - left} height={14} fill="var(--madder)" opacity="0.2" />}
      <line x1={x(row.time_p10_h)} x2={x(row.time_p90_h)} y1={y} y2={y} stroke="var(--madder)" strokeOpacity="0.4" strokeWidth="5" />
      <circle cx={x(row.time_h)} cy={y} r="4" fill={open ? "var(--paper)" : "var(--madder)"} stroke="var(--madder)" strokeWidth="1.5" />
      <text x={above ? left : left - 8} y={above ? y - 11 : y + 4} textAnchor={above ? "start" : "end"} style={above ? { fill: "var(--stone-ink)" } : undefined}>
        <title>{crossing.name}</title>
        {shortened(crossing.name, above ? room - left : left - 8)}
      </text>
      <text x={x(row.time_p90_h) + 8} y={y + 4} style={{ fill: open ? "var(--ink)" : "var(--madder)" }}>
        {said(crossing, row)}
      </text>
    </g>
  );
}
