/** Land, borders and the names of countries; fetched from the app itself, never from elsewhere. `land.ts` beside the build makes them. */

import type { FeatureCollection, MultiLineString, MultiPolygon, Point } from "geojson";
import address from "virtual:land";
import { lineOnPlane, type Line } from "./plane";

/** As the file has it: lines are steps between places, in parts of a degree. */
export interface Packed {
  steps: number;
  /** Name, size in steradians, and place. */
  names: [string, number, number, number][];
  land: number[][][];
  borders: number[][];
}

type Names = FeatureCollection<Point, { name: string; size: number }>;

export interface Land {
  /** Rings of land, holes among them, and borders, on the plane of the map. */
  rings: Line[];
  borders: Line[];
  /** The greatest first. */
  names: Names;
  /** The same as GeoJSON. */
  geojson: () => { land: MultiPolygon; borders: MultiLineString };
}

let loading: Promise<Land> | null = null;

export function loadLand(): Promise<Land> {
  loading ??= fetch(address)
    .then(async (answer) => {
      if (!answer.ok) throw new Error(`${answer.status}`);
      return unpackLand((await answer.json()) as Packed);
    })
    .catch((error: unknown) => {
      loading = null;
      throw error;
    });
  return loading;
}

export function unpackLand(packed: Packed): Land {
  const places = (steps: number[]) => {
    const found: [number, number][] = [];
    let [x, y] = [0, 0];
    for (let i = 0; i < steps.length; i += 2) {
      x += steps[i]!;
      y += steps[i + 1]!;
      found.push([x / packed.steps, y / packed.steps]);
    }
    return found;
  };
  const names: Names["features"] = packed.names.map(([name, size, x, y]) => ({
    type: "Feature",
    geometry: { type: "Point", coordinates: [x / packed.steps, y / packed.steps] },
    properties: { name, size },
  }));
  names.sort((one, other) => other.properties.size - one.properties.size);
  return {
    rings: packed.land.flatMap((polygon) => polygon.map((ring) => lineOnPlane(places(ring)))),
    borders: packed.borders.map((line) => lineOnPlane(places(line))),
    names: { type: "FeatureCollection", features: names },
    geojson: () => ({
      land: { type: "MultiPolygon", coordinates: packed.land.map((polygon) => polygon.map(places)) },
      borders: { type: "MultiLineString", coordinates: packed.borders.map(places) },
    }),
  };
}
