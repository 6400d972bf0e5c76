/** The plane of the map (spherical Mercator, the world from 0 to 1 in both ways, y down), and a window on it of so many pixels. */

import type { Camera } from "./camera";

export type At = [number, number];

/** Pixels of the world at zoom 0, as MapLibre has it. */
const TILE = 512;
/** Pixels beyond the window that are still drawn: more than half of any line's width. */
const MARGIN = 30;
/** Two places nearer than this, in pixels, are one place. */
const FINE = 0.7;
const RAD = Math.PI / 180;

export const planeX = (lon: number): number => (lon + 180) / 360;
export const planeY = (lat: number): number => 0.5 - Math.log(Math.tan(Math.PI / 4 + (lat * RAD) / 2)) / (2 * Math.PI);
/** Beyond it the plane, which has no poles, is not square any more. */
const MOST_LAT = 85.06;

/** A line on the plane, x and y in turn, with the box that it lies in. */
export interface Line {
  xy: Float64Array;
  west: number;
  north: number;
  east: number;
  south: number;
}

export function lineOnPlane(places: readonly (readonly number[])[]): Line {
  const line: Line = { xy: new Float64Array(2 * places.length), west: Infinity, north: Infinity, east: -Infinity, south: -Infinity };
  places.forEach(([lon, lat], i) => {
    const [x, y] = [planeX(lon!), planeY(Math.max(-MOST_LAT, Math.min(MOST_LAT, lat!)))];
    line.xy[2 * i] = x;
    line.xy[2 * i + 1] = y;
    if (x < line.west) line.west = x;
    if (x > line.east) line.east = x;
    if (y < line.north) line.north = y;
    if (y > line.south) line.south = y;
  });
  return line;
}

export interface Window {
  width: number;
  height: number;
  /** Pixels of the plane, and where on it the window begins, in pixels. */
  scale: number;
  left: number;
  top: number;
  /** Where a place lies, in pixels. */
  spot: (at: readonly number[]) => At;
  /** The place at a pixel. */
  place: (x: number, y: number) => At;
  /** Whether a line may come within so many pixels of a pixel. */
  near: (line: Line, x: number, y: number, reach: number) => boolean;
  /** Lines as the path of an SVG, those outside left out; `closed` for what is filled. */
  path: (lines: Iterable<Line>, closed?: boolean) => string;
}

export function windowAt({ center, zoom }: Camera, width: number, height: number): Window {
  const scale = TILE * 2 ** zoom;
  const [left, top] = [planeX(center[0]) * scale - width / 2, planeY(center[1]) * scale - height / 2];
  const bounds = { west: (left - MARGIN) / scale, north: (top - MARGIN) / scale, east: (left + width + MARGIN) / scale, south: (top + height + MARGIN) / scale };
  const outside = (x: number, y: number) => (x < bounds.west ? 1 : x > bounds.east ? 2 : 0) | (y < bounds.north ? 4 : y > bounds.south ? 8 : 0);
  const one = ({ xy }: Line, closed: boolean): string => {
    const last = xy.length - 2;
    let [text, drawn] = ["", 0];
    let [px, py] = [NaN, NaN];
    let after = outside(xy[0]!, xy[1]!);
    // the sides of the window beyond which all lies that comes after the last place drawn
    let beyond = after;
    for (let i = 0; i <= last; i += 2) {
      const here = after;
      beyond &= here;
      if (i < last) after = outside(xy[i + 2]!, xy[i + 3]!);
      // from one place beyond a side to another a line stays beyond it, whatever lies between
      if (i > 0 && i < last && (beyond & after) !== 0) continue;
      const [x, y] = [xy[i]! * scale - left, xy[i + 1]! * scale - top];
      if (i > 0 && i < last && Math.abs(x - px) + Math.abs(y - py) < FINE) continue;
      beyond = here;
      text += `${drawn ? "L" : "M"}${Math.round(x * 10) / 10},${Math.round(y * 10) / 10}`;
      [px, py] = [x, y];
      drawn += 1;
    }
    return closed ? (drawn > 2 ? `${text}Z` : "") : drawn > 1 ? text : "";
  };
  return {
    width,
    height,
    scale,
    left,
    top,
    spot: ([lon, lat]) => [planeX(lon!) * scale - left, planeY(lat!) * scale - top],
    place: (x, y) => [((x + left) / scale) * 360 - 180, (2 * Math.atan(Math.exp((0.5 - (y + top) / scale) * 2 * Math.PI)) - Math.PI / 2) / RAD],
    near: (line, x, y, reach) =>
      line.west * scale - left - reach < x && line.east * scale - left + reach > x && line.north * scale - top - reach < y && line.south * scale - top + reach > y,
    path: (lines, closed = false) => {
      let text = "";
      for (const line of lines) {
        if (line.west > bounds.east || line.east < bounds.west || line.north > bounds.south || line.south < bounds.north) continue;
        text += one(line, closed);
      }
      return text;
    },
  };
}

/** The camera that shows a frame (west, south, east, north) with so many pixels left around it. */
export function fitted([west, south, east, north]: readonly [number, number, number, number], width: number, height: number, around = 12): Camera {
  const [x, y] = [planeX(east) - planeX(west), planeY(south) - planeY(north)];
  const zoom = Math.log2(Math.min((width - 2 * around) / x, (height - 2 * around) / y) / TILE);
  const middle = windowAt({ center: [(west + east) / 2, 0], zoom: 0 }, 0, 0);
  const lat = middle.place(0, ((planeY(south) + planeY(north)) / 2 - 0.5) * TILE)[1];
  return { center: [(west + east) / 2, lat], zoom };
}
