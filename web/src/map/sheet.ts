/** Many lines as columns of numbers: quick to draw, and to find one under a pointer. */

import { isDouble, lookOf, type Look } from "./looks";
import { planeX, planeY, type Window } from "./plane";
import type { Lines, Style } from "./shape";

/** Lines of one look, in pieces of two places each: x and y of both on the plane, and the number of their line. */
export interface Group {
  look: Look;
  double: boolean;
  mode: string;
  ends: Float64Array;
  line: Int32Array;
}

export interface Sheet {
  groups: Group[];
  lines: number;
}

export function sheetOf({ features }: Lines): Sheet {
  const members = new Map<string, number[]>();
  features.forEach(({ properties: { style, status, mode } }, i) => {
    const key = `${style} ${status} ${mode === "ferry" ? "sea" : mode}`;
    const list = members.get(key);
    if (list) list.push(i);
    else members.set(key, [i]);
  });
  const groups = [...members].map(([key, own]): Group => {
    const [style, status, mode] = key.split(" ") as [Style, string, string];
    const pieces = own.reduce((sum, i) => sum + features[i]!.geometry.coordinates.length - 1, 0);
    const [ends, line] = [new Float64Array(4 * pieces), new Int32Array(pieces)];
    let at = 0;
    for (const i of own) {
      const places = features[i]!.geometry.coordinates;
      for (let k = 1; k < places.length; k += 1) {
        const [from, to] = [places[k - 1]!, places[k]!];
        ends.set([planeX(from[0]!), planeY(from[1]!), planeX(to[0]!), planeY(to[1]!)], 4 * at);
        line[at] = i;
        at += 1;
      }
    }
    return { look: lookOf(style, status), double: isDouble(style, status), mode, ends, line };
  });
  return { groups, lines: features.length };
}

/** The number of the line nearest to a pixel, within so many pixels; -1 where there is none. */
export function nearestLine(sheet: Sheet, hidden: string[], pane: Window, x: number, y: number, reach: number): number {
  const [px, py] = [(x + pane.left) / pane.scale, (y + pane.top) / pane.scale];
  let [best, found] = [(reach / pane.scale) ** 2, -1];
  let far = Math.sqrt(best);
  for (const { mode, ends, line } of sheet.groups) {
    if (hidden.includes(mode)) continue;
    for (let i = 0; i < line.length; i += 1) {
      const [x1, y1, x2, y2] = [ends[4 * i]!, ends[4 * i + 1]!, ends[4 * i + 2]!, ends[4 * i + 3]!];
      if ((x1 < px - far && x2 < px - far) || (x1 > px + far && x2 > px + far) || (y1 < py - far && y2 < py - far) || (y1 > py + far && y2 > py + far)) continue;
      const [dx, dy] = [x2 - x1, y2 - y1];
      const t = Math.max(0, Math.min(1, ((px - x1) * dx + (py - y1) * dy) / (dx * dx + dy * dy || 1)));
      const off = (x1 + t * dx - px) ** 2 + (y1 + t * dy - py) ** 2;
      if (off >= best) continue;
      [best, found] = [off, line[i]!];
      far = Math.sqrt(best);
    }
  }
  return found;
}
