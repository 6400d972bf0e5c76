/** Crossings by hours, each with its range; drawn without the library of charts, so that the first screen is light. */

import type { Crossing, CrossingRow } from "../../api/types";
import { ticks } from "../../charts/profile";
import { useWidth } from "../../charts/useWidth";
import { days, number } from "../../format/words";
import { en } from "../../i18n";

interface Row {
  crossing: Crossing;
  row: CrossingRow;
}

const ROW_PX = 20;
const BOTTOM = 40;

export function Hours({ rows, most }: { rows: Row[]; most: number }) {
  const [host, width] = useWidth();
  const left = Math.min(224, width * 0.4);
  const inner = Math.max(60, width - left - (width < 480 ? 120 : 170));
  const x = (hours: number) => left + (hours / most) * inner;
  const foot = rows.length * ROW_PX + 4;
  return (
    <div className="plot" ref={host}>
      {width > 0 && (
        <svg className="chart" width={width} height={foot + BOTTOM} viewBox={`0 0 ${width} ${foot + BOTTOM}`} role="img" aria-label={en.network.crossingsTitle}>
          {ticks(most, inner / 90).map((hours) => (
            <g key={hours}>
              <line x1={x(hours)} x2={x(hours)} y1={0} y2={foot} stroke={hours ? "var(--line)" : "var(--stone)"} />
              <text x={x(hours)} y={foot + 15} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
                {number(hours)}
              </text>
            </g>
          ))}
          <text x={left + inner / 2} y={foot + 33} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
            {en.network.crossingsAxis}
          </text>
          {rows.map(({ crossing, row }, i) => (
            <Bar key={crossing.id} crossing={crossing} row={row} x={x} y={i * ROW_PX + ROW_PX / 2} left={left} />
          ))}
        </svg>
      )}
    </div>
  );
}

function Bar({ crossing, row, x, y, left }: Row & { x: (hours: number) => number; y: number; left: number }) {
  const open = crossing.status === "open";
  const letters = Math.floor(left / 6.7);
  const name = crossing.name.length > letters ? `${crossing.name.slice(0, letters - 1).trimEnd()}\u2026` : crossing.name;
  return (
    <g>
      {!open && <rect x={left} y={y - 7} width={x(row.time_h) - left} height={14} fill="var(--madder)" opacity="0.2" />}
      <line x1={x(row.time_p10_h)} x2={x(row.time_p90_h)} y1={y} y2={y} stroke="var(--madder)" strokeOpacity="0.4" strokeWidth="5" />
      <circle cx={x(row.time_h)} cy={y} r="4" fill={open ? "var(--paper)" : "var(--madder)"} stroke="var(--madder)" strokeWidth="1.5" />
      <text x={left - 8} y={y + 4} textAnchor="end">
        {name}
      </text>
      <text x={x(row.time_p90_h) + 8} y={y + 4} style={{ fill: open ? "var(--ink)" : "var(--madder)" }}>
        {`${days(row.time_h)}${open ? "" : `, ${en.status[crossing.status]}`}${row.assumed ? ` (${en.assumed})` : ""}`}
      </text>
    </g>
  );
}
