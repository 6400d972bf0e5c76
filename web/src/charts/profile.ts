/** The shape of a time/cost-distance profile: where goods move, where they stand, and which steps have a name. */

import type { RouteAnswer } from "../api/types";
import { en } from "../i18n";
import { fill } from "../format/words";

export interface Point {
  km: number;
  h: number;
  usd: number;
}

export interface Step {
  name: string;
  km: number;
  from: Point;
  to: Point;
  hours: number;
  kind: string;
}

export interface Profile {
  points: Point[];
  steps: Step[];
}

/** Walk a route: moves are slopes, stops are steps, and a wait for a departure is a step before its move. */
export function profileOf(route: RouteAnswer): Profile {
  let at: Point = { km: 0, h: 0, usd: 0 };
  const points = [at];
  const steps: Step[] = [];
  const go = (next: Point) => {
    points.push(next);
    at = next;
  };
  for (const leg of route.legs) {
    if (leg.kind !== "move") {
      const from = at;
      go({ km: at.km, h: at.h + leg.time_h, usd: at.usd + leg.price_usd_per_t });
      steps.push({ name: leg.name, km: from.km, from, to: at, hours: leg.time_h, kind: leg.kind });
      continue;
    }
    if (leg.wait_h > 0) {
      const from = at;
      go({ ...at, h: at.h + leg.wait_h });
      steps.push({ name: fill(en.routes.wait, { name: leg.name }), km: from.km, from, to: at, hours: leg.wait_h, kind: "wait" });
    }
    go({ km: at.km + leg.distance_km, h: at.h + leg.time_h - leg.wait_h, usd: at.usd + leg.price_usd_per_t });
  }
  return { points, steps };
}

export interface Label {
  text: string;
  x: number;
  y: number;
  /** Where it points at. */
  tipX: number;
  tipY: number;
  end: boolean;
}

/**
 * Place the names of steps: the line only rises, so the right-hand side below it and the left-hand side above it are free.
 * Names on a side are pushed apart, away from the line.
 */
export function placeLabels(steps: { text: string; x: number; y: number }[], turn: number, gap: number, low: number, high: number): Label[] {
  const right = steps.filter((step) => step.x < turn).map((step) => ({ ...step, end: false }));
  const left = steps.filter((step) => step.x >= turn).map((step) => ({ ...step, end: true }));
  const placed: Label[] = [];
  // y grows downwards; on the right the names are pushed down, starting with the lowest place on the page
  let limit = low;
  for (const step of right) {
    const y = Math.min(step.y + 4, limit - gap / 3);
    placed.push({ text: step.text, x: step.x + 8, y, tipX: step.x, tipY: step.y, end: false });
    limit = y - (gap * 2) / 3;
  }
  limit = high;
  for (const step of [...left].reverse()) {
    const y = Math.max(step.y, limit + gap / 2);
    placed.push({ text: step.text, x: step.x - 8, y, tipX: step.x, tipY: step.y, end: true });
    limit = y + gap / 2;
  }
  return placed;
}

/** Round numbers from nothing to a most. */
export function ticks(most: number, wanted: number): number[] {
  const raw = most / Math.max(1, wanted);
  const power = 10 ** Math.floor(Math.log10(raw || 1));
  const step = [1, 2, 5, 10].map((factor) => factor * power).find((size) => size >= raw) ?? power;
  return Array.from({ length: Math.floor(most / step + 1e-9) + 1 }, (_unused, i) => i * step);
}

