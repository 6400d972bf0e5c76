/** Land, borders and the names of countries, from the world-atlas package; fetched from the app itself, never from elsewhere. */

import { geoArea, geoCentroid } from "d3-geo";
import type { Feature, FeatureCollection, Geometry, MultiLineString, MultiPolygon, Point, Polygon } from "geojson";
import { feature, mesh } from "topojson-client";
import type { GeometryCollection, Topology } from "topojson-specification";
import address from "world-atlas/countries-50m.json?url";

type Atlas = Topology<{ countries: GeometryCollection<{ name: string }>; land: GeometryCollection }>;

export interface Land {
  land: Feature<Geometry> | FeatureCollection<Geometry>;
  borders: MultiLineString;
  names: FeatureCollection<Point, { name: string; size: number }>;
}

/** Names as these countries are called in English, where Natural Earth's labels are shortened or older. */
const NAMES: Record<string, string> = {
  Turkey: "Türkiye", "Bosnia and Herz.": "Bosnia and Herzegovina", "N. Cyprus": "", "Siachen Glacier": "", "Indian Ocean Ter.": "",
  "Br. Indian Ocean Ter.": "", "United States of America": "United States",
};

let loading: Promise<Land> | null = null;

export function loadLand(): Promise<Land> {
  loading ??= fetch(address)
    .then(async (answer) => {
      if (!answer.ok) throw new Error(`${answer.status}`);
      return landOf((await answer.json()) as Atlas);
    })
    .catch((error: unknown) => {
      loading = null;
      throw error;
    });
  return loading;
}

export function landOf(atlas: Atlas): Land {
  const { countries } = atlas.objects;
  const all = feature(atlas, countries) as FeatureCollection<Polygon | MultiPolygon, { name: string }>;
  const names = all.features.flatMap((country) => {
    const name = NAMES[country.properties.name] ?? country.properties.name;
    const [body, area] = largest(country.geometry);
    if (!name || !body) return [];
    return [{ type: "Feature" as const, geometry: { type: "Point" as const, coordinates: geoCentroid(body) }, properties: { name: name.toUpperCase(), size: area } }];
  });
  return {
    land: feature(atlas, atlas.objects.land),
    // five features have no id: places, not ids, tell them apart
    borders: mesh(atlas, countries as never, (one, other) => one !== other) as MultiLineString,
    names: { type: "FeatureCollection", features: names },
  };
}

function largest(geometry: Polygon | MultiPolygon): [Polygon | null, number] {
  const parts = geometry.type === "Polygon" ? [geometry.coordinates] : geometry.coordinates;
  let best: [Polygon | null, number] = [null, -1];
  for (const coordinates of parts) {
    const body: Polygon = { type: "Polygon", coordinates };
    const area = geoArea(body);
    if (area > best[1]) best = [body, area];
  }
  return best;
}
