/** An S-curve: the chance that a value stays below each figure, with P10, P50, P90 and the chance of a loss written on it. */

import { number } from "../format/words";
import { marksWithin } from "./Bars";
import { useWidth } from "./useWidth";

export interface SCurvePoint {
  /** Share of the draws that lie below. */
  share: number;
  value: number;
}

interface Props {
  points: SCurvePoint[];
  /** P10, P50 and P90, or others, each with what is said of it. */
  marks: { share: number; value: number; text: string }[];
  /** What is said of the part below zero; nothing where there is none. */
  loss: string;
  /** The interval, as wide as it is when what the draws do not know is added. */
  interval: { low: number; high: number; text: string };
  xAxis: string;
  yAxis: string;
  label: string;
  /** Both ends of the scale, for curves that share one. */
  scale?: [number, number];
}

const LEFT = 50;
const RIGHT = 24;
const TOP = 24;
const HEIGHT = 210;
const FOOT = 64;

export function spanOfCurve(points: SCurvePoint[]): [number, number] {
  const values = points.map((point) => point.value);
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const margin = 0.04 * (high - low || 1);
  return [low - margin, high + margin];
}

export function SCurve({ points, marks, loss, interval, xAxis, yAxis, label, scale }: Props) {
  const [host, width] = useWidth();
  const [x0, x1] = scale ?? spanOfCurve([...points, { share: 0, value: interval.low }, { share: 1, value: interval.high }]);
  const inner = Math.max(60, width - LEFT - RIGHT);
  const x = (value: number) => LEFT + ((value - x0) / (x1 - x0 || 1)) * inner;
  const y = (share: number) => TOP + HEIGHT * (1 - share);
  const foot = TOP + HEIGHT;
  const crowded = x(interval.high) > LEFT + inner * 0.75;
  const below = points.filter((point) => point.value <= 0);
  const curve = (some: SCurvePoint[]) => some.map((point) => `${x(point.value).toFixed(1)},${y(point.share).toFixed(1)}`).join("L");
  return (
    <div className="plot" ref={host}>
      {width > 0 && points.length > 0 && (
        <svg className="chart" width={width} height={foot + FOOT} viewBox={`0 0 ${width} ${foot + FOOT}`} role="img" aria-label={label}>
          <text x={4} y={12} style={{ fill: "var(--stone-ink)" }}>
            {yAxis}
          </text>
          {[0, 0.25, 0.5, 0.75, 1].map((share) => (
            <g key={share}>
              <line x1={LEFT} x2={LEFT + inner} y1={y(share)} y2={y(share)} stroke="var(--line)" />
              <text x={LEFT - 7} y={y(share) + 4} textAnchor="end" style={{ fill: "var(--stone-ink)" }}>
                {100 * share} %
              </text>
            </g>
          ))}
          {below.length > 1 && <path d={`M${curve(below)}L${x(below.at(-1)!.value).toFixed(1)},${foot}L${x(below[0]!.value).toFixed(1)},${foot}Z`} fill="var(--madder-light)" />}
          <line x1={x(0)} x2={x(0)} y1={TOP - 6} y2={foot} stroke="var(--ink)" strokeWidth="1.3" />
          {loss && <Loss text={loss} zero={x(0)} left={LEFT} />}
          <path d={`M${curve(points)}`} fill="none" stroke="var(--lapis)" strokeWidth="2.4" strokeLinejoin="round" data-line="s-curve" />
          {marks.map((mark) => {
            // the words stand where the curve does not go
            const atEnd = x(mark.value) > LEFT + inner * 0.72;
            return (
              <g key={mark.share}>
                <circle cx={x(mark.value)} cy={y(mark.share)} r="4.5" fill="var(--lapis)" stroke="var(--paper)" strokeWidth="1.4" />
                <text x={x(mark.value) + (atEnd ? -10 : 10)} y={y(mark.share) + (atEnd ? -8 : 14)} textAnchor={atEnd ? "end" : "start"} paintOrder="stroke" stroke="var(--paper)" strokeWidth="3.5" fontWeight="600">
                  {mark.text}
                </text>
              </g>
            );
          })}
          {marksWithin([x0, x1], inner / 90)
            .filter((value) => value >= x0)
            .map((value) => (
              <text key={value} x={x(value)} y={foot + 16} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
                {number(value)}
              </text>
            ))}
          <line x1={x(interval.low)} x2={x(interval.high)} y1={foot + 30} y2={foot + 30} stroke="var(--lapis-light)" strokeWidth="6" />
          <text x={x(interval.high) + (crowded ? -8 : 8)} y={foot + (crowded ? 45 : 34)} textAnchor={crowded ? "end" : "start"} fontSize="11" style={{ fill: "var(--stone-ink)" }}>
            {interval.text}
          </text>
          <text x={LEFT + inner / 2} y={foot + 56} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
            {xAxis}
          </text>
        </svg>
      )}
    </div>
  );
}

/** The chance of a loss, on the side of zero where there is room. */
function Loss({ text, zero, left }: { text: string; zero: number; left: number }) {
  const outside = zero - left < 150;
  return (
    <text x={outside ? zero + 8 : zero - 8} y={TOP + 4} textAnchor={outside ? "start" : "end"} paintOrder="stroke" stroke="var(--paper)" strokeWidth="3.5" fontWeight="600" style={{ fill: "var(--madder)" }}>
      {text}
    </text>
  );
}
