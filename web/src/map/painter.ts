/** Many lines as one picture: drawn in slices on a canvas, so that the page stays quick, and moved as it is until it is drawn anew. */

import { begin, end } from "../state/settled";
import { color } from "../state/theme";
import type { Camera } from "./camera";
import type { Land } from "./land";
import { GAP_PX } from "./looks";
import { windowAt, type Window } from "./plane";
import type { Sheet } from "./sheet";

/** Width and height of the canvas over those of the map: what a hand draws in is there before it is drawn anew. */
export const WIDE = 1.5;
/** Milliseconds of drawing in a frame, and after which a hand rests. */
const FRAME_MS = 20;
const REST_MS = 120;
/** Pieces of lines that are drawn as one stroke: longer ones take a canvas more than their share of time. */
const STROKE = 500;
/** From so many pieces on those that join the same two pixels are drawn once. */
const CROWD = 20_000;
const MOST_RATIO = 2;

/** What a sheet is drawn from. */
export interface Scene {
  sheet: Sheet;
  land: Land | null;
  hidden: string[];
  /** Whether something else is lit, and the lines step back. */
  lit: boolean;
  camera: Camera;
  width: number;
  height: number;
}

/** Draws scenes on a canvas that lies around its map. */
export class Painter {
  private readonly ground = document.createElement("canvas");
  private readonly lines = document.createElement("canvas");
  private drawn: { scene: Scene; pane: Window } | null = null;
  private timer = 0;
  private frame = 0;

  constructor(private readonly canvas: HTMLCanvasElement) {}

  /** Draw a scene: at once, or where it has only moved once the hand rests, and until then what is there as a picture. */
  show(scene: Scene): void {
    this.stop();
    begin(this);
    const pane = windowAt(scene.camera, scene.width * WIDE, scene.height * WIDE);
    if (!this.drawn || !moves(this.drawn.scene, scene)) return this.paint(scene, pane);
    const s = pane.scale / this.drawn.pane.scale;
    const [x, y] = [this.drawn.pane.left * s - pane.left, this.drawn.pane.top * s - pane.top];
    this.canvas.style.transform = `translate(${x}px, ${y}px) scale(${s})`;
    this.timer = window.setTimeout(() => this.paint(scene, pane), REST_MS);
  }

  /** Leave what is being drawn. */
  stop(): void {
    window.clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    end(this);
  }

  private paint(scene: Scene, pane: Window): void {
    const ratio = Math.min(MOST_RATIO, window.devicePixelRatio || 1);
    const fresh = (canvas: HTMLCanvasElement) => {
      [canvas.width, canvas.height] = [Math.round(pane.width * ratio), Math.round(pane.height * ratio)];
      const context = canvas.getContext("2d")!;
      context.scale(ratio, ratio);
      return context;
    };
    paintGround(fresh(this.ground), scene.land, pane);
    const pieces = strokes(fresh(this.lines), scene, pane);
    // the first drawing is seen as it grows; a later one takes the place of the last when it is whole
    const grows = this.drawn === null || this.drawn.scene.sheet !== scene.sheet;
    const step = () => {
      const until = performance.now() + FRAME_MS;
      let done = false;
      while (!done && performance.now() < until) done = pieces.next().done === true;
      if (done || grows) this.lay(scene, pane);
      if (done) end(this);
      else this.frame = requestAnimationFrame(step);
    };
    step();
  }

  private lay(scene: Scene, pane: Window): void {
    const { canvas, ground, lines } = this;
    if (canvas.width !== lines.width || canvas.height !== lines.height) [canvas.width, canvas.height] = [lines.width, lines.height];
    const context = canvas.getContext("2d")!;
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.globalAlpha = 1;
    context.drawImage(ground, 0, 0);
    context.globalAlpha = scene.lit ? 0.32 : 1;
    context.drawImage(lines, 0, 0);
    canvas.style.transform = "";
    this.drawn = { scene, pane };
  }
}

/** Whether a scene is another with another camera alone. */
function moves({ camera: _from, ...one }: Scene, { camera: _to, ...other }: Scene): boolean {
  return (Object.keys(one) as (keyof typeof one)[]).every((name) => one[name] === other[name]);
}

function paintGround(context: CanvasRenderingContext2D, land: Land | null, pane: Window): void {
  if (!land) return;
  context.fillStyle = color("paper");
  context.fill(new Path2D(pane.path(land.rings, true)), "evenodd");
  context.strokeStyle = color("mist");
  context.lineWidth = 0.9;
  context.setLineDash([3, 2]);
  context.stroke(new Path2D(pane.path(land.borders)));
}

/** Draw the lines stroke by stroke. */
function* strokes(context: CanvasRenderingContext2D, { sheet, hidden }: Scene, pane: Window): Generator<void> {
  const { scale, left, top, width, height } = pane;
  for (const { look, double, mode, ends, line } of sheet.groups) {
    if (hidden.includes(mode)) continue;
    const seen = line.length > CROWD ? new Set<number>() : null;
    const paints = [{ style: color(look.color.slice(2)), width: look.width }, ...(double ? [{ style: color("paper"), width: GAP_PX }] : [])];
    context.setLineDash(look.dash?.split(" ").map(Number) ?? []);
    let [path, pieces, px, py] = [new Path2D(), 0, NaN, NaN];
    const draw = () => {
      for (const paint of paints) {
        context.strokeStyle = paint.style;
        context.lineWidth = paint.width;
        context.stroke(path);
      }
      [path, pieces, px, py] = [new Path2D(), 0, NaN, NaN];
    };
    for (let i = 0; i < line.length; i += 1) {
      const [x1, y1] = [ends[4 * i]! * scale - left, ends[4 * i + 1]! * scale - top];
      const [x2, y2] = [ends[4 * i + 2]! * scale - left, ends[4 * i + 3]! * scale - top];
      if ((x1 < 0 && x2 < 0) || (y1 < 0 && y2 < 0) || (x1 > width && x2 > width) || (y1 > height && y2 > height)) continue;
      if (seen) {
        const [from, to] = [Math.floor(x1) * 1e4 + Math.floor(y1), Math.floor(x2) * 1e4 + Math.floor(y2)];
        const key = Math.min(from, to) * 1e8 + Math.max(from, to);
        if (seen.has(key)) continue;
        seen.add(key);
      }
      if (x1 !== px || y1 !== py) path.moveTo(x1, y1);
      path.lineTo(x2, y2);
      [px, py] = [x2, y2];
      pieces += 1;
      if (pieces < STROKE) continue;
      draw();
      yield;
    }
    draw();
    yield;
  }
}
