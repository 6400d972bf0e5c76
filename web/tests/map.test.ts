import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import type { NetworkAnswer, ShapeAnswer } from "../src/api/types";
import { packLand } from "../land";
import { unpackLand } from "../src/map/land";
import { fitted, lineOnPlane, windowAt, type At } from "../src/map/plane";
import { nearestLine, sheetOf } from "../src/map/sheet";
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
    expect([readPick(""), readPick(":x"), readPick("link:")]).toEqual([null, null, null]);
  });
});

it("land has its borders and names, and five places without an id do no harm", () => {
  const atlas = JSON.parse(readFileSync("node_modules/world-atlas/countries-50m.json", "utf8"));
  expect(atlas.objects.countries.geometries.filter((country: { id?: string }) => country.id === undefined)).toHaveLength(5);
  const land = unpackLand(JSON.parse(JSON.stringify(packLand(atlas))));
  const names = land.names.features.map((feature) => feature.properties.name);
  expect(names).toEqual(expect.arrayContaining(["PAKISTAN", "AZERBAIJAN", "TÜRKIYE"]));
  expect(names).not.toContain("");
  expect(land.borders.length).toBeGreaterThan(100);
  // Baku and Karachi lie on land, the middle of the Caspian and of the Arabian Sea do not
  const { land: ground } = land.geojson();
  const on = (at: At) => ground.coordinates.flat().filter((ring) => inside(ring as At[], at)).length % 2 === 1;
  expect([[49.8, 40.4], [67.1, 24.95], [50.5, 42.5], [64, 18]].map((at) => on(at as At))).toEqual([true, true, false, false]);
});

function inside(ring: At[], [x, y]: At): boolean {
  let odd = false;
  ring.forEach(([x1, y1], i) => {
    const [x2, y2] = ring[(i + 1) % ring.length]!;
    if (y1 > y !== y2 > y && x < x1 + ((y - y1) / (y2 - y1)) * (x2 - x1)) odd = !odd;
  });
  return odd;
}

describe("the window on the map", () => {
  const pane = windowAt({ center: [60, 35], zoom: 6 }, 400, 300);
  const ring = (path: string) => path.replace(/^M|Z$/g, "").split("L").filter(Boolean).map((pair) => pair.split(",").map(Number) as At);

  it("has its centre in the middle, and finds places again", () => {
    expect(pane.spot([60, 35])).toEqual([expect.closeTo(200, 6), expect.closeTo(150, 6)]);
    expect(pane.place(...pane.spot([62.5, 37.1]))).toEqual([expect.closeTo(62.5, 9), expect.closeTo(37.1, 9)]);
    const camera = fitted([50, 20, 70, 45], 400, 300);
    const shown = windowAt(camera, 400, 300);
    expect(shown.spot([60, 20])[1]).toBeCloseTo(288, 6);
    expect(shown.spot([60, 45])[1]).toBeCloseTo(12, 6);
  });

  it("leaves out what lies outside, and nothing of what lies inside", () => {
    let seed = 7;
    const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    let drawn = 0;
    for (let round = 0; round < 300; round += 1) {
      const places = Array.from({ length: 3 + Math.floor(chance() * 20) }, (): At => [60 + 24 * (chance() - 0.5), 35 + 18 * (chance() - 0.5)]);
      const path = ring(pane.path([lineOnPlane(places)], true));
      drawn += path.length;
      const exact = places.map(pane.spot);
      for (let look = 0; look < 20; look += 1) {
        const at: At = [400 * chance(), 300 * chance()];
        // a tenth of a pixel is what rounding may move a line by
        if (exact.some(([x, y], i) => near(at, [x, y], exact[(i + 1) % exact.length]!) < 1)) continue;
        expect(path.length > 2 && inside(path, at)).toBe(inside(exact, at));
      }
    }
    expect(drawn).toBeGreaterThan(1000);
    // round the corner of the window, step by step, beyond one side and then beyond the next
    const corner = [[40, 30], [45, 50], [60, 52]].map((at) => at as At);
    expect(ring(pane.path([lineOnPlane(corner)]))).toHaveLength(3);
    const along = Array.from({ length: 50 }, (_unused, i): At => [40 + i / 10, 30]).concat([[58, 35], [62, 35]]);
    expect(ring(pane.path([lineOnPlane(along)]))).toHaveLength(4);
    expect(pane.path([lineOnPlane([[10, 10], [12, 12]])])).toBe("");
  });
});

function near([x, y]: At, [x1, y1]: At, [x2, y2]: At): number {
  const [dx, dy] = [x2 - x1, y2 - y1];
  const t = Math.max(0, Math.min(1, ((x - x1) * dx + (y - y1) * dy) / (dx * dx + dy * dy || 1)));
  return Math.hypot(x1 + t * dx - x, y1 + t * dy - y);
}

describe("a sheet of many lines", () => {
  const line = (places: At[], style: string, mode: string, status = "existing") => ({ type: "Feature" as const, geometry: { type: "LineString" as const, coordinates: places }, properties: { i: 0, style, status, mode, capacity: -1 } });
  it("holds every piece once, by look", () => {
    const sheet = sheetOf({ type: "FeatureCollection", features: [line([[60, 30], [61, 31], [62, 30]], "road", "road"), line([[60, 30], [60, 31]], "rail1435", "rail"), line([[59, 30], [58, 30]], "road", "road")] } as never);
    expect(sheet.lines).toBe(3);
    expect(sheet.groups.map((group) => [group.mode, group.double, [...group.line]])).toEqual([["road", false, [0, 0, 2]], ["rail", true, [1]]]);
  });

  it("finds the line under a pointer, the nearest and none that is hidden", () => {
    let seed = 11;
    const chance = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
    const places = Array.from({ length: 400 }, (): At[] => [[55 + 10 * chance(), 30 + 8 * chance()], [55 + 10 * chance(), 30 + 8 * chance()]]);
    const sheet = sheetOf({ type: "FeatureCollection", features: places.map((two, i) => line(two, i % 2 ? "road" : "rail", i % 2 ? "road" : "rail")) } as never);
    const pane = windowAt({ center: [60, 34], zoom: 5 }, 400, 300);
    let found = 0;
    for (let look = 0; look < 200; look += 1) {
      const at: At = [400 * chance(), 300 * chance()];
      const off = places.map((two) => near(at, ...(two.map(pane.spot) as [At, At])));
      const best = off.indexOf(Math.min(...off));
      const expected = off[best]! < 7 ? best : -1;
      expect(nearestLine(sheet, [], pane, ...at, 7)).toBe(expected);
      if (expected >= 0) found += 1;
      expect(nearestLine(sheet, ["road"], pane, ...at, 7) % 2).toBeLessThanOrEqual(0);
    }
    expect(found).toBeGreaterThan(50);
  });
});
