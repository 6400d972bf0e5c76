/** The map drawn by MapLibre GL: its own style, no tiles, no fonts and nothing from elsewhere. */

import { Map as GlMap, setWorkerUrl, type ExpressionSpecification, type GeoJSONSource, type LayerSpecification, type StyleSpecification } from "maplibre-gl";
import "maplibre-gl/dist/maplibre-gl.css";
import workerUrl from "maplibre-gl/dist/maplibre-gl-worker.mjs?worker&url";
import type { FeatureCollection } from "geojson";
import { begin, end } from "../state/settled";
import { color } from "../state/theme";
import { camera, moveCamera, onCamera } from "./camera";
import type { Land } from "./land";
import { pictures } from "./marks";
import { TONES, toneColor, type Bands, type Captions } from "./bands";
import type { Lines, Marks } from "./shape";

setWorkerUrl(workerUrl);

export interface Drawing {
  lines: Lines;
  marks: Marks;
  ways: FeatureCollection;
  places: FeatureCollection;
  /** Volumes over the lines, which step back; null draws none. */
  bands: Bands | null;
  captions: Captions;
  /** Whether capacity is the width of lines. */
  byCapacity: boolean;
  /** Modes that are hidden. */
  hidden: string[];
}

export interface Hit {
  layer: "line" | "mark" | "place";
  properties: Record<string, unknown>;
  x: number;
  y: number;
}

const EMPTY: FeatureCollection = { type: "FeatureCollection", features: [] };
const FONT = ["system-ui, sans-serif"];

type E = ExpressionSpecification;

function style(land: Land): StyleSpecification {
  const ground = land.geojson();
  const source = (data: unknown) => ({ type: "geojson" as const, data: data as FeatureCollection, tolerance: 0.2 });
  return {
    version: 8,
    sources: {
      land: source(ground.land), borders: source(ground.borders), names: source(land.names),
      lines: source(EMPTY), marks: source(EMPTY), ways: source(EMPTY), places: source(EMPTY), bands: source(EMPTY), captions: source(EMPTY),
    },
    layers: layers(),
  };
}

const LINES: [string, E, Record<string, unknown>][] = [
  ["rail1676", ["==", ["get", "style"], "rail1676"], {}],
  ["rail1520", ["==", ["get", "style"], "rail1520"], { "line-dasharray": [5, 1.6] }],
  ["rail1435", ["==", ["get", "style"], "rail1435"], { "line-gap-width": 1.4 }],
  ["rail", ["==", ["get", "style"], "rail"], {}],
];

function layers(): LayerSpecification[] {
  const [water, paper, mist, stoneInk, ink] = ["water", "paper", "mist", "stone-ink", "ink"].map(color) as [string, string, string, string, string];
  const hue = (mode: string, light = false) => color(`${{ rail: "lapis", road: "saffron", sea: "turquoise" }[mode]}${light ? "-light" : ""}`);
  const line = (id: string, filter: E, paint: Record<string, unknown>): LayerSpecification => ({ id, type: "line", source: "lines", filter: filter as never, layout: { "line-cap": "butt", "line-join": "round" }, paint });
  const stands: E = ["==", ["get", "status"], "existing"];
  const found: LayerSpecification[] = [
    { id: "water", type: "background", paint: { "background-color": water } },
    { id: "land", type: "fill", source: "land", paint: { "fill-color": paper, "fill-antialias": false } },
    { id: "borders", type: "line", source: "borders", paint: { "line-color": mist, "line-width": 0.9, "line-dasharray": [3, 2] } },
    line("road", ["all", ["==", ["get", "style"], "road"], stands], { "line-color": hue("road"), "line-width": 0.9, "line-offset": 1.6 }),
    line("road-other", ["all", ["==", ["get", "style"], "road"], ["!", stands]], { "line-color": hue("road"), "line-width": 1, "line-offset": 1.6, "line-dasharray": [1, 2] }),
    line("sea", ["all", ["==", ["get", "style"], "sea"], stands], { "line-color": hue("sea"), "line-width": 1.2 }),
    line("sea-other", ["all", ["==", ["get", "style"], "sea"], ["!", stands]], { "line-color": hue("sea"), "line-width": 1.2, "line-dasharray": [1, 2] }),
    line("round", ["==", ["get", "style"], "round"], { "line-color": hue("sea", true), "line-width": 0.8, "line-dasharray": [1, 3] }),
    line("rail-proposed", ["all", ["==", ["get", "mode"], "rail"], ["==", ["get", "status"], "proposed"]], { "line-color": hue("rail"), "line-width": 1.5, "line-dasharray": [0.7, 1.6] }),
    line("rail-building", ["all", ["==", ["get", "mode"], "rail"], ["==", ["get", "status"], "under_construction"]], { "line-color": hue("rail", true), "line-width": 1.6 }),
    ...LINES.map(([id, filter, extra]) => line(id, ["all", filter, stands] as E, { "line-color": hue("rail"), "line-width": id === "rail1435" ? 0.9 : 1.5, ...extra })),
  ];
  const wayColor = ["match", ["get", "mode"], "rail", hue("rail"), "road", hue("road"), hue("sea")] as unknown as string;
  found.push(
    { id: "way-other", type: "line", source: "ways", filter: ["all", ["!", ["get", "lit"]], ["!", ["get", "round"]]] as never, layout: { "line-cap": "round" }, paint: { "line-color": wayColor, "line-width": 2.4, "line-opacity": 0.75 } },
    { id: "way-ground", type: "line", source: "ways", filter: ["all", ["get", "lit"], ["!", ["get", "round"]]] as never, layout: { "line-cap": "round" }, paint: { "line-color": paper, "line-width": 8.5 } },
    { id: "way", type: "line", source: "ways", filter: ["all", ["get", "lit"], ["!", ["get", "round"]]] as never, layout: { "line-cap": "round" }, paint: { "line-color": wayColor, "line-width": 5 } },
    { id: "way-round", type: "line", source: "ways", filter: ["all", ["get", "lit"], ["get", "round"]] as never, paint: { "line-color": wayColor, "line-width": 3, "line-dasharray": [1, 1.4] } },
    ...bandLayers(),
    { id: "touch", type: "line", source: "lines", paint: { "line-color": "#000", "line-opacity": 0, "line-width": 11 } },
    { id: "names", type: "symbol", source: "names", layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": ["interpolate", ["linear"], ["get", "size"], 0.001, 10, 0.2, 13] as never, "text-letter-spacing": 0.14, "text-max-width": 7, "symbol-sort-key": ["-", 0, ["get", "size"]] as never, "text-padding": 4 }, paint: { "text-color": stoneInk, "text-halo-color": paper, "text-halo-width": 1.2 } },
    { id: "marks", type: "symbol", source: "marks", layout: { "icon-image": ["get", "icon"], "icon-rotate": ["get", "turn"], "icon-rotation-alignment": "map", "icon-allow-overlap": true, "icon-ignore-placement": true, "symbol-sort-key": ["match", ["get", "status"], "shut", 2, "partly", 1, 0] as never } },
    { id: "captions", type: "symbol", source: "captions", layout: { "text-field": ["get", "text"], "text-font": FONT, "text-size": 12, "text-offset": [0, -1], "symbol-sort-key": ["get", "rank"] as never, "text-padding": 3 }, paint: { "text-color": color("madder"), "text-halo-color": paper, "text-halo-width": 1.8 } },
    ...([["places-first", 0, 0], ["places-main", 2, 4.6], ["places", 9, 6.2]] as const).map(
      ([id, rank, minzoom]): LayerSpecification => ({ id, type: "symbol", source: "places", minzoom, filter: ["<=", ["get", "rank"], rank] as never, layout: { "text-field": ["get", "name"], "text-font": FONT, "text-size": rank === 0 ? 12 : 11, "text-variable-anchor": ["left", "right", "top", "bottom"], "text-radial-offset": 0.6, "text-justify": "auto", "text-optional": true, "symbol-sort-key": ["get", "rank"], "text-max-width": 9 }, paint: { "text-color": ink, "text-halo-color": paper, "text-halo-width": 1.4 } }),
    ),
  );
  return found;
}

function bandLayers(): LayerSpecification[] {
  const colors = TONES.flatMap((tone) => [tone, color(toneColor(tone))]);
  const paint = { "line-color": ["match", ["get", "tone"], ...colors, color("stone")] as never, "line-width": ["get", "width"] as never, "line-offset": ["get", "offset"] as never };
  const layout = { "line-join": "round" as const, "line-sort-key": ["get", "order"] as never };
  const down: E = ["==", ["get", "tone"], "down"];
  return [
    { id: "bands", type: "line", source: "bands", filter: ["!", down] as never, layout: { ...layout, "line-cap": "round" }, paint },
    { id: "bands-down", type: "line", source: "bands", filter: down as never, layout, paint: { ...paint, "line-dasharray": [2, 1] } },
  ];
}

/** Layers whose opacity steps back when a route is lit. */
const STEP_BACK = ["road", "road-other", "sea", "sea-other", "round", "rail-proposed", "rail-building", ...LINES.map(([id]) => id)];
const MODE_OF: Record<string, string> = { road: "road", "road-other": "road", sea: "sea", "sea-other": "sea", round: "sea" };

export class GlDrawing {
  private readonly map: GlMap;
  private readonly stop: () => void;
  private loaded = false;
  private next: Drawing | null = null;
  private last: Partial<Drawing> = {};
  private moving = false;

  constructor(canvas: HTMLElement, land: Land, frame: [number, number, number, number], onHit: (hit: Hit | null, pinned: boolean) => void) {
    begin(this);
    this.map = new GlMap({
      container: canvas,
      style: style(land),
      attributionControl: false,
      fadeDuration: 0,
      renderWorldCopies: false,
      dragRotate: false,
      pitchWithRotate: false,
      maxPitch: 0,
      minZoom: 1,
      maxZoom: 12,
      ...(camera ? { center: camera.center, zoom: camera.zoom } : { bounds: frame, fitBoundsOptions: { padding: 12 } }),
    });
    this.map.touchZoomRotate.disableRotation();
    this.map.keyboard.disableRotation();
    this.map.on("load", () => {
      for (const picture of pictures()) this.map.addImage(picture.name, picture.data, { pixelRatio: picture.ratio });
      this.loaded = true;
      if (this.next) this.draw(this.next);
    });
    this.map.on("idle", () => {
      if (this.loaded && this.next) end(this);
    });
    this.map.on("move", () => {
      if (this.moving) return;
      const { lng, lat } = this.map.getCenter();
      moveCamera({ center: [lng, lat], zoom: this.map.getZoom() }, this);
    });
    this.stop = onCamera((to, from) => {
      if (from === this) return;
      this.moving = true;
      this.map.jumpTo(to);
      this.moving = false;
    });
    this.map.on("mousemove", (event) => onHit(this.hit(event.point), false));
    this.map.on("mouseout", () => onHit(null, false));
    this.map.on("click", (event) => onHit(this.hit(event.point), true));
  }

  /** Draw; what has not changed stays. */
  draw(drawing: Drawing): void {
    this.next = drawing;
    if (!this.loaded) return;
    const { last } = this;
    let changed = false;
    for (const name of ["lines", "marks", "ways", "places", "bands", "captions"] as const) {
      if (last[name] === drawing[name]) continue;
      (this.map.getSource(name) as GeoJSONSource).setData(drawing[name] ?? EMPTY);
      changed = true;
    }
    if (last.byCapacity !== drawing.byCapacity) {
      this.widths(drawing.byCapacity);
      changed = true;
    }
    const isLit = (one: Partial<Drawing>) => one.ways !== undefined && (one.ways.features.length > 0 || Boolean(one.bands));
    const lit = isLit(drawing);
    if (last.ways === undefined || isLit(last) !== lit) {
      for (const id of STEP_BACK) this.map.setPaintProperty(id, "line-opacity", lit ? 0.32 : 1);
      changed = true;
    }
    if (last.hidden?.join() !== drawing.hidden.join()) {
      for (const id of ["bands", "bands-down"]) {
        const down: E = ["==", ["get", "tone"], "down"];
        const shown: E = ["!", ["in", ["get", "mode"], ["literal", drawing.hidden]]];
        this.map.setFilter(id, ["all", id === "bands" ? ["!", down] : down, shown] as never);
      }
      for (const id of STEP_BACK) this.map.setLayoutProperty(id, "visibility", drawing.hidden.includes(MODE_OF[id] ?? "rail") ? "none" : "visible");
      changed = true;
    }
    this.last = { ...drawing };
    if (changed) {
      begin(this);
      this.map.triggerRepaint();
    }
  }

  private widths(byCapacity: boolean): void {
    // width is the square root of what the line can carry
    const width: E = ["case", ["<", ["get", "capacity"], 0], 0.7, ["min", 7, ["+", 0.7, ["*", 0.028, ["sqrt", ["get", "capacity"]]]]]];
    for (const id of ["rail1676", "rail1520", "rail1435", "rail", "road", "sea"]) {
      const usual = id === "rail1435" ? 0.9 : id === "road" ? 0.9 : id === "sea" ? 1.2 : 1.5;
      this.map.setPaintProperty(id, "line-width", byCapacity ? width : usual);
    }
  }

  private hit(point: { x: number; y: number }): Hit | null {
    if (!this.loaded) return null;
    const near = (size: number): [[number, number], [number, number]] => [[point.x - size, point.y - size], [point.x + size, point.y + size]];
    const mark = this.map.queryRenderedFeatures(near(5), { layers: ["marks"] })[0];
    if (mark) return { layer: "mark", properties: mark.properties, ...point };
    const line = this.map.queryRenderedFeatures(near(2), { layers: ["bands", "bands-down"] })[0] ?? this.map.queryRenderedFeatures(near(2), { layers: ["touch"] })[0];
    if (line) return { layer: "line", properties: line.properties, x: point.x, y: point.y };
    return null;
  }

  zoom(by: number): void {
    this.map.easeTo({ zoom: this.map.getZoom() + by, duration: 200 });
  }

  fit(frame: [number, number, number, number]): void {
    this.map.fitBounds(frame, { padding: 12, duration: 300 });
  }

  remove(): void {
    this.stop();
    this.map.remove();
    end(this);
  }
}
