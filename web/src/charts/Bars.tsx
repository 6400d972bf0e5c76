/** Bars along a scale with a zero line: parts that add up, ranges where there are any, each with its figure beside it. */

import { number } from "../format/words";
import { middleWithin, shortened, widthOf } from "./fit";
import { ticks } from "./profile";
import { useWidth } from "./useWidth";

export interface Bar {
  key: string;
  name: string;
  /** Parts from zero outwards; what is below zero goes to the left. */
  parts: { value: number; tone: string; hollow?: boolean }[];
  /** p10 and p90, or the ends of a range. */
  low?: number | null;
  high?: number | null;
  /** Where the figure itself stands, if the parts do not say. */
  mark?: number;
  label: string;
  /** What is said of it more quietly, in a second line. */
  note?: string;
  /** What a press on it does; its name in the table does the same. */
  onPick?: () => void;
}

const ROW_PX = 22;
const NOTE_PX = 13;
const NAME_PX = 15;
const FOOT_PX = 38;

interface Props {
  bars: Bar[];
  axis: string;
  label: string;
  /** Both ends of the scale, for charts that share one; else what the bars need. */
  scale?: [number, number];
  /** Room for the figures at the end, in pixels. */
  room?: number;
  /** Whether the axis counts upwards both ways. */
  absolute?: boolean;
}

export function spanOf(bars: Bar[]): [number, number] {
  const ends = bars.flatMap((bar) => {
    const up = bar.parts.reduce((sum, part) => sum + Math.max(0, part.value), 0);
    const down = bar.parts.reduce((sum, part) => sum + Math.min(0, part.value), 0);
    return [up, down, bar.low ?? 0, bar.high ?? 0, bar.mark ?? 0];
  });
  return [Math.min(0, ...ends), Math.max(0, ...ends)];
}

/** The bar of a figure between its low end (light) and its high end (dark): where both lie on one side, the farther begins at the nearer. */
export function twoEnds(low: number, high: number): Bar["parts"] {
  const [light, dark] = [{ value: low, tone: "lapis-light" }, { value: high, tone: "lapis" }];
  if (low * high <= 0) return [light, dark];
  const [near, far] = Math.abs(low) < Math.abs(high) ? [light, dark] : [dark, light];
  return [near, { ...far, value: far.value - near.value }];
}

/** Round numbers within two ends, zero among them. */
export function marksWithin([low, high]: [number, number], wanted: number): number[] {
  const [first, second] = ticks(high - low, wanted);
  const step = second === undefined ? high - low || 1 : second - first!;
  const found: number[] = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + step * 1e-9; i += 1) found.push(i * step);
  return found;
}

export function Bars({ bars, axis, label, scale, room, absolute = false }: Props) {
  const [host, width] = useWidth();
  const narrow = width < 480;
  // where it is narrow, names stand above their bars
  const left = narrow ? 6 : Math.min(230, width * 0.38);
  // figures stand beyond the longest bar
  const figures = Math.max(0, ...bars.map((bar) => widthOf(bar.label, 12, 600))) + 10;
  const end = narrow ? Math.min(figures, width * 0.6) : Math.max(room ?? 150, Math.min(figures, width * 0.4));
  const [low, high] = scale ?? spanOf(bars);
  const inner = Math.max(40, width - left - end);
  const x = (value: number) => left + ((value - low) / (high - low || 1)) * inner;
  const noted = bars.some((bar) => bar.note);
  const row = ROW_PX + (noted ? NOTE_PX : 0) + (narrow ? NAME_PX : 0);
  const foot = bars.length * row + 4;
  return (
    <div className="plot" ref={host}>
      {width > 0 && (
        <svg className="chart" width={width} height={foot + FOOT_PX} viewBox={`0 0 ${width} ${foot + FOOT_PX}`} role="img" aria-label={label}>
          {marksWithin([low, high], inner / (narrow ? 60 : 90)).map((value) => (
            <g key={value}>
              <line x1={x(value)} x2={x(value)} y1={0} y2={foot} stroke={Math.abs(value) < 1e-12 ? "var(--stone)" : "var(--line)"} strokeWidth={Math.abs(value) < 1e-12 ? 1.4 : 1} />
              <text x={x(value)} y={foot + 14} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
                {number(absolute ? Math.abs(value) : value)}
              </text>
            </g>
          ))}
          <text x={middleWithin(axis, left + inner / 2, width)} y={foot + 31} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
            {axis}
          </text>
          {bars.map((bar, i) => (
            <OneBar key={bar.key} bar={bar} x={x} y={i * row + ROW_PX / 2 + 1 + (narrow ? NAME_PX : 0)} left={left} room={width} above={narrow} />
          ))}
        </svg>
      )}
    </div>
  );
}

function OneBar({ bar, x, y, left, room, above }: { bar: Bar; x: (value: number) => number; y: number; left: number; room: number; above: boolean }) {
  let [up, down] = [0, 0];
  const rects = bar.parts.map((part) => {
    const from = part.value < 0 ? down : up;
    const to = from + part.value;
    if (part.value < 0) down = to;
    else up = to;
    return { ...part, x: Math.min(x(from), x(to)), width: Math.abs(x(to) - x(from)) };
  });
  const text = x(Math.max(up, bar.high ?? 0, bar.mark ?? 0, 0)) + 7;
  return (
    <g onClick={bar.onPick} style={bar.onPick ? { cursor: "pointer" } : undefined}>
      <text x={above ? left : left - 8} y={above ? y - 10 : y + 4} textAnchor={above ? "start" : "end"} style={above ? { fill: "var(--stone-ink)" } : undefined}>
        <title>{bar.name}</title>
        {shortened(bar.name, above ? room - left : left - 8)}
      </text>
      {rects.map((part, i) => (
        <rect key={i} x={part.x} width={Math.max(part.width, part.value === 0 ? 0 : 1)} y={y - 6} height={12} fill={part.hollow ? "none" : `var(--${part.tone})`} stroke={`var(--${part.tone})`} strokeWidth={part.hollow ? 1.4 : 0.5} />
      ))}
      {bar.low != null && bar.high != null && (
        <g stroke="var(--ink)" strokeWidth="1.3">
          <line x1={x(bar.low)} x2={x(bar.high)} y1={y} y2={y} />
          <line x1={x(bar.low)} x2={x(bar.low)} y1={y - 4} y2={y + 4} />
          <line x1={x(bar.high)} x2={x(bar.high)} y1={y - 4} y2={y + 4} />
        </g>
      )}
      {bar.mark !== undefined && <circle cx={x(bar.mark)} cy={y} r={4} fill="var(--ink)" stroke="var(--paper)" />}
      <text x={text} y={y + 4} fontWeight="600">
        {bar.label}
      </text>
      {bar.note && (
        <text x={left} y={y + 18} fontSize="11" paintOrder="stroke" stroke="var(--paper)" strokeWidth="3" style={{ fill: "var(--stone-ink)" }}>
          <title>{bar.note}</title>
          {shortened(bar.note, room - left, 11)}
        </text>
      )}
    </g>
  );
}
