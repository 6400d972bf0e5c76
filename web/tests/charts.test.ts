import { describe, expect, it } from "vitest";
import type { LegAnswer, RouteAnswer } from "../src/api/types";
import { twoEnds } from "../src/charts/Bars";
import { middleWithin, shortened, widthOf } from "../src/charts/fit";
import { placeLabels, profileOf, ticks } from "../src/charts/profile";
import { laned } from "../src/screens/programme/lanes";
import { compareCells, csvOf } from "../src/parts/table";

const leg = (part: Partial<LegAnswer>): LegAnswer => ({ kind: "move", name: "", distance_km: 0, time_h: 0, wait_h: 0, price_usd_per_t: 0, ...part }) as LegAnswer;

describe("a profile", () => {
  const route = { legs: [leg({ kind: "load", name: "Port", time_h: 6, price_usd_per_t: 1 }), leg({ distance_km: 100, time_h: 7, wait_h: 2, price_usd_per_t: 5, name: "rail" }), leg({ kind: "crossing", name: "Gate", time_h: 24, price_usd_per_t: 3 })] } as RouteAnswer;

  it("rises where goods stand, slopes where they move, and ends in the sums of its legs", () => {
    const { points, steps } = profileOf(route);
    expect(points.at(-1)).toEqual({ km: 100, h: 37, usd: 9 });
    expect(steps.map((step) => [step.name, step.hours])).toEqual([["Port", 6], ["wait for rail", 2], ["Gate", 24]]);
    expect(steps.reduce((sum, step) => sum + step.hours, 0)).toBe(32);
    points.slice(1).forEach((point, i) => expect(point.h).toBeGreaterThanOrEqual(points[i]!.h));
  });
});

describe("names of steps", () => {
  it("never cover one another", () => {
    const steps = Array.from({ length: 8 }, (_unused, i) => ({ text: `step ${i}`, x: i < 4 ? 50 : 300, y: 200 - i }));
    const placed = placeLabels(steps, 150, 15, 330, 10);
    for (const side of [true, false]) {
      const rows = placed.filter((label) => label.end === side).map((label) => label.y).sort((one, other) => one - other);
      rows.slice(1).forEach((y, i) => expect(y - rows[i]!).toBeGreaterThanOrEqual(14.9));
    }
  });
});

it("ticks are round and reach from nothing to the most", () => {
  expect(ticks(20, 4)).toEqual([0, 5, 10, 15, 20]);
  expect(ticks(4083, 4)).toEqual([0, 2000, 4000]);
  expect(ticks(0.9, 3)).toHaveLength(2);
});

it("marks that would meet get lanes of their own", () => {
  const day = (n: number) => new Date(n * 1000);
  const lanes = laned([{ from: day(0), to: day(10) }, { from: day(5), to: day(6) }, { from: day(20), to: day(30) }], 1000).map((item) => item.lane);
  expect(lanes).toEqual([0, 1, 0]);
});

describe("a table", () => {
  it("is written with its figures whole and its texts quoted", () => {
    const columns = [{ key: "a", label: "A", value: (row: [number | null, string]) => row[0] }, { key: "b", label: "B", value: (row: [number | null, string]) => row[1] }];
    expect(csvOf(columns, [[0.1 + 0.2, 'say "no", please'], [null, ""]])).toBe('a,b\n0.30000000000000004,"say ""no"", please"\n,\n');
  });

  it("puts blanks last whichever way it is sorted", () => {
    for (const way of [1, -1] as const) expect([3, null, 1, ""].sort((one, other) => compareCells(one, other, way)).slice(2)).toEqual(expect.arrayContaining([null, ""]));
    expect(["P10", "P9"].sort((one, other) => compareCells(one, other, 1))).toEqual(["P9", "P10"]);
  });
});

it("a bar from a low to a high end reaches to both and no farther, also where they lie on one side", () => {
  const reach = (low: number, high: number) => {
    const parts = twoEnds(low, high);
    const ends = { "lapis-light": 0, lapis: 0 };
    let [up, down] = [0, 0];
    for (const { value, tone } of parts) {
      if (value < 0) down += value;
      else up += value;
      ends[tone as keyof typeof ends] = value < 0 ? down : up;
    }
    return [ends["lapis-light"], ends.lapis];
  };
  for (const [low, high] of [[-3, 5], [5, -3], [-1, -9], [-9, -1], [2, 7], [7, 2], [0, 4]] as const) expect(reach(low, high)).toEqual([low, high]);
});

it("a name keeps to its room, and says where it is cut", () => {
  const name = "Western Trans-Afghan railway Torghundi-Herat-Kandahar";
  expect(shortened(name, 1000)).toBe(name);
  for (const room of [60, 120, 200]) {
    expect(widthOf(shortened(name, room))).toBeLessThanOrEqual(room);
    expect(shortened(name, room)).toMatch(/^Wes.*\u2026$/);
  }
  expect(middleWithin("x".repeat(20), 0, 400)).toBeGreaterThan(widthOf("x".repeat(20)) / 2);
});
