/** Bands: links as wide as what they carry and as dark as they are full, side by side where several join two places. */

import type { FeatureCollection, LineString, Point } from "geojson";
import type { ShapeAnswer } from "../api/types";
import { lineOf, type At } from "./shape";

/** What a band says by its colour; `down` is broken as well. */
export type Tone = "none" | "use1" | "use2" | "use3" | "use4" | "full" | "up" | "down";
/** In the order of drawing: what is full lies on top. */
export const TONES: readonly Tone[] = ["none", "use1", "use2", "use3", "use4", "up", "down", "full"];
export const toneColor = (tone: Tone): string => `band-${tone}`;

export interface Band {
  /** Place among the links of the shape. */
  i: number;
  /** Pixels. */
  width: number;
  tone: Tone;
}

/** What stands beside a link, the most important first. */
export interface Caption {
  i: number;
  text: string;
}

export interface BandProperties {
  i: number;
  width: number;
  tone: Tone;
  /** As the map's switches have it: a ferry is at sea. */
  mode: string;
  /** Place in the order of drawing. */
  order: number;
  /** Pixels to the right of the line, seen along it. */
  offset: number;
}

export type Bands = FeatureCollection<LineString, BandProperties>;
export type Captions = FeatureCollection<Point, { text: string; rank: number }>;

/** Widths: nothing is thinner than the first, and the most has the last; between them goes the square root. */
const LEAST_PX = 0.6;
export const MOST_PX = 13;
const GAP_PX = 0.5;

/** The width of a volume where `most` is the widest; rounded, so that few widths differ. */
export function widthOf(volume: number, most: number): number {
  return Math.round(2 * (LEAST_PX + (MOST_PX - LEAST_PX) * Math.sqrt(Math.min(1, volume / (most || 1))))) / 2;
}

/** The round number at or above a most: a scale that does not move with every switch. */
export function roundUp(most: number): number {
  if (!(most > 0)) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 3, 5, 10].map((step) => step * power).find((step) => step >= most * (1 - 1e-12))!;
}

/** The class of a use of capacity; 0.995 and more is full. */
export function toneOf(use: number | null): Tone {
  if (use === null) return "none";
  return use >= 0.995 ? "full" : use >= 0.75 ? "use4" : use >= 0.5 ? "use3" : use >= 0.25 ? "use2" : "use1";
}

/** Bands as lines, each beside the others between its two places. */
export function bandLines(shape: ShapeAnswer, bands: Band[]): Bands {
  const beside = new Map<string, Band[]>();
  for (const band of bands) {
    const [start, end] = [shape.links.start[band.i]!, shape.links.end[band.i]!];
    const key = start < end ? `${start} ${end}` : `${end} ${start}`;
    const list = beside.get(key);
    if (list) list.push(band);
    else beside.set(key, [band]);
  }
  const features: Bands["features"] = [];
  for (const list of beside.values()) {
    let at = -(list.reduce((sum, band) => sum + band.width + GAP_PX, 0) - GAP_PX) / 2;
    for (const band of list) {
      const side = shape.links.start[band.i]! < shape.links.end[band.i]! ? 1 : -1;
      const offset = list.length > 1 ? side * (at + band.width / 2) : 0;
      at += band.width + GAP_PX;
      features.push({ type: "Feature", geometry: { type: "LineString", coordinates: lineOf(shape, band.i) }, properties: { ...band, offset, mode: shape.links.mode[band.i] === "ferry" ? "sea" : shape.links.mode[band.i]!, order: 0 } });
    }
  }
  features.sort((one, other) => TONES.indexOf(one.properties.tone) - TONES.indexOf(other.properties.tone) || other.properties.width - one.properties.width);
  features.forEach((feature, order) => (feature.properties.order = order));
  return { type: "FeatureCollection", features };
}

export function captionPoints(shape: ShapeAnswer, captions: Caption[]): Captions {
  return {
    type: "FeatureCollection",
    features: captions.map(({ i, text }, rank) => {
      const line = lineOf(shape, i);
      const middle: At = line.length > 2 ? line[line.length >> 1]! : [(line[0]![0] + line[1]![0]) / 2, (line[0]![1] + line[1]![1]) / 2];
      return { type: "Feature", geometry: { type: "Point", coordinates: middle }, properties: { text, rank } };
    }),
  };
}

/** A line of pixels moved to its right by an offset. */
export function moved(points: [number, number][], offset: number): [number, number][] {
  if (offset === 0 || points.length < 2) return points;
  const [[x1, y1], [x2, y2]] = [points[0]!, points.at(-1)!];
  const length = Math.hypot(x2 - x1, y2 - y1) || 1;
  const [nx, ny] = [-(y2 - y1) / length, (x2 - x1) / length];
  return points.map(([x, y]) => [x + nx * offset, y + ny * offset]);
}
