/** The signature picture: distance across, time up, price below; slopes are movement, steps are standing still. */

import type { RouteAnswer } from "../api/types";
import { days, daysRange, number } from "../format/words";
import { en } from "../i18n";
import { placeLabels, profileOf, ticks, type Point, type Profile } from "./profile";
import { useWidth } from "./useWidth";

export interface ProfileLine {
  key: string;
  label: string;
  route: RouteAnswer;
  look: "lit" | "other" | "before";
}

export interface Scale {
  km: number;
  h: number;
  usd: number;
}

const TIME_PX = 330;
const COST_PX = 120;
const TOP = 14;
const BETWEEN = 26;
const BOTTOM = 40;
const LEFT = 44;
/** Steps below this share of the axis have no name. */
const NAMED = 0.022;
const LOOKS = {
  lit: { stroke: "var(--lapis)", width: 2.6, dash: undefined },
  other: { stroke: "var(--stone-ink)", width: 1.4, dash: undefined },
  before: { stroke: "var(--saffron-ink)", width: 1.8, dash: "6 3" },
};

/** The scale that shows some routes; two charts beside each other share one. */
export function scaleOf(routes: RouteAnswer[]): Scale {
  return {
    km: Math.max(1, ...routes.map((route) => route.distance_km)),
    h: Math.max(1, ...routes.map((route) => route.time_h.p90)),
    usd: Math.max(1, ...routes.map((route) => route.price_usd_per_t)),
  };
}

export function ProfileChart({ lines, scale, label }: { lines: ProfileLine[]; scale: Scale; label: string }) {
  const [host, width] = useWidth(300);
  const right = width < 480 ? 88 : 150;
  const inner = Math.max(120, width - LEFT - right);
  const bottom = TOP + TIME_PX;
  const costTop = bottom + BETWEEN;
  const height = costTop + COST_PX + BOTTOM;
  const x = (km: number) => LEFT + (km / scale.km) * inner;
  const yTime = (h: number) => bottom - (h / scale.h) * TIME_PX;
  const yCost = (usd: number) => costTop + COST_PX - (usd / scale.usd) * COST_PX;
  const drawn = [...lines].sort((one, other) => order(one) - order(other)).map((line) => ({ line, profile: profileOf(line.route) }));
  const lit = drawn.find(({ line }) => line.look === "lit");
  if (!width) return <div className="plot" ref={host} />;
  return (
    <div className="plot" ref={host}>
      <svg className="chart" width={width} height={height} role="img" aria-label={label} viewBox={`0 0 ${width} ${height}`}>
        <Axes x={x} yTime={yTime} yCost={yCost} scale={scale} inner={inner} bottom={bottom} costTop={costTop} height={height} />
        {lit && <Standing profile={lit.profile} x={x} y={yTime} bottom={bottom} />}
        {drawn.map(({ line, profile }) => (
          <g key={line.key} fill="none" stroke={LOOKS[line.look].stroke} strokeWidth={LOOKS[line.look].width} strokeDasharray={LOOKS[line.look].dash} strokeLinejoin="round" data-line={line.key}>
            <path d={pathOf(profile.points, x, (point) => yTime(point.h))} />
            <path d={pathOf(profile.points, x, (point) => yCost(point.usd))} />
          </g>
        ))}
        {lit && <Names profile={lit.profile} x={x} y={yTime} most={scale.h} turn={LEFT + inner * 0.5} low={bottom} high={TOP} small={width < 560} />}
        <Ends drawn={drawn} x={x} yTime={yTime} yCost={yCost} small={width < 480} />
      </svg>
      <p className="quiet">{en.routes.standing}</p>
    </div>
  );
}

const order = (line: ProfileLine) => ["other", "before", "lit"].indexOf(line.look);

function pathOf(points: Point[], x: (km: number) => number, y: (point: Point) => number): string {
  return points.map((point, i) => `${i ? "L" : "M"}${x(point.km).toFixed(1)},${y(point).toFixed(1)}`).join("");
}

interface AxesProps {
  x: (km: number) => number;
  yTime: (h: number) => number;
  yCost: (usd: number) => number;
  scale: Scale;
  inner: number;
  bottom: number;
  costTop: number;
  height: number;
}

function Axes({ x, yTime, yCost, scale, inner, bottom, costTop, height }: AxesProps) {
  const end = LEFT + inner;
  const grid = (y: number, text: string, key: string) => (
    <g key={key}>
      <line x1={LEFT} x2={end} y1={y} y2={y} stroke="var(--line)" />
      <text x={LEFT - 6} y={y + 4} textAnchor="end" style={{ fill: "var(--stone-ink)" }}>
        {text}
      </text>
    </g>
  );
  const across = ticks(scale.km, Math.max(2, inner / 90));
  return (
    <>
      {ticks(scale.h / 24, 6).map((day) => grid(yTime(day * 24), number(day), `t${day}`))}
      {ticks(scale.usd, 3).map((usd) => grid(yCost(usd), number(usd), `c${usd}`))}
      {across.map((km) => (
        <g key={km}>
          <line x1={x(km)} x2={x(km)} y1={costTop + COST_PX} y2={costTop + COST_PX + 4} stroke="var(--stone)" />
          <text x={x(km)} y={costTop + COST_PX + 17} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
            {number(km)}
          </text>
        </g>
      ))}
      <line x1={LEFT} x2={end} y1={bottom} y2={bottom} stroke="var(--stone)" />
      <line x1={LEFT} x2={end} y1={costTop + COST_PX} y2={costTop + COST_PX} stroke="var(--stone)" />
      <text x={LEFT} y={TOP - 3} style={{ fill: "var(--stone-ink)" }}>
        {en.routes.timeAxis}
      </text>
      <text x={LEFT} y={costTop - 6} style={{ fill: "var(--stone-ink)" }}>
        {en.routes.costAxis}
      </text>
      <text x={LEFT + inner / 2} y={height - 4} textAnchor="middle" style={{ fill: "var(--stone-ink)" }}>
        {en.routes.distanceAxis}
      </text>
    </>
  );
}

/** Standing time, shaded from its step to the edge of the picture, and as the bar that all of it adds up to. */
function Standing({ profile, x, y, bottom }: { profile: Profile; x: (km: number) => number; y: (h: number) => number; bottom: number }) {
  return (
    <g fill="var(--saffron-light)" opacity="0.55">
      {profile.steps
        .filter((step) => step.hours > 0)
        .map((step, i) => (
          <rect key={i} x={LEFT} width={Math.max(1, x(step.km) - LEFT)} y={y(step.to.h)} height={Math.max(0.5, y(step.from.h) - y(step.to.h))} opacity="0.5" />
        ))}
      {profile.steps
        .filter((step) => step.hours > 0)
        .map((step, i) => (
          <rect key={`s${i}`} x={x(step.km) - 2.5} width={5} y={y(step.to.h)} height={Math.min(bottom, y(step.from.h)) - y(step.to.h)} fill="var(--saffron)" />
        ))}
    </g>
  );
}

function Names({ profile, x, y, most, turn, low, high, small }: { profile: Profile; x: (km: number) => number; y: (h: number) => number; most: number; turn: number; low: number; high: number; small: boolean }) {
  const named = profile.steps
    .filter((step) => step.hours >= NAMED * most)
    .map((step) => ({ text: `${small ? step.name.split(/[:(]/)[0]!.trim() : step.name}, ${days(step.hours)}`, x: x(step.km), y: y((step.from.h + step.to.h) / 2) }));
  return (
    <g paintOrder="stroke" stroke="var(--paper)" strokeWidth="3" fontSize={small ? 10 : 11.5}>
      {placeLabels(named, turn, 15, low, high).map((label) => (
        <g key={`${label.text}${label.tipX}`}>
          {Math.abs(label.y - label.tipY) > 12 && <line x1={label.tipX + (label.end ? -3 : 3)} y1={label.tipY} x2={label.x + (label.end ? 2 : -2)} y2={label.y - 4} stroke="var(--stone)" strokeWidth="0.7" />}
          <text x={label.x} y={label.y} textAnchor={label.end ? "end" : "start"}>
            {label.text}
          </text>
        </g>
      ))}
    </g>
  );
}

interface EndsProps {
  drawn: { line: ProfileLine; profile: Profile }[];
  x: (km: number) => number;
  yTime: (h: number) => number;
  yCost: (usd: number) => number;
  /** Whether there is room for the mean alone beside the bar of the range. */
  small: boolean;
}

/** The range of each route at its end, and its name; names that would cover one another are pushed apart. */
function Ends({ drawn, x, yTime, yCost, small }: EndsProps) {
  const ends = [...drawn].sort((one, other) => other.line.route.time_h.mean - one.line.route.time_h.mean);
  let last = -Infinity;
  let lastCost = -Infinity;
  const cost = new Map(
    [...drawn]
      .sort((one, other) => other.line.route.price_usd_per_t - one.line.route.price_usd_per_t)
      .map(({ line }) => {
        const at = Math.max(yCost(line.route.price_usd_per_t) + 4, lastCost + 13);
        lastCost = at;
        return [line.key, at] as const;
      }),
  );
  return (
    <>
      {ends.map(({ line }, i) => {
        const { time_h: time, distance_km: km, price_usd_per_t: usd } = line.route;
        const at = x(km) + 7 + i * 5;
        const look = LOOKS[line.look];
        const y = Math.max(yTime(time.mean) + 4, last + 27);
        last = y;
        const text = Math.max(at, x(km)) + 9;
        return (
          <g key={line.key}>
            <line x1={at} x2={at} y1={yTime(time.p10)} y2={yTime(time.p90)} stroke={look.stroke} strokeWidth={line.look === "lit" ? 4 : 2.5} opacity="0.55" />
            <circle cx={at} cy={yTime(time.mean)} r={3} fill={look.stroke} />
            <text x={text} y={y - 6} fontWeight={line.look === "lit" ? 650 : 400} style={{ fill: look.stroke }}>
              {line.label}
            </text>
            <text x={text} y={y + 7} fontSize="11" style={{ fill: look.stroke }}>
              {small ? days(time.mean) : `${days(time.mean)} (${daysRange(time.mean, time.p10, time.p90)})`}
            </text>
            <text x={x(km) + 9} y={cost.get(line.key)} fontSize="11" style={{ fill: look.stroke }}>
              {`${line.label}: ${number(usd)}`}
            </text>
          </g>
        );
      })}
    </>
  );
}
