/** Tables as data: what a column holds, and how a table is written to a file. */

import type { ReactNode } from "react";

export type Cell = string | number | boolean | null | undefined;

export interface Column<Row> {
  key: string;
  label: string;
  /** The value, as it is sorted, searched and written to a file: never rounded. */
  value: (row: Row) => Cell;
  /** How it is shown; the value itself without one. */
  show?: (row: Row) => ReactNode;
  number?: boolean;
}

/** Return a table as CSV, figures as they are and blanks as nothing. */
export function csvOf<Row>(columns: Column<Row>[], rows: Row[]): string {
  const quote = (cell: Cell) => {
    const text = cell === null || cell === undefined ? "" : String(cell);
    return /[",\n\r]/.test(text) ? `"${text.replace(/"/g, '""')}"` : text;
  };
  const lines = [columns.map((column) => quote(column.key)), ...rows.map((row) => columns.map((column) => quote(column.value(row))))];
  return lines.map((line) => line.join(",")).join("\n") + "\n";
}

/** Order two cells: figures by size, texts as people do, blanks last whichever way. */
export function compareCells(one: Cell, other: Cell, way: 1 | -1): number {
  const blank = (cell: Cell) => cell === null || cell === undefined || cell === "";
  if (blank(one) || blank(other)) return Number(blank(one)) - Number(blank(other));
  if (typeof one === "number" && typeof other === "number") return way * (one - other);
  return way * String(one).localeCompare(String(other), undefined, { numeric: true });
}

/** Hand a file to the reader. */
export function download(name: string, content: string, type: string): void {
  const address = URL.createObjectURL(new Blob([content], { type }));
  const link = document.createElement("a");
  link.href = address;
  link.download = name;
  link.click();
  window.setTimeout(() => URL.revokeObjectURL(address), 10_000);
}
