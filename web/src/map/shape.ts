/** From columns to lines and marks: what the map draws, whichever way it draws. */

import type { Feature, FeatureCollection, LineString, Point } from "geojson";
import type { NetworkAnswer, ShapeAnswer } from "../api/types";
import type { At } from "./plane";

/** A sailing so much longer than the great circle goes round a continent: its arc would cross the land. */
const DETOUR = 1.6;
/** Height of a sea arc over its chord, as a share of the chord, and points along it. */
const BULGE = 0.16;
const ARC_POINTS = 24;
const EARTH_KM = 6371.0088;
/** Shares of nodes left outside the frame at either end. */
const OUTSIDE = 0.008;
/** Lengths of gates in pixels; no gate is shorter than the first, the map's slowest has the last. */
export const GATE_LENGTHS = [6, 10, 14, 18, 22, 26, 30] as const;

export type { At };

/** How a link is drawn; the same classes as src/karvan/charts/palette.py has. */
export type Style = "rail1676" | "rail1520" | "rail1435" | "rail" | "road" | "sea" | "round";

export interface LinkProperties {
  i: number;
  style: Style;
  status: string;
  mode: string;
  capacity: number;
}

export interface MarkProperties {
  kind: "gate" | "port" | "break";
  id: string;
  name: string;
  status: string;
  hours: number;
  /** Place in GATE_LENGTHS. */
  size: number;
  /** Degrees clockwise by which the bar is turned on the screen. */
  turn: number;
  icon: string;
}

export type Lines = FeatureCollection<LineString, LinkProperties>;
export type Marks = FeatureCollection<Point, MarkProperties>;

const isSea = (mode: string) => mode === "sea" || mode === "ferry";

function styleOf(mode: string, gauge: number | null, round: boolean): Style {
  if (mode === "road") return "road";
  if (isSea(mode)) return round ? "round" : "sea";
  return gauge === 1676 || gauge === 1520 || gauge === 1435 ? `rail${gauge}` : "rail";
}

export function greatCircleKm([x1, y1]: At, [x2, y2]: At): number {
  const rad = Math.PI / 180;
  const h = Math.sin(((y2 - y1) * rad) / 2) ** 2 + Math.cos(y1 * rad) * Math.cos(y2 * rad) * Math.sin(((x2 - x1) * rad) / 2) ** 2;
  return 2 * EARTH_KM * Math.asin(Math.min(1, Math.sqrt(h)));
}

const mercator = (y: number) => (Math.log(Math.tan(Math.PI / 4 + (y * Math.PI) / 360)) * 180) / Math.PI;
const unmercator = (y: number) => (Math.atan(Math.exp((y * Math.PI) / 180)) * 360) / Math.PI - 90;

/** A bow between two places, curved on the screen. */
export function arc(start: At, end: At): At[] {
  const [x1, y1, x2, y2] = [start[0], mercator(start[1]), end[0], mercator(end[1])];
  const side = x2 >= x1 ? 1 : -1;
  const middle: At = [(x1 + x2) / 2 + side * (y2 - y1) * BULGE * 2, (y1 + y2) / 2 - side * (x2 - x1) * BULGE * 2];
  return Array.from({ length: ARC_POINTS + 1 }, (_unused, step): At => {
    const t = step / ARC_POINTS;
    const [a, b, c] = [(1 - t) ** 2, 2 * t * (1 - t), t * t];
    return [a * x1 + b * middle[0] + c * x2, unmercator(a * y1 + b * middle[1] + c * y2)];
  });
}

export function nodeAt(shape: ShapeAnswer, node: number): At {
  return [shape.nodes.x[node]!, shape.nodes.y[node]!];
}

/** The line of a link on the map. */
export function lineOf(shape: ShapeAnswer, link: number): At[] {
  const [start, end] = [nodeAt(shape, shape.links.start[link]!), nodeAt(shape, shape.links.end[link]!)];
  return isSea(shape.links.mode[link]!) ? arc(start, end) : [start, end];
}

function goesRound(shape: ShapeAnswer, network: NetworkAnswer, link: number): boolean {
  if (!isSea(shape.links.mode[link]!)) return false;
  const [start, end] = [nodeAt(shape, shape.links.start[link]!), nodeAt(shape, shape.links.end[link]!)];
  return network.links.length_km[link]! > DETOUR * greatCircleKm(start, end);
}

/** The links as lines; defunct ones are left out. */
export function linesOf(shape: ShapeAnswer, network: NetworkAnswer): Lines {
  const features: Feature<LineString, LinkProperties>[] = [];
  const { status, gauge_mm: gauge, capacity_t_per_day: capacity } = network.links;
  shape.links.id.forEach((_id, i) => {
    if (status[i] === "defunct") return;
    const mode = shape.links.mode[i]!;
    const round = goesRound(shape, network, i);
    features.push({
      type: "Feature",
      geometry: { type: "LineString", coordinates: lineOf(shape, i) },
      properties: { i, mode, status: status[i]!, style: styleOf(mode, gauge[i]!, round), capacity: capacity[i] ?? -1 },
    });
  });
  return { type: "FeatureCollection", features };
}

/** Crossings as gates, ports with formalities and breaks of gauge. */
export function marksOf(shape: ShapeAnswer, network: NetworkAnswer): Marks {
  const node = new Map(shape.nodes.id.map((id, i) => [id, i]));
  const through = new Map<string, number[]>();
  shape.links.crossing.forEach((crossing, i) => {
    if (!crossing || isSea(shape.links.mode[i]!) || network.links.status[i] === "defunct") return;
    const list = through.get(crossing);
    if (list) list.push(i);
    else through.set(crossing, [i]);
  });
  const land = network.crossings.filter((crossing) => through.has(crossing.id));
  const most = Math.max(1, ...land.map((crossing) => crossing.time_h));
  const features: Feature<Point, MarkProperties>[] = [];
  const push = (at: At, properties: MarkProperties) => features.push({ type: "Feature", geometry: { type: "Point", coordinates: at }, properties });
  for (const item of network.breaks) {
    if (!item.built || !node.has(item.node)) continue;
    push(nodeAt(shape, node.get(item.node)!), { kind: "break", id: item.id, name: item.name, status: "existing", hours: item.time_h, size: 0, turn: 0, icon: "break" });
  }
  for (const crossing of network.crossings) {
    const links = through.get(crossing.id);
    const base = { id: crossing.id, name: crossing.name, status: crossing.status, hours: crossing.time_h };
    if (links) {
      const size = Math.min(GATE_LENGTHS.length - 1, Math.floor((crossing.time_h / most) * GATE_LENGTHS.length));
      push(middleOf(shape, links), { ...base, kind: "gate", size, turn: turnOf(shape, links), icon: `gate-${crossing.status}-${size}` });
    } else if (crossing.port && node.has(crossing.port)) {
      push(nodeAt(shape, node.get(crossing.port)!), { ...base, kind: "port", size: 0, turn: 0, icon: `port-${crossing.status}` });
    }
  }
  return { type: "FeatureCollection", features };
}

function middleOf(shape: ShapeAnswer, links: number[]): At {
  const ends = links.flatMap((i) => [nodeAt(shape, shape.links.start[i]!), nodeAt(shape, shape.links.end[i]!)]);
  return [ends.reduce((sum, at) => sum + at[0], 0) / ends.length, ends.reduce((sum, at) => sum + at[1], 0) / ends.length];
}

/** The direction of the lines through a crossing, as degrees clockwise from north; the bar stands across it. */
function turnOf(shape: ShapeAnswer, links: number[]): number {
  let [x, y] = [0, 0];
  for (const i of links) {
    const [start, end] = [nodeAt(shape, shape.links.start[i]!), nodeAt(shape, shape.links.end[i]!)];
    let [dx, dy] = [end[0] - start[0], mercator(end[1]) - mercator(start[1])];
    const length = Math.hypot(dx, dy);
    if (length === 0) continue;
    [dx, dy] = [dx / length, dy / length];
    const sign = dx * x + dy * y >= 0 ? 1 : -1;
    x += sign * dx;
    y += sign * dy;
  }
  return (Math.atan2(x, y) * 180) / Math.PI;
}

/** West, south, east and north of nearly all places. */
export function frameOf(shape: ShapeAnswer): [number, number, number, number] {
  const ends = (values: number[]): [number, number] => {
    const sorted = [...values].sort((one, other) => one - other);
    const at = (share: number) => sorted[Math.round(share * (sorted.length - 1))] ?? 0;
    return [at(OUTSIDE), at(1 - OUTSIDE)];
  };
  const [west, east] = ends(shape.nodes.x);
  const [south, north] = ends(shape.nodes.y);
  const pad = 0.04 * Math.max(east - west, north - south, 0.5);
  return [west - pad, south - pad, east + pad, north + pad];
}

/** A route on the map: its links as lines, the shown one lit. */
export interface Way {
  key: string;
  links: string[];
  lit: boolean;
}

export interface WayProperties {
  lit: boolean;
  mode: string;
  way: string;
  /** A sailing whose line is not its way. */
  round: boolean;
}

export function wayLines(shape: ShapeAnswer, network: NetworkAnswer, ways: Way[]): FeatureCollection<LineString, WayProperties> {
  const number = new Map(shape.links.id.map((id, i) => [id, i]));
  const features = ways.flatMap((way) =>
    way.links.flatMap((id) => {
      const i = number.get(id);
      if (i === undefined) return [];
      const properties = { lit: way.lit, mode: shape.links.mode[i]!, way: way.key, round: goesRound(shape, network, i) };
      return [{ type: "Feature" as const, geometry: { type: "LineString" as const, coordinates: lineOf(shape, i) }, properties }];
    }),
  );
  return { type: "FeatureCollection", features };
}

/** What a reader may point at: a row of a table. */
export interface Pick {
  table: string;
  row: string;
}

export const pickText = (pick: Pick) => `${pick.table}:${pick.row}`;
export function readPick(text: string): Pick | null {
  const at = text.indexOf(":");
  return at > 0 && at < text.length - 1 ? { table: text.slice(0, at), row: text.slice(at + 1) } : null;
}

/** The row of border.csv, terminal.csv or link.csv that a mark or line stands for. */
export function pickOfMark(mark: { kind: string; id: string }, network: NetworkAnswer): Pick {
  if (mark.kind === "break") return { table: "terminal", row: mark.id };
  const rows = network.crossings.find((crossing) => crossing.id === mark.id)?.rows ?? [];
  return { table: "border", row: rows[0]?.id ?? mark.id };
}
