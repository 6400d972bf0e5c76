/** Small pictures of the map: gates, ports and breaks of gauge, drawn in the colours of the theme. */

import { color } from "../state/theme";
import { GATE_LENGTHS } from "./shape";

const RATIO = 2;

export interface Picture {
  name: string;
  data: ImageData;
  ratio: number;
}

function draw(name: string, width: number, height: number, paint: (context: CanvasRenderingContext2D) => void): Picture {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [width * RATIO, height * RATIO];
  const context = canvas.getContext("2d")!;
  context.scale(RATIO, RATIO);
  paint(context);
  return { name, data: context.getImageData(0, 0, canvas.width, canvas.height), ratio: RATIO };
}

export function pictures(): Picture[] {
  const [madder, light, paper, turquoise, ink, saffron] = ["madder", "madder-light", "paper", "turquoise", "ink", "saffron"].map(color) as [string, string, string, string, string, string];
  const faces: Record<string, string> = { open: paper, partly: light, shut: madder };
  const found: Picture[] = [];
  for (const [status, face] of Object.entries(faces)) {
    GATE_LENGTHS.forEach((length, size) => {
      // across the line: the line runs up, the bar lies
      const thick = status === "shut" ? 5 : 4;
      found.push(
        draw(`gate-${status}-${size}`, length + 4, 10, (context) => {
          context.fillStyle = face;
          context.strokeStyle = madder;
          context.lineWidth = 1.2;
          context.fillRect(2, 5 - thick / 2, length, thick);
          context.strokeRect(2, 5 - thick / 2, length, thick);
        }),
      );
    });
    found.push(
      draw(`port-${status}`, 11, 11, (context) => {
        context.fillStyle = status === "open" ? paper : face;
        context.strokeStyle = status === "open" ? turquoise : madder;
        context.lineWidth = 1.6;
        context.fillRect(2, 2, 7, 7);
        context.strokeRect(2, 2, 7, 7);
      }),
    );
  }
  found.push(
    draw("break", 12, 12, (context) => {
      context.translate(6, 6);
      context.rotate(Math.PI / 4);
      context.fillStyle = saffron;
      context.strokeStyle = ink;
      context.lineWidth = 1;
      context.fillRect(-3, -3, 6, 6);
      context.strokeRect(-3, -3, 6, 6);
    }),
  );
  return found;
}
