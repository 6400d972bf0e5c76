/** The map drawn as SVG, where there is no WebGL: the same lines and marks, on the same plane. */

import type { Feature, FeatureCollection, LineString, Point } from "geojson";
import { useEffect, useLayoutEffect, useMemo, useRef, useState } from "react";
import { camera, moveCamera, onCamera, type Camera } from "./camera";
import type { Drawing, Hit } from "./gl";
import type { Land } from "./land";
import { useTheme } from "../state/theme";
import { moved, toneColor, type Bands as BandLines, type Captions as CaptionPoints, type Tone } from "./bands";
import { GAP_PX, isDouble, lookOf, type Look } from "./looks";
import { fitted, lineOnPlane, windowAt, type Line, type Window } from "./plane";
import { GATE_LENGTHS, type At, type MarkProperties, type Style } from "./shape";
import { Painter, WIDE, type Scene } from "./painter";
import { nearestLine, sheetOf } from "./sheet";

/** Pixels within which a pointer hits a line or a mark. */
const REACH = { line: 7, mark: 9 };
const DOWN_DASH = "6 3";
/** Lines from which on they are drawn on a canvas, in slices. */
const HEAVY = 5000;

/** A hand that holds the map: where it took it, in which window, and whether it has moved it. */
interface Drag {
  x: number;
  y: number;
  pane: Window;
  moved: boolean;
}

interface Props {
  drawing: Drawing;
  /** Null while it is on its way: the lines are there before it. */
  land: Land | null;
  frame: [number, number, number, number];
  onHit: (hit: Hit | null, pinned: boolean) => void;
}

export function Flat({ drawing, land, frame, onHit }: Props) {
  const host = useRef<SVGSVGElement>(null);
  const [size, setSize] = useState<[number, number] | null>(null);
  const [view, setView] = useState<Camera | null>(camera);
  const drag = useRef<Drag | null>(null);
  // its size is known before anything is drawn, so that nothing is drawn twice
  useLayoutEffect(() => {
    const to = (width: number, height: number) => setSize((from) => (from?.[0] === width && from[1] === height ? from : [width, height]));
    to(host.current!.clientWidth, host.current!.clientHeight);
    const watch = new ResizeObserver(([entry]) => to(entry!.contentRect.width, entry!.contentRect.height));
    watch.observe(host.current!);
    return () => watch.disconnect();
  }, []);
  useEffect(() => onCamera((to) => setView(to)), []);
  const [width, height] = size ?? [0, 0];
  const shown = view ?? fitted(frame, width || 800, height || 450);
  const pane = useMemo(() => windowAt(shown, width, height), [shown.zoom, shown.center[0], shown.center[1], width, height]);
  const heavy = drawing.lines.features.length > HEAVY;
  const ground = useMemo(() => ({ land: land && size && !heavy ? pane.path(land.rings, true) : "", borders: land && size && !heavy ? pane.path(land.borders) : "" }), [pane, land, size === null, heavy]);
  const sheet = useMemo(() => (heavy ? sheetOf(drawing.lines) : null), [drawing.lines, heavy]);
  const onPlane = useMemo(() => (heavy ? [] : drawing.lines.features.map(({ geometry, properties }) => ({ line: lineOnPlane(geometry.coordinates), ...properties }))), [drawing.lines, heavy]);
  const groups = useMemo(() => (size ? grouped(onPlane, drawing.hidden, pane) : []), [onPlane, drawing.hidden.join(), pane]);
  const lit = drawing.ways.features.length > 0 || drawing.bands !== null;
  const bands = useMemo(() => bandPaths(drawing.bands, drawing.hidden, pane), [drawing.bands, drawing.hidden.join(), pane]);
  const ways = useMemo(() => drawing.ways.features.map(({ geometry, properties }) => ({ line: lineOnPlane((geometry as LineString).coordinates), ...(properties as { lit: boolean; round: boolean; mode: string }) })), [drawing.ways]);
  const { spot } = pane;

  const hit = (x: number, y: number): Hit | null => {
    let best: Hit | null = null;
    let reach = REACH.mark;
    for (const mark of drawing.marks.features) {
      const [mx, my] = spot(mark.geometry.coordinates);
      const far = Math.hypot(mx - x, my - y);
      if (far < reach) [best, reach] = [{ layer: "mark", properties: { ...mark.properties }, x, y }, far];
    }
    if (best) return best;
    reach = REACH.line;
    for (const band of drawing.bands?.features ?? []) {
      const far = distance(band, x, y, spot) - band.properties.width / 2;
      if (far < reach) [best, reach] = [{ layer: "line", properties: { i: band.properties.i }, x, y }, far];
    }
    if (best) return best;
    if (sheet) {
      const line = drawing.lines.features[nearestLine(sheet, drawing.hidden, pane, x, y, reach)];
      return line ? { layer: "line", properties: { ...line.properties }, x, y } : null;
    }
    drawing.lines.features.forEach((line, i) => {
      if (!pane.near(onPlane[i]!.line, x, y, reach)) return;
      const far = distance(line, x, y, spot);
      if (far < reach) [best, reach] = [{ layer: "line", properties: { ...line.properties }, x, y }, far];
    });
    return best;
  };
  // the place of the map, not of the drawing, which may be moved
  const at = (event: React.PointerEvent | React.WheelEvent): [number, number] => {
    const box = host.current!.parentElement!.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  const move = (center: At, zoom: number) => moveCamera({ center, zoom: Math.min(12, Math.max(1, zoom)) }, host);

  const moveBy = (from: Drag, dx: number, dy: number) => {
    from.moved = true;
    move(from.pane.place(width / 2 - dx, height / 2 - dy), shown.zoom);
  };

  return (
    <>
    {sheet && size && <Many sheet={sheet} land={land} hidden={drawing.hidden} lit={lit} camera={shown} width={width} height={height} />}
    <svg
      className="flat"
      ref={host}
      data-map="svg"
      onPointerDown={(event) => {
        const [x, y] = at(event);
        drag.current = { x, y, pane, moved: false };
        host.current!.setPointerCapture(event.pointerId);
      }}
      onPointerMove={(event) => {
        const [x, y] = at(event);
        const from = drag.current;
        if (!from) return onHit(hit(x, y), false);
        if (!from.moved && Math.hypot(x - from.x, y - from.y) < 4) return;
        moveBy(from, x - from.x, y - from.y);
      }}
      onPointerUp={(event) => {
        const [x, y] = at(event);
        if (drag.current && !drag.current.moved) onHit(hit(x, y), true);
        drag.current = null;
      }}
      onPointerCancel={() => (drag.current = null)}
      onPointerLeave={() => onHit(null, false)}
      onWheel={(event) => move(shown.center, shown.zoom - event.deltaY / 400)}
      aria-hidden="true"
    >
      <path d={ground.land} fill="var(--paper)" fillRule="evenodd" />
      <path d={ground.borders} fill="none" stroke="var(--mist)" strokeWidth="0.9" strokeDasharray="3 2" />
      <g opacity={lit ? 0.32 : 1}>
        {groups.map(([key, group, d]) => (
          <g key={key}>
            <path d={d} fill="none" stroke={`var(${group.color})`} strokeWidth={group.width} strokeDasharray={group.dash} />
            {isDouble(...(key.split(" ") as [Style, string])) && <path d={d} fill="none" stroke="var(--paper)" strokeWidth={GAP_PX} />}
          </g>
        ))}
      </g>
      {bands.map(([key, look, d]) => (
        <path key={key} d={d} fill="none" stroke={`var(--${look.color})`} strokeWidth={look.width} strokeDasharray={look.dash} strokeLinejoin="round" data-band={key} />
      ))}
      {ways.length > 0 && <Ways ways={ways} path={(line) => pane.path([line])} />}
      {land && <Names land={land} spot={spot} width={width} height={height} zoom={shown.zoom} />}
      {drawing.marks.features.map((mark) => (
        <Mark key={`${mark.properties.kind} ${mark.properties.id}`} mark={mark.properties} at={spot(mark.geometry.coordinates)} />
      ))}
      <Captions captions={drawing.captions} spot={spot} zoom={shown.zoom} />
      <Places places={drawing.places} spot={spot} zoom={shown.zoom} />
    </svg>
    </>
  );
}

/** The lines of a heavy drawing and the land below them, as a picture. */
function Many({ sheet, land, hidden, lit, camera: at, width, height }: Scene) {
  const canvas = useRef<HTMLCanvasElement>(null);
  const painter = useRef<Painter | null>(null);
  const theme = useTheme();
  const out = hidden.join();
  const kept = useMemo(() => hidden, [out]);
  // before the browser paints: what lies on the lines moves with them
  useLayoutEffect(() => {
    painter.current = new Painter(canvas.current!);
    return () => painter.current?.stop();
  }, [theme]);
  useLayoutEffect(() => {
    painter.current!.show({ sheet, land, hidden: kept, lit, camera: at, width, height });
  }, [sheet, land, kept, lit, at.zoom, at.center[0], at.center[1], width, height, theme]);
  return <canvas className="sheet" ref={canvas} style={{ inlineSize: `${100 * WIDE}%`, blockSize: `${100 * WIDE}%`, insetInlineStart: `${-50 * (WIDE - 1)}%`, insetBlockStart: `${-50 * (WIDE - 1)}%` }} aria-hidden="true" />;
}

type Group = [string, Look, string];

function grouped(lines: { line: Line; style: Style; status: string; mode: string }[], hidden: string[], pane: Window): Group[] {
  const found = new Map<string, Line[]>();
  for (const { line, style, status, mode } of lines) {
    if (hidden.includes(mode === "ferry" ? "sea" : mode)) continue;
    const key = `${style} ${status}`;
    const list = found.get(key);
    if (list) list.push(line);
    else found.set(key, [line]);
  }
  return [...found].map(([key, parts]) => {
    const [style, status] = key.split(" ") as [Style, string];
    return [key, lookOf(style, status), pane.path(parts)];
  });
}

/** Bands by colour and width, in the order in which they lie. */
function bandPaths(bands: BandLines | null, hidden: string[], pane: Window): Group[] {
  const found = new Map<string, { tone: Tone; width: number; parts: string[] }>();
  for (const { geometry, properties } of bands?.features ?? []) {
    if (hidden.includes(properties.mode)) continue;
    const points = geometry.coordinates.map(pane.spot);
    const d = moved(points, properties.offset).map(([x, y], i) => `${i ? "L" : "M"}${x.toFixed(1)},${y.toFixed(1)}`).join("");
    const key = `${properties.tone} ${properties.width}`;
    const group = found.get(key);
    if (group) group.parts.push(d);
    else found.set(key, { tone: properties.tone, width: properties.width, parts: [d] });
  }
  return [...found].map(([key, { tone, width, parts }]) => [key, { color: toneColor(tone), width, dash: tone === "down" ? DOWN_DASH : undefined }, parts.join("")]);
}

function distance(line: Feature<LineString>, x: number, y: number, spot: Window["spot"]): number {
  let best = Infinity;
  let [px, py] = spot(line.geometry.coordinates[0]!) as At;
  for (const next of line.geometry.coordinates.slice(1)) {
    const [qx, qy] = spot(next) as At;
    const [dx, dy] = [qx - px, qy - py];
    const t = Math.max(0, Math.min(1, ((x - px) * dx + (y - py) * dy) / (dx * dx + dy * dy || 1)));
    best = Math.min(best, Math.hypot(px + t * dx - x, py + t * dy - y));
    [px, py] = [qx, qy];
  }
  return best;
}

interface WayOnPlane {
  line: Line;
  lit: boolean;
  round: boolean;
  mode: string;
}

function Ways({ ways, path }: { ways: WayOnPlane[]; path: (line: Line) => string }) {
  const hue: Record<string, string> = { rail: "var(--lapis)", road: "var(--saffron)" };
  const drawn = [...ways].sort((one, other) => Number(one.lit) - Number(other.lit));
  return (
    <g fill="none" strokeLinecap="round">
      {drawn.map(({ line, lit, round, mode }, i) => (
        <g key={i}>
          {lit && !round && <path d={path(line)} stroke="var(--paper)" strokeWidth="8" />}
          <path d={path(line)} stroke={hue[mode] ?? "var(--turquoise)"} strokeWidth={round ? 3 : lit ? 5 : 2.4} strokeDasharray={round ? "3 5" : undefined} />
        </g>
      ))}
    </g>
  );
}

function Mark({ mark, at: [x, y] }: { mark: MarkProperties; at: number[] | At }) {
  const face = { open: "var(--paper)", partly: "var(--madder-light)", shut: "var(--madder)" }[mark.status] ?? "var(--saffron)";
  if (mark.kind === "gate") {
    const length = GATE_LENGTHS[mark.size]!;
    return <rect x={-length / 2} y={-2} width={length} height={4} fill={face} stroke="var(--madder)" strokeWidth="1.2" transform={`translate(${x},${y}) rotate(${mark.turn})`} />;
  }
  if (mark.kind === "port") return <rect x={x! - 3.5} y={y! - 3.5} width={7} height={7} fill={face} stroke={mark.status === "open" ? "var(--turquoise)" : "var(--madder)"} strokeWidth="1.6" />;
  return <rect x={-3} y={-3} width={6} height={6} fill="var(--saffron)" stroke="var(--ink)" transform={`translate(${x},${y}) rotate(45)`} />;
}

/** Labels that would cover one another are left out, the greatest first. */
function spaced<T>(items: T[], box: (item: T) => [number, number, number, number] | null): T[] {
  const taken: [number, number, number, number][] = [];
  return items.filter((item) => {
    const own = box(item);
    if (!own || taken.some((other) => own[0] < other[2] && own[2] > other[0] && own[1] < other[3] && own[3] > other[1])) return false;
    taken.push(own);
    return true;
  });
}

function Names({ land, spot, width, height, zoom }: { land: Land; spot: Window["spot"]; width: number; height: number; zoom: number }) {
  const least = 0.02 / 4 ** Math.max(0, zoom - 2);
  const shown = spaced(land.names.features, ({ geometry, properties }) => {
    const [x, y] = spot(geometry.coordinates) as At;
    const half = properties.name.length * 4.6;
    if (properties.size < least || x < half || y < 10 || x > width - half || y > height - 10) return null;
    return [x - half, y - 8, x + half, y + 8];
  });
  return (
    <g textAnchor="middle" fill="var(--stone-ink)" letterSpacing="1.2" fontSize="10" paintOrder="stroke" stroke="var(--paper)" strokeWidth="2.5">
      {shown.map(({ geometry, properties }) => {
        const [x, y] = spot(geometry.coordinates);
        return (
          <text key={properties.name} x={x} y={y} style={{ fill: "var(--stone-ink)" }}>
            {properties.name}
          </text>
        );
      })}
    </g>
  );
}

function Captions({ captions, spot, zoom }: { captions: CaptionPoints; spot: Window["spot"]; zoom: number }) {
  const shown = spaced(captions.features.slice(0, zoom < 4 ? 8 : 40), ({ geometry, properties }) => {
    const [x, y] = spot(geometry.coordinates) as At;
    const half = properties.text.length * 3.4;
    return [x - half, y - 22, x + half, y - 6];
  });
  return (
    <g textAnchor="middle" paintOrder="stroke" stroke="var(--paper)" strokeWidth="3.5" fontWeight="650" fontSize="11.5">
      {shown.map(({ geometry, properties }, i) => {
        const [x, y] = spot(geometry.coordinates);
        return (
          <text key={i} x={x} y={y! - 9} style={{ fill: "var(--madder)" }}>
            {properties.text}
          </text>
        );
      })}
    </g>
  );
}

function Places({ places, spot, zoom }: { places: FeatureCollection; spot: Window["spot"]; zoom: number }) {
  const points = useMemo(() => ([...places.features] as Feature<Point, { name: string; rank: number }>[]).sort((one, other) => one.properties.rank - other.properties.rank), [places]);
  const most = zoom < 4 ? 14 : zoom < 5.5 ? 60 : 400;
  const shown = spaced(points.slice(0, most), ({ geometry, properties }) => {
    const [x, y] = spot(geometry.coordinates) as At;
    return [x - 2, y - 7, x + 8 + properties.name.length * 6, y + 7];
  });
  return (
    <g paintOrder="stroke" stroke="var(--paper)" strokeWidth="2.5">
      {shown.map(({ geometry, properties }, i) => {
        const [x, y] = spot(geometry.coordinates) as At;
        return (
          <text key={i} x={x + 7} y={y + 4} style={{ fill: "var(--ink)" }}>
            {properties.name}
          </text>
        );
      })}
    </g>
  );
}
