/** What is asked: two places, what travels, and what counts as best. */

import { useEffect, useId, useState } from "react";
import { fill } from "../../format/words";
import { en } from "../../i18n";
import { useCase } from "../../state/case";
import { ask, useView } from "../../state/view";

const MEASURES = ["generalised", "time", "cost", "co2e"];
const COUNTS = ["1", "2", "3", "5", "8"];

export function Question({ question }: { question: URLSearchParams | null }) {
  const caseOf = useCase();
  const view = useView();
  const value = (name: string, otherwise = "") => view.ask[name]?.[0] ?? question?.get(name) ?? otherwise;
  const places = useId();
  const k = value("k", "3");
  const both = (origin: string, destination: string) => ask({ origin: [origin], destination: [destination], route: [] });
  return (
    <form className="stack" role="search" onSubmit={(event) => event.preventDefault()}>
      <datalist id={places}>
        {caseOf.places.map((place) => (
          <option key={`${place.kind} ${place.id}`} value={place.name}>
            {caseOf.countries[place.country] ?? place.country}
          </option>
        ))}
      </datalist>
      <div className="ask">
        <Place label={en.routes.from} list={places} value={value("origin")} change={(origin) => ask({ origin: [origin], destination: [value("destination")], route: [] })} />
        <Place label={en.routes.to} list={places} value={value("destination")} change={(destination) => ask({ origin: [value("origin")], destination: [destination], route: [] })} />
        <Choose label={en.routes.goods} value={value("commodity", caseOf.default_commodity)} options={caseOf.commodities.map((item) => [item.id, item.name])} change={(next) => ask({ commodity: next === caseOf.default_commodity ? [] : [next] })} />
        <Choose label={en.routes.by} value={value("by", "generalised")} options={MEASURES.map((name) => [name, en.routes.measures[name]!])} change={(next) => ask({ by: next === "generalised" ? [] : [next] })} />
        <Choose label={en.routes.count} value={k} options={(COUNTS.includes(k) ? COUNTS : [k, ...COUNTS]).map((name) => [name, name])} change={(next) => ask({ k: next === "3" ? [] : [next], route: [] })} />
        <Place label={en.routes.via} list={places} value={value("via")} change={(via) => ask({ via: via ? [via] : [], route: [] })} />
        <Place label={en.routes.avoid} list={places} value={value("avoid")} change={(avoid) => ask({ avoid: avoid ? [avoid] : [], route: [] })} />
        <div className="row">
          <button type="button" onClick={() => both(value("destination"), value("origin"))}>
            {en.routes.swap}
          </button>
        </div>
      </div>
      {caseOf.pairs.length > 0 && (
        <p className="quiet row">
          {en.routes.pairs}
          {caseOf.pairs.map(([origin, destination]) => (
            <button type="button" className="link" key={`${origin} ${destination}`} onClick={() => both(origin, destination)}>
              {[origin, destination].map((id) => caseOf.places.find((place) => place.id === id)?.name ?? id).join(" \u2013 ")}
            </button>
          ))}
        </p>
      )}
      {!question && <p role="status">{fill(en.routes.choose, {})}</p>}
    </form>
  );
}

function Place({ label, list, value, change }: { label: string; list: string; value: string; change: (id: string) => void }) {
  const { places } = useCase();
  const nameOf = (id: string) => places.find((place) => place.id === id)?.name ?? id;
  const [text, setText] = useState(nameOf(value));
  useEffect(() => setText(nameOf(value)), [value]);
  const commit = (typed: string) => {
    const named = places.filter((place) => place.name === typed);
    const next = named.length === 1 ? named[0]!.id : typed.trim();
    if (next !== value) change(next);
  };
  return (
    <label className="field">
      <span className="label">{label}</span>
      <input
        list={list}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          // a name chosen from the list is an answer at once
          if (event.nativeEvent instanceof InputEvent && event.nativeEvent.inputType !== "insertReplacementText") return;
          if (places.some((place) => place.name === event.target.value)) commit(event.target.value);
        }}
        onBlur={(event) => commit(event.target.value)}
        onKeyDown={(event) => {
          if (event.key === "Enter") commit(event.currentTarget.value);
        }}
      />
    </label>
  );
}

function Choose({ label, value, options, change }: { label: string; value: string; options: [string, string][]; change: (value: string) => void }) {
  const known = options.some(([name]) => name === value);
  return (
    <label className="field">
      <span className="label">{label}</span>
      <select value={value} onChange={(event) => change(event.target.value)}>
        {!known && <option value={value}>{value}</option>}
        {options.map(([name, text]) => (
          <option key={name} value={name}>
            {text}
          </option>
        ))}
      </select>
    </label>
  );
}
