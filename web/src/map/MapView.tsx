/** The map: what is drawn, what is pointed at, and its key. MapLibre where there is WebGL, SVG where there is none. */

import type { FeatureCollection } from "geojson";
import { useEffect, useMemo, useRef, useState } from "react";
import type { NetworkAnswer, ShapeAnswer } from "../api/types";
import { days, fill, number } from "../format/words";
import { en } from "../i18n";
import { begin, end } from "../state/settled";
import { useTheme } from "../state/theme";
import { useAsk } from "../state/view";
import { Flat } from "./Flat";
import type { Drawing, GlDrawing, Hit } from "./gl";
import { loadLand, type Land } from "./land";
import { bandLines, captionPoints, type Band, type Caption } from "./bands";
import { camera, moveCamera } from "./camera";
import { frameOf, linesOf, marksOf, pickOfMark, pickText, wayLines, type Pick, type Way } from "./shape";

interface Props {
  shape: ShapeAnswer;
  network: NetworkAnswer;
  ways?: Way[];
  /** Places whose names come first. */
  first?: string[];
  label: string;
  /** Volumes over the network, what stands beside them, and the words for one that is pointed at. */
  volumes?: Volumes;
}

export interface Volumes {
  bands: Band[];
  captions: Caption[];
  tell: (link: number) => string;
  key: React.ReactNode;
}

const NO_WAYS: Way[] = [];
const NO_PLACES: string[] = [];
const NO_CAPTIONS: Caption[] = [];
const RANK: Record<string, number> = { city: 1, port: 2, dry_port: 3, terminal: 4, junction: 4, border: 5, station: 6 };

function sameLinks(one: NetworkAnswer["links"], other: NetworkAnswer["links"]): boolean {
  return (Object.keys(one) as (keyof NetworkAnswer["links"])[]).every((name) => {
    const [left, right] = [one[name], other[name]];
    return left.length === right.length && left.every((value, i) => value === right[i]);
  });
}

const SOFTWARE = /swiftshader|llvmpipe|softpipe|software|basic render/i;

const webGl = new Map<boolean, boolean>();

/** Whether there is WebGL; drawn in software it is slower than SVG, so that only a reader who asks for it gets that. */
function hasWebGl(software: boolean): boolean {
  const known = webGl.get(software) ?? findWebGl(software);
  webGl.set(software, known);
  return known;
}

function findWebGl(software: boolean): boolean {
  try {
    const options = { failIfMajorPerformanceCaveat: !software };
    const canvas = document.createElement("canvas");
    const context = (canvas.getContext("webgl2", options) ?? canvas.getContext("webgl", options)) as WebGLRenderingContext | null;
    if (!context || software) return context !== null;
    // browsers do not all own up to drawing in software
    const about = context.getExtension("WEBGL_debug_renderer_info");
    return !SOFTWARE.test(String(context.getParameter(about ? about.UNMASKED_RENDERER_WEBGL : context.RENDERER)));
  } catch {
    return false;
  }
}

export function MapView({ shape, network, ways = NO_WAYS, first = NO_PLACES, label, volumes }: Props) {
  const [wanted] = useAsk("map");
  const [, setPick] = useAsk("pick");
  const [byCapacity, setByCapacity] = useState(false);
  const [hidden, setHidden] = useState<string[]>([]);
  const [land, setLand] = useState<Land | null>(null);
  const [flat, setFlat] = useState(() => wanted === "svg" || !hasWebGl(wanted === "gl"));
  const [failed, setFailed] = useState("");
  const [tip, setTip] = useState<{ x: number; y: number; title: string; text: string } | null>(null);
  const canvas = useRef<HTMLDivElement>(null);
  const gl = useRef<GlDrawing | null>(null);
  const theme = useTheme();
  const frame = useMemo(() => frameOf(shape), [shape]);
  // a switch of a crossing leaves the lines as they are: what has not changed is not drawn anew
  const kept = useRef(network.links);
  if (kept.current !== network.links && !sameLinks(kept.current, network.links)) kept.current = network.links;
  const links = kept.current;
  const lines = useMemo(() => linesOf(shape, network), [shape, links]);
  const marks = useMemo(() => marksOf(shape, network), [shape, network]);
  const wayKey = JSON.stringify(ways);
  const wayFeatures = useMemo(() => wayLines(shape, network, ways) as FeatureCollection, [shape, links, wayKey]);
  const firstKey = first.join();
  const places = useMemo(() => placesOf(shape, first), [shape, firstKey]);
  const bands = useMemo(() => (volumes ? bandLines(shape, volumes.bands) : null), [shape, volumes?.bands]);
  const captions = useMemo(() => captionPoints(shape, volumes?.captions ?? NO_CAPTIONS), [shape, volumes?.captions]);
  const drawing: Drawing = useMemo(
    () => ({ lines, marks, ways: wayFeatures, places, bands, captions, byCapacity, hidden }),
    [lines, marks, wayFeatures, places, bands, captions, byCapacity, hidden],
  );
  const latest = useRef({ drawing, network, volumes });
  latest.current = { drawing, network, volumes };

  const onHit = (hit: Hit | null, pinned: boolean) => {
    const named = hit && nameHit(hit, shape, latest.current.network, latest.current.volumes);
    if (pinned) {
      if (named) setPick(pickText(named.pick));
      return;
    }
    setTip(named ? { x: hit.x, y: hit.y, title: named.title, text: named.text } : null);
    if (canvas.current) canvas.current.style.cursor = named ? "pointer" : "";
  };

  useEffect(() => {
    const task = {};
    begin(task);
    let gone = false;
    loadLand()
      .then(
        (found) => gone || setLand(found),
        (error: unknown) => setFailed(String(error)),
      )
      // the drawing itself is begun by the effect below, before this ends
      .finally(() => window.setTimeout(() => end(task), 50));
    return () => {
      gone = true;
      end(task);
    };
  }, []);

  useEffect(() => {
    if (!land || flat) return;
    let gone = false;
    const task = {};
    begin(task);
    import("./gl")
      .then(({ GlDrawing: Made }) => {
        if (gone || !canvas.current) return;
        gl.current = new Made(canvas.current, land, frame, onHit);
        gl.current.draw(latest.current.drawing);
      })
      .catch((error: unknown) => {
        console.warn(error);
        setFlat(true);
      })
      .finally(() => end(task));
    return () => {
      gone = true;
      end(task);
      gl.current?.remove();
      gl.current = null;
    };
    // a theme has other colours in every layer: the map is made anew
  }, [land, flat, theme, frame]);

  useEffect(() => gl.current?.draw(drawing), [drawing]);

  const zoom = (by: number) => {
    if (gl.current) gl.current.zoom(by);
    else if (camera) moveCamera({ ...camera, zoom: camera.zoom + by }, null);
    else moveCamera({ center: [(frame[0] + frame[2]) / 2, (frame[1] + frame[3]) / 2], zoom: 3.5 + by }, null);
  };
  if (failed) return <div className="fault">{fill(en.fault.noMap, { message: failed })}</div>;
  return (
    <div className="stack">
      <div className="map" role="region" aria-label={label}>
        <div className="canvas" ref={canvas} key={flat ? "svg" : theme}>
          {flat && <Flat drawing={drawing} land={land} frame={frame} onHit={onHit} />}
        </div>
        {tip && (
          <div className="tip" style={tipPlace(tip, canvas.current)}>
            <strong>{tip.title}</strong>
            <div>{tip.text}</div>
          </div>
        )}
        <div className="buttons">
          <button onClick={() => zoom(1)}>{en.map.in}</button>
          <button onClick={() => zoom(-1)}>{en.map.out}</button>
          {!flat && <button onClick={() => gl.current?.fit(frame)}>{en.map.fit}</button>}
        </div>
        <p className="credit">
          {en.map.borders} {flat && en.map.svg}
        </p>
      </div>
      <Key network={network} hidden={hidden} setHidden={setHidden} byCapacity={byCapacity} setByCapacity={setByCapacity} flat={flat} volumes={volumes?.key} />
    </div>
  );
}

function tipPlace(tip: { x: number; y: number }, host: HTMLElement | null): React.CSSProperties {
  const right = host !== null && tip.x > host.clientWidth * 0.6;
  const low = host !== null && tip.y > host.clientHeight * 0.7;
  return {
    ...(right ? { right: host.clientWidth - tip.x + 12 } : { left: tip.x + 12 }),
    ...(low ? { bottom: host.clientHeight - tip.y + 8 } : { top: tip.y + 8 }),
  };
}

function placesOf(shape: ShapeAnswer, first: string[]): FeatureCollection {
  const wanted = new Set(first);
  return {
    type: "FeatureCollection",
    features: shape.nodes.id.map((id, i) => ({
      type: "Feature",
      geometry: { type: "Point", coordinates: [shape.nodes.x[i]!, shape.nodes.y[i]!] },
      properties: { name: shape.nodes.name[i]!, rank: wanted.has(id) ? 0 : (RANK[shape.nodes.kind[i]!] ?? 7) },
    })),
  };
}

function nameHit(hit: Hit, shape: ShapeAnswer, network: NetworkAnswer, volumes: Volumes | undefined): { title: string; text: string; pick: Pick } | null {
  if (hit.layer === "mark") {
    const { name, status, hours, kind } = hit.properties as { name: string; status: string; hours: number; kind: string; id: string };
    const what = kind === "break" ? en.map.break : en.status[status];
    return { title: name, text: `${what}, ${days(hours)}`, pick: pickOfMark(hit.properties as { kind: string; id: string }, network) };
  }
  const i = hit.properties.i as number;
  const id = shape.links.id[i];
  if (!id) return null;
  const { gauge_mm: gauge, status, length_km: length } = network.links;
  const names = [shape.links.start[i]!, shape.links.end[i]!].map((node) => shape.nodes.name[node]);
  const mode = en.modes[shape.links.mode[i]!]!;
  const parts = [gauge[i] ? `${mode} ${gauge[i]} ${en.units.mm}` : mode, `${number(length[i]!)} ${en.units.km}`, en.status[status[i]!]!];
  if (shape.links.assumed[i]) parts.push(en.assumed);
  if (volumes) parts.unshift(volumes.tell(i));
  return { title: shape.links.name[i] || names.join(" \u2013 "), text: parts.join(", "), pick: { table: "link", row: id } };
}

interface KeyProps {
  network: NetworkAnswer;
  hidden: string[];
  setHidden: (hidden: string[]) => void;
  byCapacity: boolean;
  setByCapacity: (on: boolean) => void;
  flat: boolean;
  /** The key of volumes, in place of that of lines. */
  volumes: React.ReactNode;
}

function Key({ network, hidden, setHidden, byCapacity, setByCapacity, flat, volumes }: KeyProps) {
  const gauges = [...new Set(network.sums.filter((sum) => sum.mode === "rail").map((sum) => sum.gauge_mm))].sort();
  const modes = new Set(network.sums.map((sum) => sum.mode));
  const line = (attributes: React.SVGProps<SVGLineElement>) => <line x1="1" x2="31" y1="7" y2="7" {...attributes} />;
  const items: [string, React.ReactNode][] = volumes ? [] : gauges.map((gauge) => [
    fill(en.map.rail, { gauge }),
    gauge === 1435 ? (
      <>
        {line({ stroke: "var(--lapis)", y1: 5, y2: 5 })}
        {line({ stroke: "var(--lapis)", y1: 9, y2: 9 })}
      </>
    ) : (
      line({ stroke: "var(--lapis)", strokeWidth: 1.8, strokeDasharray: gauge === 1520 ? "7 2.5" : undefined })
    ),
  ]);
  if (!volumes) pushLines();
  function pushLines() {
  if (network.links.status.includes("under_construction")) items.push([en.map.building, line({ stroke: "var(--lapis-light)", strokeWidth: 2 })]);
  if (network.links.status.includes("proposed")) items.push([en.map.proposed, line({ stroke: "var(--lapis)", strokeWidth: 1.8, strokeDasharray: "1.2 2.6" })]);
  if (modes.has("road")) items.push([en.map.road, line({ stroke: "var(--saffron)", strokeWidth: 1.2 })]);
  if (modes.has("sea") || modes.has("ferry")) items.push([en.map.sea, <path key="arc" d="M1 11 Q16 -1 31 11" fill="none" stroke="var(--turquoise)" strokeWidth="1.5" />]);
  }
  const gate = (face: string) => <rect x="4" y="5" width="24" height="4" fill={face} stroke="var(--madder)" strokeWidth="1.2" />;
  items.push([en.map.gate, gate("var(--paper)")], [en.map.gateShut, gate("var(--madder)")]);
  if (network.breaks.length > 0) items.push([en.map.break, <rect key="break" x="-3" y="-3" width="6" height="6" fill="var(--saffron)" stroke="var(--ink)" transform="translate(16,7) rotate(45)" />]);
  if (network.crossings.some((crossing) => crossing.port)) items.push([en.map.port, <rect key="port" x="12" y="3.5" width="7" height="7" fill="var(--paper)" stroke="var(--turquoise)" strokeWidth="1.6" />]);
  return (
    <div className="stack">
      {volumes}
      <ul className="key" aria-label={en.map.key}>
        {items.map(([name, picture]) => (
          <li key={name}>
            <svg className="swatch" viewBox="0 0 32 14" aria-hidden="true">
              {picture}
            </svg>
            {name}
          </li>
        ))}
      </ul>
      <div className="row quiet">
        <span>{en.map.show}</span>
        {["rail", "road", "sea"].filter((mode) => modes.has(mode)).map((mode) => (
          <label className="row" key={mode}>
            <input type="checkbox" checked={!hidden.includes(mode)} onChange={(event) => setHidden(event.target.checked ? hidden.filter((name) => name !== mode) : [...hidden, mode])} />
            {en.modes[mode]}
          </label>
        ))}
        {!flat && !volumes && (
          <label className="row">
            <span>{en.map.width}</span>
            <select value={byCapacity ? "capacity" : "plain"} style={{ inlineSize: "auto" }} onChange={(event) => setByCapacity(event.target.value === "capacity")}>
              <option value="plain">{en.map.widthPlain}</option>
              <option value="capacity">{en.map.widthCapacity}</option>
            </select>
          </label>
        )}
      </div>
    </div>
  );
}
