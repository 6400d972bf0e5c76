/** Rows by confidence, table by table; what is assumed is hatched over. */

import { axisX, barX, ruleX, text } from "@observablehq/plot";
import type { TableCount } from "../../api/types";
import { widthOf } from "../../charts/fit";
import { Plotted } from "../../charts/Plotted";
import { count } from "../../format/words";
import { en } from "../../i18n";

const LEVELS = ["high", "medium", "low"] as const;
const FILLS: Record<string, string> = { high: "var(--lapis)", medium: "var(--lapis-light)", low: "var(--mist)" };

export default function Quality({ tables }: { tables: TableCount[] }) {
  const bars = tables.flatMap((row) => {
    let at = 0;
    return LEVELS.map((level) => {
      const from = at;
      at += (100 * row[level]) / row.rows;
      return { table: row.table, level, from, to: at };
    });
  });
  const legend = [
    ...LEVELS.map((level) => [en.case[level], FILLS[level]!] as const),
  ];
  return (
    <>
      <ul className="key">
        {legend.map(([name, fill]) => (
          <li key={name}>
            <svg className="swatch" viewBox="0 0 32 14" aria-hidden="true">
              <rect x="1" y="2" width="30" height="10" fill={fill} />
            </svg>
            {name}
          </li>
        ))}
        <li>
          <svg className="swatch" viewBox="0 0 32 14" aria-hidden="true">
            <line x1="1" x2="31" y1="7" y2="7" stroke="var(--saffron)" strokeWidth="4" />
          </svg>
          {en.case.assumed}
        </li>
      </ul>
      <Plotted
        label={en.case.qualityTitle}
        of={[tables]}
        options={(width) => ({
          height: 30 + tables.length * 30,
          marginLeft: Math.max(width < 480 ? 0 : 170, ...tables.map((row) => widthOf(row.table) + 14)),
          marginRight: 60,
          marginBottom: 34,
          marginTop: 4,
          x: { domain: [0, 100], label: null },
          y: { domain: tables.map((row) => row.table), label: null, padding: 0.28 },
          marks: [
            axisX({ label: en.case.qualityAxis, labelAnchor: width < 480 ? "right" : "center", labelArrow: "none", color: "var(--stone-ink)", ticks: width < 480 ? 2 : 5 }),
            barX(bars, { y: "table", x1: "from", x2: "to", fill: (bar: { level: string }) => FILLS[bar.level]!, insetBottom: 4 }),
            barX(tables, { y: "table", x1: 0, x2: (row: TableCount) => (100 * row.assumed) / row.rows, fill: "var(--saffron)", insetTop: 16.5, insetBottom: 0 }),
            ruleX([0], { stroke: "var(--stone)" }),
            text(tables, { y: "table", x: 100, dx: 8, textAnchor: "start", text: (row: TableCount) => count(row.rows), fill: "var(--ink)" }),
          ],
        })}
      />
    </>
  );
}
