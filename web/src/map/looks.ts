/** How lines look without WebGL, by what they are; the same as src/karvan/charts/palette.py has. */

import type { Style } from "./shape";

export interface Look {
  /** Name of the colour in style.css. */
  color: string;
  width: number;
  dash?: string;
}

const LOOKS: Record<Style, Look> = {
  rail1676: { color: "--lapis", width: 1.5 },
  rail1520: { color: "--lapis", width: 1.5, dash: "7 2.5" },
  rail1435: { color: "--lapis", width: 3.2 },
  rail: { color: "--lapis", width: 1.5 },
  road: { color: "--saffron", width: 0.9 },
  sea: { color: "--turquoise", width: 1.2 },
  round: { color: "--turquoise-light", width: 0.8, dash: "1 3" },
};
/** Width of what is left out in the midst of a double line. */
export const GAP_PX = 1.4;

export function lookOf(style: Style, status: string): Look {
  const look = { ...LOOKS[style] };
  if (status === "proposed") Object.assign(look, { dash: "1.2 2.6", width: Math.min(look.width, 1.6) });
  if (status === "under_construction") Object.assign(look, { color: `${look.color.replace("-light", "")}-light`, dash: undefined, width: 1.6 });
  return look;
}

export const isDouble = (style: Style, status: string): boolean => style === "rail1435" && status === "existing";
