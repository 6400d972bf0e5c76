import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { NetworkAnswer, ShapeAnswer } from "../src/api/types";
import { landOf } from "../src/map/land";
import { arc, frameOf, GATE_LENGTHS, greatCircleKm, linesOf, marksOf, readPick } from "../src/map/shape";

const shape: ShapeAnswer = {
  digest: "", nodes: { id: ["a", "b", "c"], name: ["A", "B", "C"], x: [60, 62, 50], y: [30, 30, 40], kind: ["city", "city", "port"], country: ["AAA", "BBB", "CCC"] },
  links: { id: ["ab", "bc", "ac"], name: ["", "", ""], start: [0, 1, 0], end: [1, 2, 2], mode: ["rail", "sea", "sea"], crossing: ["gate", "", ""], confidence: ["high", "high", "high"], assumed: [false, false, false] },
};
const row = { id: "gate.rail", mode: "rail", from_country: "AAA", to_country: "BBB", status: "shut", time_h: 40, time_p10_h: 30, time_p90_h: 50, price_usd_per_t: 1, confidence: "high", assumed: false, sources: [] };
const network = {
  links: { status: ["existing", "existing", "defunct"], gauge_mm: [1520, null, null], length_km: [200, 9000, 10], capacity_t_per_day: [1000, null, null], capacity_shared: [true, false, false] },
  crossings: [{ id: "gate", name: "Gate", status: "shut", time_h: 40, port: "", rows: [row] }, { id: "port", name: "Port", status: "open", time_h: 10, port: "c", rows: [{ ...row, mode: "sea" }] }],
  breaks: [{ id: "x", name: "Break", node: "b", gauge_a_mm: 1435, gauge_b_mm: 1520, time_h: 5, built: true }],
} as unknown as NetworkAnswer;

describe("the map", () => {
  it("draws gauge, status and detours, and leaves out what is defunct", () => {
    const lines = linesOf(shape, network).features.map((feature) => feature.properties);
    expect(lines.map((line) => line.style)).toEqual(["rail1520", "round"]);
    expect(lines.map((line) => line.capacity)).toEqual([1000, -1]);
  });

  it("sets a gate across its line, the longest for the most hours", () => {
    const gate = marksOf(shape, network).features.find((mark) => mark.properties.kind === "gate")!;
    expect(gate.geometry.coordinates).toEqual([61, 30]);
    expect(gate.properties.icon).toBe(`gate-shut-${GATE_LENGTHS.length - 1}`);
    // the line runs east: the bar, which lies across a line that runs north, is turned by a quarter
    expect(gate.properties.turn).toBeCloseTo(90);
  });

  it("marks ports and breaks of gauge", () => {
    expect(marksOf(shape, network).features.map((mark) => mark.properties.kind).sort()).toEqual(["break", "gate", "port"]);
  });

  it("bows a sailing and keeps its ends", () => {
    const bow = arc([60, 30], [50, 40]);
    expect(bow[0]).toEqual([60, expect.closeTo(30, 9)]);
    expect(bow.at(-1)).toEqual([50, expect.closeTo(40, 9)]);
  });

  it("measures along the great circle", () => expect(greatCircleKm([0, 0], [0, 1])).toBeCloseTo((6371.0088 * Math.PI) / 180, 6));
  it("frames nearly all places", () => expect(frameOf(shape)[0]).toBeLessThan(50));
  it("reads what is pinned", () => {
    expect(readPick("border:torkham.road.PAK-AFG")).toEqual({ table: "border", row: "torkham.road.PAK-AFG" });
    expect([readPick(""), readPick(":x")]).toEqual([null, null]);
  });
});

it("land has its borders and names, and five places without an id do no harm", () => {
  const atlas = JSON.parse(readFileSync("node_modules/world-atlas/countries-50m.json", "utf8"));
  expect(atlas.objects.countries.geometries.filter((country: { id?: string }) => country.id === undefined)).toHaveLength(5);
  const land = landOf(atlas);
  const names = land.names.features.map((feature) => feature.properties.name);
  expect(names).toEqual(expect.arrayContaining(["PAKISTAN", "AZERBAIJAN", "TÜRKIYE"]));
  expect(names).not.toContain("");
  expect(land.borders.coordinates.length).toBeGreaterThan(100);
});
