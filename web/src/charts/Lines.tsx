/** Lines over a common axis, with bands for their ranges, a zero line, and names at their ends. */

import { number } from "../format/words";
import { marksWithin } from "./Bars";
import { useWidth } from "./useWidth";

export interface Line {
  key: string;
  name: string;
  tone: string;
  dash?: string;
  points: { x: number; y: number; low?: number; high?: number; label?: string }[];
  /** Steps from point to point instead of slopes. */
  steps?: boolean;
  /** Whether every point has a mark. */
  dots?: boolean;
}

interface Props {
  lines: Line[];
  xAxis: string;
  yAxis: string;
  label: string;
  height?: number;
  /** How figures of the axes are said. */
  sayX?: (value: number) => string;
  sayY?: (value: number) => string;
  /** What stands at a place of the axis across: a name beside a broken line. */
  rules?: { x: number; name: string }[];
  xDomain?: [number, number];
  yDomain?: [number, number];
}

const LEFT = 58;
const TOP = 22;
const FOOT = 40;

export function Lines({ lines, xAxis, yAxis, label, height = 240, sayX = (value) => number(value), sayY = (value) => number(value), rules = [], xDomain, yDomain }: Props) {
  const [host, width] = useWidth();
  const narrow = width < 480;
  const right = lines.length > 1 ? (narrow ? 84 : 150) : 24;
  const points = lines.flatMap((line) => line.points);
  const xs = [...points.map((point) => point.x), ...rules.map((rule) => rule.x)];
  const ys = points.flatMap((point) => [point.y, point.low ?? point.y, point.high ?? point.y]);
  const [x0, x1] = xDomain ?? [Math.min(...xs), Math.max(...xs)];
  const [y0, y1] = yDomain ?? [Math.min(0, ...ys), Math.max(0, ...ys)];
  const inner = Math.max(60, width - LEFT - right);
  const x = (value: number) => LEFT + ((value - x0) / (x1 - x0 || 1)) * inner;
  const y = (value: number) => TOP + height - ((value - y0) / (y1 - y0 || 1)) * height;
  const foot = TOP + height;
  return (
    <div className="plot" ref={host}>
      {width > 0 && points.length > 0 && (
        <svg className="chart" width={width} height={foot + FOOT} viewBox={`0 0 ${width} ${foot + FOOT}`} role="img" aria-label={label}>
          {marksWithin([y0, y1], 5).map((value) => (
            <g key={value}>
              <line x1={LEFT} x2={LEFT + inner} y1={y(value)} y2={y(value)} stroke={Math.abs(value) < 1e-12 ? "var(--stone)" : "var(--line)"} strokeWidth={Math.abs(value) < 1e-12 ? 1.4 : 1} />
              <text x={LEFT - 7} y={y(value) + 4} textAnchor="end" style={{ fill: "var(--stone-ink)" }}>
                {sayY(value)}
              </text>
            </g>
          ))}
          {marksWithin([x0, x1], inner / (narrow ? 70 : 90))
            .filter((value) => value >= x0 - 1e-9)
            .map((value) => (
              <text key={value} x={x(value)} y={foot + 16} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
                {sayX(value)}
              </text>
            ))}
          <text x={LEFT + inner / 2} y={foot + 34} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
            {xAxis}
          </text>
          <text x={4} y={12} style={{ fill: "var(--stone-ink)" }}>
            {yAxis}
          </text>
          {rules.map((rule, i) => (
            <g key={rule.name}>
              <line x1={x(rule.x)} x2={x(rule.x)} y1={TOP} y2={foot} stroke="var(--stone-ink)" strokeDasharray="4 3" />
              <text x={x(rule.x) + (x(rule.x) > LEFT + inner * 0.75 ? -5 : 5)} textAnchor={x(rule.x) > LEFT + inner * 0.75 ? "end" : "start"} y={TOP + 12 + (i % 4) * 15} paintOrder="stroke" stroke="var(--paper)" strokeWidth="3">
                {rule.name}
              </text>
            </g>
          ))}
          {lines.map((line) => (
            <One key={line.key} line={line} x={x} y={y} />
          ))}
          {lines.length > 1 && <Ends lines={lines} x={LEFT + inner + 8} y={y} />}
        </svg>
      )}
    </div>
  );
}

function One({ line, x, y }: { line: Line; x: (value: number) => number; y: (value: number) => number }) {
  const { points } = line;
  const at = (value: (point: Line["points"][number]) => number, back = false) => {
    const list = points.map((point) => [x(point.x), y(value(point))] as const);
    return (back ? list.reverse() : list).map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join("L");
  };
  const banded = points.every((point) => point.low !== undefined && point.high !== undefined);
  const d = line.steps
    ? points.map((point, i) => (i ? `H${x(point.x).toFixed(1)}V${y(point.y).toFixed(1)}` : `M${x(point.x).toFixed(1)},${y(point.y).toFixed(1)}`)).join("")
    : `M${at((point) => point.y)}`;
  return (
    <g data-line={line.key}>
      {banded && <path d={`M${at((point) => point.high!)}L${at((point) => point.low!, true)}Z`} fill={`var(--${line.tone})`} opacity="0.16" />}
      <path d={d} fill="none" stroke={`var(--${line.tone})`} strokeWidth="2.2" strokeDasharray={line.dash} strokeLinejoin="round" />
      {points.map((point, i) => (
        <g key={i}>
          {line.dots && <circle cx={x(point.x)} cy={y(point.y)} r="3.5" fill={`var(--${line.tone})`} stroke="var(--paper)" />}
          {point.label && (
            <text x={x(point.x) + 6} y={y(point.y) - 7} fontSize="11" paintOrder="stroke" stroke="var(--paper)" strokeWidth="3">
              {point.label}
            </text>
          )}
        </g>
      ))}
    </g>
  );
}

/** Names at the ends, pushed apart where they would cover one another. */
function Ends({ lines, x, y }: { lines: Line[]; x: number; y: (value: number) => number }) {
  let last = -Infinity;
  return (
    <>
      {[...lines]
        .filter((line) => line.points.length > 0)
        .sort((one, other) => y(one.points.at(-1)!.y) - y(other.points.at(-1)!.y))
        .map((line) => {
          last = Math.max(y(line.points.at(-1)!.y) + 4, last + 14);
          return (
            <text key={line.key} x={x} y={last} fontWeight="600" style={{ fill: `var(--${line.tone})` }}>
              {line.name}
            </text>
          );
        })}
    </>
  );
}
