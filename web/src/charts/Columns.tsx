/** Columns by year, in parts that add up above and below a zero line. */

import { number } from "../format/words";
import { marksWithin } from "./Bars";
import { useWidth } from "./useWidth";

export interface Layer {
  key: string;
  name: string;
  tone: string;
  values: number[];
}

interface Props {
  years: number[];
  layers: Layer[];
  yAxis: string;
  label: string;
  height?: number;
  /** A mark on each column: what the parts come to. */
  net?: { name: string; values: number[] };
}

const LEFT = 58;
const TOP = 20;
const FOOT = 22;

export function Columns({ years, layers, yAxis, label, height = 220, net }: Props) {
  const [host, width] = useWidth();
  const sums = (sign: 1 | -1) => years.map((_year, i) => layers.reduce((sum, layer) => sum + Math.max(0, sign * (layer.values[i] ?? 0)), 0));
  const [high, low] = [Math.max(0, ...sums(1)), -Math.max(0, ...sums(-1))];
  const inner = Math.max(60, width - LEFT - 10);
  const step = inner / (years.length || 1);
  const y = (value: number) => TOP + height - ((value - low) / (high - low || 1)) * height;
  const every = Math.max(1, Math.ceil(46 / step / 5) * 5);
  return (
    <div className="plot" ref={host}>
      {width > 0 && (
        <svg className="chart" width={width} height={TOP + height + FOOT} viewBox={`0 0 ${width} ${TOP + height + FOOT}`} role="img" aria-label={label}>
          {marksWithin([low, high], 5).map((value) => (
            <g key={value}>
              <line x1={LEFT} x2={LEFT + inner} y1={y(value)} y2={y(value)} stroke={Math.abs(value) < 1e-12 ? "var(--stone)" : "var(--line)"} strokeWidth={Math.abs(value) < 1e-12 ? 1.4 : 1} />
              <text x={LEFT - 7} y={y(value) + 4} textAnchor="end" style={{ fill: "var(--stone-ink)" }}>
                {number(value)}
              </text>
            </g>
          ))}
          <text x={4} y={12} style={{ fill: "var(--stone-ink)" }}>
            {yAxis}
          </text>
          {years.map((year, i) => (
            <Stack key={year} i={i} layers={layers} x={LEFT + i * step + step * 0.12} width={step * 0.76} y={y} />
          ))}
          {net && years.map((year, i) => <circle key={year} cx={LEFT + (i + 0.5) * step} cy={y(net.values[i] ?? 0)} r={Math.min(3.2, step / 3)} fill="var(--ink)" stroke="var(--paper)" />)}
          {years.map((year, i) =>
            year % every === 0 || (every === 1 && i === 0) ? (
              <text key={year} x={LEFT + (i + 0.5) * step} y={TOP + height + 16} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
                {year}
              </text>
            ) : null,
          )}
        </svg>
      )}
      <ul className="key">
        {layers.map((layer) => (
          <li key={layer.key}>
            <svg className="swatch" viewBox="0 0 32 14" aria-hidden="true">
              <rect x="8" y="2" width="16" height="10" fill={`var(--${layer.tone})`} />
            </svg>
            {layer.name}
          </li>
        ))}
        {net && (
          <li>
            <svg className="swatch" viewBox="0 0 32 14" aria-hidden="true">
              <circle cx="16" cy="7" r="3.4" fill="var(--ink)" />
            </svg>
            {net.name}
          </li>
        )}
      </ul>
    </div>
  );
}

function Stack({ i, layers, x, width, y }: { i: number; layers: Layer[]; x: number; width: number; y: (value: number) => number }) {
  let [up, down] = [0, 0];
  return (
    <>
      {layers.map((layer) => {
        const value = layer.values[i] ?? 0;
        if (value === 0) return null;
        const from = value > 0 ? up : down;
        if (value > 0) up += value;
        else down += value;
        const to = from + value;
        return <rect key={layer.key} x={x} width={width} y={Math.min(y(from), y(to))} height={Math.max(0.3, Math.abs(y(to) - y(from)))} fill={`var(--${layer.tone})`} />;
      })}
    </>
  );
}
