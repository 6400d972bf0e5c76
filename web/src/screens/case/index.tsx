/** Case: what do we know, and from where? */

import { lazy, Suspense } from "react";
import { addressOf, fetchPart, useAnswer } from "../../api/client";
import type { CaseAnswer, TableAnswer, TableCount } from "../../api/types";
import { count, fill, percent } from "../../format/words";
import { en } from "../../i18n";
import { DataTable } from "../../parts/DataTable";
import { Facts } from "../../parts/Facts";
import { FaultCard } from "../../parts/FaultCard";
import { Figure, type Provenance } from "../../parts/Figure";
import { ScreenFrame } from "../../parts/Screen";
import type { Cell, Column } from "../../parts/table";
import { Waiting } from "../../parts/Waiting";
import { commandOf, useCase, type Pane, type Screen } from "../../state/case";
import { useAsk } from "../../state/view";
import { PickButton } from "../network";
import { Report } from "./Report";

const Quality = lazy(() => fetchPart(() => import("./Quality")));

function CaseScreen({ panes }: { panes: Pane[] }) {
  const caseOf = useCase();
  const [table] = useAsk("table");
  const provenance: Provenance = { meta: caseOf.meta, sources: [], command: commandOf(caseOf, "case", null), answer: caseOf };
  return (
    <ScreenFrame
      parts={[
        {
          pane: panes[0]!,
          answer: <Answer caseOf={caseOf} pane={panes[0]!} />,
          picture: (
            <Figure name="quality" title={en.case.qualityTitle} columns={countColumns(null)} rows={caseOf.tables} keyOf={(row) => row.table} {...provenance}>
              <Suspense fallback={<Waiting />}>
                <Quality tables={caseOf.tables} />
              </Suspense>
            </Figure>
          ),
        },
      ]}
      tables={
        <>
          {table ? <Table key={table} table={table} /> : <Tables caseOf={caseOf} provenance={provenance} />}
          {table !== "source" && <Table key="source" table="source" whole={false} />}
        </>
      }
    />
  );
}

function Answer({ caseOf, pane }: { caseOf: CaseAnswer; pane: Pane }) {
  const sum = (name: "rows" | "high" | "medium" | "low" | "assumed") => caseOf.tables.reduce((total, row) => total + row[name], 0);
  const rows = sum("rows");
  const { data: sources } = useAnswer("get /api/case/tables/{table}", "/api/case/tables/source");
  return (
    <>
      <p className="sentence" data-answer="case">
        {fill(en.case.answer, { name: caseOf.name, rows: count(rows), tables: count(caseOf.tables.length), sources: sources ? count(sources.rows.length) : "\u2026", assumed: percent(sum("assumed") / rows) })}
      </p>
      <p>{fill(en.case.confidenceAnswer, { high: percent(sum("high") / rows), medium: percent(sum("medium") / rows), low: percent(sum("low") / rows) })}</p>
      <p className="quiet">{en.case.check}</p>
      <p className="quiet">{caseOf.description}</p>
      <p className="quiet">{fill(en.case.years, { base: String(caseOf.base_year), horizon: String(caseOf.horizon_year), price: String(caseOf.price_year) })}</p>
      <Report />
      <Facts pane={pane} />
    </>
  );
}

function countColumns(open: ((table: string) => void) | null): Column<TableCount>[] {
  const figure = (key: "rows" | "high" | "medium" | "low" | "assumed" | "sources"): Column<TableCount> => ({ key, label: en.case[key], value: (row) => row[key], show: (row) => count(row[key]), number: true });
  return [
    { key: "table", label: en.case.table, value: (row) => row.table, show: (row) => (open ? <button className="link" aria-label={fill(en.case.open, { name: row.table })} onClick={() => open(row.table)}>{row.table}</button> : row.table) },
    figure("rows"), figure("high"), figure("medium"), figure("low"), figure("assumed"), figure("sources"),
    { key: "file", label: en.case.file, value: (row) => row.file, show: (row) => <a href={`/api/case/files/${row.table}.csv`} download aria-label={fill(en.case.fileDownload, { name: row.file })}>{row.file}</a> },
  ];
}

function Tables({ caseOf, provenance }: { caseOf: CaseAnswer; provenance: Provenance }) {
  const [, setTable] = useAsk("table");
  return <Figure name="tables" title={en.case.tablesTitle} columns={countColumns(setTable)} rows={caseOf.tables} keyOf={(row) => row.table} {...provenance} />;
}

type Row = { cells: unknown[]; assumed: boolean };

function Table({ table, whole = true }: { table: string; whole?: boolean }) {
  const [, setTable] = useAsk("table");
  const { data, fault, again } = useAnswer("get /api/case/tables/{table}", addressOf(`/api/case/tables/${encodeURIComponent(table)}`));
  if (fault) {
    return (
      <>
        <FaultCard fault={fault} again={again} />
        <div>
          <button onClick={() => setTable("")}>{en.case.back}</button>
        </div>
      </>
    );
  }
  if (!data) return <Waiting />;
  const rows = data.rows.map((cells, i) => ({ cells, assumed: data.assumed[i]! }));
  return (
    <section className="stack" aria-labelledby={`table-${data.table}`}>
      <div className="row">
        <h2 id={`table-${data.table}`}>{table === "source" ? en.case.sourcesTitle : data.table}</h2>
        {whole && <button onClick={() => setTable("")}>{en.case.back}</button>}
        <a href={`/api/case/files/${data.table}.csv`} download>
          {fill(en.case.fileDownload, { name: data.file })}
        </a>
      </div>
      <DataTable caption={data.table} columns={columnsOf(data)} rows={rows} keyOf={(row) => String(row.cells[0])} shown={whole ? 40 : 12} />
    </section>
  );
}

const text = (cell: unknown): Cell => (Array.isArray(cell) ? cell.join("; ") : (cell as Cell));

function columnsOf(data: TableAnswer): Column<Row>[] {
  const columns: Column<Row>[] = data.columns.map((column, i) => ({
    key: column.name,
    label: column.name,
    value: (row) => text(row.cells[i]),
    number: column.type === "number" || column.type === "int",
    show:
      i === 0
        ? (row) => (
            <>
              <PickButton name={String(row.cells[0])} pick={`${data.table}:${row.cells[0]}`} /> {row.assumed && <span className="assumed">{en.assumed}</span>}
            </>
          )
        : column.name === "url"
          ? (row) =>
              row.cells[i] ? (
                <a href={String(row.cells[i])} rel="noreferrer noopener" target="_blank">
                  {String(row.cells[i])}
                </a>
              ) : (
                ""
              )
          : undefined,
  }));
  // a column that is blank in every row says nothing here; the file has it
  return columns.filter((_column, i) => i === 0 || data.rows.some((cells) => text(cells[i]) !== null && text(cells[i]) !== ""));
}

export const screen: Screen = { obeys: false, Component: CaseScreen };
