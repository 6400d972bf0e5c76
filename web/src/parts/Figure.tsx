/** A figure that can be trusted: its picture, and within reach its table, its download and its source. */

import { useId, useRef, useState, type ReactNode } from "react";
import type { Meta, Source } from "../api/types";
import { fill, plural } from "../format/words";
import { en } from "../i18n";
import { DataTable } from "./DataTable";
import { csvOf, download, type Column } from "./table";

export interface Provenance {
  meta: Meta;
  sources: Source[];
  /** The command that gives the same answer. */
  command: string;
  /** The answer itself, to be downloaded as it came. */
  answer: unknown;
  /** Whether these are first figures, which are not handed out, or still those of the setting before. */
  state?: "first" | "held";
}

interface Props<Row> extends Provenance {
  /** Name of the files that are downloaded. */
  name: string;
  title: string;
  note?: ReactNode;
  columns: Column<Row>[];
  rows: Row[];
  keyOf: (row: Row) => string;
  lit?: (row: Row) => boolean;
  /** Without a picture the table itself is the figure. */
  children?: ReactNode;
  level?: 2 | 3;
}

type Opened = "" | "table" | "download" | "source";

export function Figure<Row>({ name, title, note, columns, rows, keyOf, lit, children, level = 2, state, ...provenance }: Props<Row>) {
  const [opened, setOpened] = useState<Opened>("");
  const body = useRef<HTMLDivElement>(null);
  const id = useId();
  const toggle = (what: Opened) => () => setOpened(opened === what ? "" : what);
  const tool = (what: Exclude<Opened, "">, label: string) => (
    <button aria-expanded={opened === what} aria-controls={`${id}-${what}`} onClick={toggle(what)}>
      {label}
    </button>
  );
  const Title = level === 2 ? "h2" : "h3";
  const file = `karvan-${provenance.meta.case}-${name}`;
  return (
    <figure className="figure" aria-labelledby={`${id}-title`} data-figure={name} data-state={state}>
      <figcaption>
        <Title id={`${id}-title`}>
          {title}
          {state && <span className="settling-tag">{en.settling[state]}</span>}
        </Title>
        <div className="tools">
          {children !== undefined && tool("table", en.figure.table)}
          {tool("download", en.figure.download)}
          {tool("source", en.figure.source)}
        </div>
      </figcaption>
      {note && <p className="quiet">{note}</p>}
      <div ref={body}>{children ?? <DataTable caption={title} columns={columns} rows={rows} keyOf={keyOf} lit={lit} />}</div>
      {opened === "table" && (
        <div className="opened" id={`${id}-table`}>
          <DataTable caption={title} columns={columns} rows={rows} keyOf={keyOf} lit={lit} shown={20} />
        </div>
      )}
      {opened === "download" && state && (
        <p className="opened quiet" id={`${id}-download`}>
          {en.settling.download}
        </p>
      )}
      {opened === "download" && !state && (
        <div className="opened row" id={`${id}-download`}>
          <button onClick={() => download(`${file}.csv`, csvOf(columns, rows), "text/csv;charset=utf-8")}>{en.figure.csv}</button>
          <button onClick={() => download(`${file}.json`, JSON.stringify(provenance.answer, null, 2) + "\n", "application/json")}>{en.figure.json}</button>
          {children !== undefined && (
            <button onClick={() => savePicture(body.current, `${file}.svg`)} hidden={false}>
              {en.figure.svg}
            </button>
          )}
        </div>
      )}
      {opened === "source" && (
        <div className="opened" id={`${id}-source`}>
          {state && <p>{en.settling.source}</p>}
          <SourceNote {...provenance} />
        </div>
      )}
    </figure>
  );
}

/** Where a figure comes from: setting, command, hash and the rows of source.csv behind it. */
export function SourceNote({ meta, sources, command }: Omit<Provenance, "answer">) {
  return (
    <>
      <p className="quiet">
        {en.figure.command}: <code>{command}</code>
      </p>
      <p className="quiet">
        {fill(en.figure.hash, { hash: meta.hash.slice(0, 12) })} · Karvan {meta.karvan}
      </p>
      <Sources sources={sources} />
    </>
  );
}

export function Sources({ sources }: { sources: Source[] }) {
  return (
    <div>
      <h3>{plural(sources.length, en.figure.sources)}</h3>
      <ul className="sources">
        {sources.map((source) => (
          <li key={source.id}>
            <span>
              {source.url ? (
                <a href={source.url} rel="noreferrer noopener" target="_blank">
                  {source.title}
                </a>
              ) : (
                source.title
              )}
              {source.assumption && (
                <>
                  {" "}
                  <span className="assumed">{en.assumption}</span>
                </>
              )}
            </span>
            <span className="quiet">{[source.publisher, source.date, source.id].filter(Boolean).join(", ")}</span>
          </li>
        ))}
      </ul>
    </div>
  );
}

/** A copy of a picture that has its own size, with the lines of a map that are drawn on a canvas below it. */
function whole(svg: SVGSVGElement, body: HTMLElement): SVGSVGElement {
  const copy = svg.cloneNode(true) as SVGSVGElement;
  const { left, top, width, height } = svg.getBoundingClientRect();
  if (!copy.hasAttribute("viewBox")) for (const [name, value] of Object.entries({ width, height, viewBox: `0 0 ${width} ${height}` })) copy.setAttribute(name, String(value));
  const sheet = body.querySelector<HTMLCanvasElement>("canvas.sheet");
  if (sheet) {
    const box = sheet.getBoundingClientRect();
    const image = document.createElementNS("http://www.w3.org/2000/svg", "image");
    for (const [name, value] of Object.entries({ x: box.left - left, y: box.top - top, width: box.width, height: box.height, href: sheet.toDataURL() })) image.setAttribute(name, String(value));
    copy.prepend(image);
  }
  return copy;
}

/** Save the picture with its colours written out, so that it looks the same without the page's style sheet. */
function savePicture(body: HTMLElement | null, name: string): void {
  const canvas = body?.querySelector<HTMLCanvasElement>("canvas:not(.sheet)");
  const svg = body?.querySelector<SVGSVGElement>("svg:not(.swatch)");
  if (canvas && !svg?.classList.contains("chart")) {
    canvas.toBlob((blob) => {
      if (!blob) return;
      const link = document.createElement("a");
      link.href = URL.createObjectURL(blob);
      link.download = name.replace(/svg$/, "png");
      link.click();
    });
    return;
  }
  if (!svg) return;
  const styles = getComputedStyle(document.documentElement);
  const text = new XMLSerializer().serializeToString(whole(svg, body!)).replace(/var\((--[\w-]+)\)/g, (_whole, property: string) => styles.getPropertyValue(property).trim());
  const ground = `style="background:${styles.getPropertyValue("--paper").trim()};font:12px system-ui, sans-serif" fill="${styles.getPropertyValue("--ink").trim()}"`;
  download(name, text.replace(/^<svg /, `<svg ${ground} `), "image/svg+xml");
}
