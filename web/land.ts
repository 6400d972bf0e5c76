/** Land, borders and the names of countries, from the world-atlas package: made ready when the pages are built. */

import { geoArea, geoCentroid } from "d3-geo";
import type { FeatureCollection, MultiPolygon, Polygon } from "geojson";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import type { Packed } from "./src/map/land";

export type Atlas = Topology<{ countries: GeometryCollection<{ name: string }>; land: GeometryCollection }>;

/** Steps in a degree: a hundred metres, finer than the borders are drawn. */
const STEPS = 1000;
/** Names as these countries are called in English, where Natural Earth's labels are shortened or older. */
const NAMES: Record<string, string> = {
  Turkey: "Türkiye", "Bosnia and Herz.": "Bosnia and Herzegovina", "N. Cyprus": "", "Siachen Glacier": "", "Indian Ocean Ter.": "",
  "Br. Indian Ocean Ter.": "", "United States of America": "United States",
};

export function packLand(atlas: Atlas): Packed {
  const { countries } = atlas.objects;
  const all = feature(atlas, countries) as FeatureCollection<Polygon | MultiPolygon, { name: string }>;
  const names = all.features.flatMap((country): Packed["names"] => {
    const name = NAMES[country.properties.name] ?? country.properties.name;
    const [body, area] = largest(country.geometry);
    if (!name || !body) return [];
    const [x, y] = geoCentroid(body);
    return [[name.toUpperCase(), Number(area.toPrecision(4)), round(x), round(y)]];
  });
  const land = feature(atlas, atlas.objects.land) as unknown as FeatureCollection<Polygon | MultiPolygon>;
  const polygons = land.features.flatMap(({ geometry }) => parts(geometry));
  return {
    steps: STEPS,
    names,
    land: polygons.map((polygon) => polygon.map(steps)),
    // five features have no id: places, not ids, tell them apart
    borders: mesh(atlas, countries as never, (one, other) => one !== other).coordinates.map(steps),
  };
}

const round = (degrees: number) => Math.round(degrees * STEPS);

/** Return a line as its first place and then the steps from each place to the next. */
function steps(line: number[][]): number[] {
  let [x, y] = [0, 0];
  const found: number[] = [];
  for (const [lon, lat] of line as [number, number][]) {
    const [dx, dy] = [round(lon) - x, round(lat) - y];
    if (dx === 0 && dy === 0 && found.length > 0) continue;
    found.push(dx, dy);
    [x, y] = [x + dx, y + dy];
  }
  return found;
}

const parts = (geometry: Polygon | MultiPolygon) => (geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates);

function largest(geometry: Polygon | MultiPolygon): [Polygon | null, number] {
  let best: [Polygon | null, number] = [null, -1];
  for (const coordinates of parts(geometry)) {
    const body: Polygon = { type: "Polygon", coordinates };
    const area = geoArea(body);
    if (area > best[1]) best = [body, area];
  }
  return best;
}
