/** A table that can be sorted and searched. Long ones show their beginning until more is asked for. */

import { useMemo, useState, type ReactNode } from "react";
import { fill, plural } from "../format/words";
import { en } from "../i18n";
import { compareCells, type Column } from "./table";

const SHOWN = 12;
/** Tables longer than this can be searched. */
const SEARCHED = 12;

interface Props<Row> {
  caption: string;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string;
  lit?: (row: Row) => boolean;
  shown?: number;
  tools?: ReactNode;
}

export function DataTable<Row>({ caption, columns, rows, keyOf, lit, shown = SHOWN, tools }: Props<Row>) {
  const [sort, setSort] = useState<{ key: string; way: 1 | -1 } | null>(null);
  const [text, setText] = useState("");
  const [all, setAll] = useState(false);
  const ordered = useMemo(() => {
    const wanted = text.trim().toLowerCase();
    const found = wanted
      ? rows.filter((row) => columns.some((column) => String(column.value(row) ?? "").toLowerCase().includes(wanted)))
      : [...rows];
    const column = sort && columns.find((item) => item.key === sort.key);
    if (column) found.sort((one, other) => compareCells(column.value(one), column.value(other), sort.way));
    return found;
  }, [rows, columns, sort, text]);
  const visible = all ? ordered : ordered.slice(0, shown);
  return (
    <div className="stack">
      <div className="table-head">
        <span className="quiet" aria-live="polite">
          {plural(ordered.length, en.table.rows)}
        </span>
        {tools}
        {rows.length > SEARCHED && (
          <input type="search" value={text} placeholder={en.table.filter} aria-label={`${en.table.filter}: ${caption}`} onChange={(event) => setText(event.target.value)} />
        )}
      </div>
      <div className="table-wrap" tabIndex={0} role="region" aria-label={caption}>
        <table>
          <caption className="hidden">{caption}</caption>
          <thead>
            <tr>
              {columns.map((column) => {
                const sorted = sort?.key === column.key ? sort.way : 0;
                const next = sorted === 1 ? -1 : 1;
                return (
                  <th key={column.key} scope="col" className={column.number ? "number" : ""} aria-sort={sorted === 1 ? "ascending" : sorted === -1 ? "descending" : "none"}>
                    <button onClick={() => setSort({ key: column.key, way: next })}>
                      {column.label}
                      {sorted !== 0 && <span aria-hidden="true">{sorted === 1 ? " \u2191" : " \u2193"}</span>}
                    </button>
                  </th>
                );
              })}
            </tr>
          </thead>
          <tbody>
            {visible.map((row) => (
              <tr key={keyOf(row)} className={lit?.(row) ? "lit" : ""}>
                {columns.map((column) => (
                  <td key={column.key} className={column.number ? "number" : ""}>
                    {column.show ? column.show(row) : plain(column.value(row))}
                  </td>
                ))}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
      {ordered.length === 0 && <p className="quiet">{en.table.empty}</p>}
      {visible.length < ordered.length && (
        <div>
          <button onClick={() => setAll(true)}>{fill(en.table.more, { n: ordered.length })}</button>
        </div>
      )}
    </div>
  );
}

function plain(value: unknown): ReactNode {
  if (value === null || value === undefined) return "";
  if (typeof value === "boolean") return value ? en.facts.yes : en.facts.no;
  return String(value);
}
