/** How wide text is in a chart, and names that have to fit. */

let pen: CanvasRenderingContext2D | null | undefined;

/** The width of text in pixels, in the type of the charts. */
export function widthOf(text: string, size = 12, weight = 400): number {
  if (pen === undefined) pen = typeof document === "undefined" ? null : document.createElement("canvas").getContext("2d");
  // capitals and figures are wider than the mean letter
  if (!pen) return (text.length * 6.5 + 1.6 * (text.match(/[A-Z0-9\u2013%]/g) ?? []).length) * (size / 12);
  pen.font = `${weight} ${size}px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}

/** A name that has to fit into so many pixels. */
export function shortened(name: string, pixels: number, size = 12, weight = 400): string {
  if (widthOf(name, size, weight) <= pixels) return name;
  let [fits, over] = [1, name.length];
  while (over - fits > 1) {
    const half = Math.floor((fits + over) / 2);
    if (widthOf(cut(name, half), size, weight) <= pixels) fits = half;
    else over = half;
  }
  return cut(name, fits);
}

function cut(name: string, letters: number): string {
  return `${name.slice(0, letters).trimEnd()}\u2026`;
}

/** Where the middle of text stands, as near to a place as it lies within a chart. */
export function middleWithin(text: string, place: number, width: number): number {
  const half = widthOf(text) / 2 + 1;
  return Math.max(half, Math.min(place, width - half));
}
