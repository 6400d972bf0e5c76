/** Routes: how do goods get from A to B? */

import { useMemo } from "react";
import { addressOf, useAnswer, type Loaded } from "../../api/client";
import type { CaseAnswer, LegAnswer, NetworkAnswer, RouteAnswer, RoutesAnswer, ShapeAnswer } from "../../api/types";
import { ProfileChart, scaleOf, type ProfileLine, type Scale } from "../../charts/ProfileChart";
import { between, count, days, daysRange, fill, km, listed, number, percent, usd } from "../../format/words";
import { en } from "../../i18n";
import { MapView } from "../../map/MapView";
import type { Way } from "../../map/shape";
import { Beside, type Pair } from "../../parts/Beside";
import { Facts } from "../../parts/Facts";
import { FaultCard } from "../../parts/FaultCard";
import { Figure, type Provenance } from "../../parts/Figure";
import { Interval } from "../../parts/Interval";
import { Notes, ScreenFrame } from "../../parts/Screen";
import type { Column } from "../../parts/table";
import { Waiting } from "../../parts/Waiting";
import { commandOf, useCase, type Pane, type Screen } from "../../state/case";
import { PLAIN, settingParams } from "../../state/setting";
import { ask, useAsk, useView } from "../../state/view";
import { PickButton, Trust, useNetwork, useShape } from "../network";
import { Question } from "./Question";

const ASKED = ["origin", "destination", "commodity", "by", "k", "mode", "via", "avoid"];

/** What the screen asks, as parameters; null until two places are named. */
function useQuestion(): URLSearchParams | null {
  const view = useView();
  const caseOf = useCase();
  const params = new URLSearchParams();
  for (const name of ASKED) for (const value of view.ask[name] ?? []) if (value) params.append(name, value);
  const pair = caseOf.pairs[0];
  if (!params.has("origin") && !params.has("destination") && pair) {
    params.set("origin", pair[0]);
    params.set("destination", pair[1]);
  }
  return params.has("origin") && params.has("destination") ? params : null;
}

function useRoutes(question: URLSearchParams | null, setting: URLSearchParams | null): Loaded<RoutesAnswer> {
  return useAnswer("get /api/routes", question && setting ? addressOf("/api/routes", question, setting) : null);
}

interface Side {
  pane: Pane;
  routes: Loaded<RoutesAnswer>;
  network: Loaded<NetworkAnswer>;
}

function RoutesScreen({ panes }: { panes: Pane[] }) {
  const question = useQuestion();
  const shape = useShape();
  const [first, second] = panes;
  const a: Side = { pane: first!, routes: useRoutes(question, settingParams(first!.setting)), network: useNetwork(first) };
  const routesB = useRoutes(question, second ? settingParams(second.setting) : null);
  const networkB = useNetwork(second);
  const before = useRoutes(question, settingParams(PLAIN));
  const sides = second ? [a, { pane: second, routes: routesB, network: networkB }] : [a];
  const above = <Question question={question} />;
  if (!question) return above;
  if (!shape || sides.some(({ routes, network }) => (!routes.data && !routes.fault) || (!network.data && !network.fault))) {
    return (
      <>
        {above}
        <Waiting />
      </>
    );
  }
  const wrong = sides.find(({ network, routes }) => network.fault ?? (routes.fault && routes.fault.kind !== "route"));
  if (wrong) {
    return (
      <>
        {above}
        <FaultCard fault={(wrong.network.fault ?? wrong.routes.fault)!} again={() => (wrong.routes.again(), wrong.network.again())} />
      </>
    );
  }
  const known = before.fault ? null : before.data;
  const scale = scaleOf([...sides.flatMap(({ routes }) => (routes.fault ? [] : routes.data!.routes)), ...(known && sides.length === 1 ? known.routes.slice(0, 1) : [])]);
  return (
    <ScreenFrame
      above={above}
      parts={sides.map((side) => ({
        pane: side.pane,
        answer: <Answer side={side} before={known} beforeNone={before.fault?.kind === "route"} scale={scale} />,
        picture: <Pictures side={side} shape={shape} before={sides.length === 1 ? known : null} scale={scale} question={question} />,
      }))}
      tables={
        <>
          {sides.length > 1 && sides.every(({ routes }) => !routes.fault) && <Both sides={sides} question={question} />}
          {sides.map((side) => (side.routes.fault ? null : <Tables key={side.pane.side} side={side} several={sides.length > 1} question={question} />))}
        </>
      }
    />
  );
}

function Both({ sides, question }: { sides: Side[]; question: URLSearchParams }) {
  const provenance = useProvenance(sides[1]!, question);
  const [a, b] = sides.map(({ routes }) => routes.data!.routes[0]!);
  const pair = (key: string, label: string, of: (route: RouteAnswer) => number, show: (value: number) => string): Pair => ({ key, label, a: of(a!), b: of(b!), show });
  return (
    <Beside
      provenance={{ ...provenance, answer: sides.map(({ routes }) => routes.data) }}
      pairs={[
        pair("time", en.routes.time, (route) => route.time_h.mean, days),
        pair("price", en.routes.usdFeu, (route) => route.price_usd_per_feu, usd),
        pair("generalised", en.routes.generalised, (route) => route.generalised_usd_per_t, (value) => number(value)),
        pair("distance", en.routes.distance, (route) => route.distance_km, km),
        pair("co2e", en.routes.co2e, (route) => route.co2e_kg_per_t, (value) => number(value)),
        pair("still", en.routes.still, (route) => route.standing_share, percent),
      ]}
    />
  );
}

/** The rank of the route that is lit. */
function useLit(routes: RoutesAnswer | null): number {
  const [text] = useAsk("route");
  const rank = Number(text || "1");
  return routes?.routes.some((route) => route.rank === rank) ? rank : 1;
}

export function wayOf(caseOf: CaseAnswer, route: RouteAnswer): string {
  const modes = listed(route.way_modes.map((mode) => en.modes[mode] ?? mode));
  if (route.way_countries.length === 0) return modes;
  return fill(en.routes.through, { modes, countries: listed(route.way_countries.map((code) => caseOf.countries[code] ?? code)) });
}

export function sameRoute(one: RouteAnswer, other: RouteAnswer): boolean {
  const links = (route: RouteAnswer) => route.legs.flatMap((leg) => leg.links).join();
  return one.time_h.mean === other.time_h.mean && one.price_usd_per_t === other.price_usd_per_t && links(one) === links(other);
}

function Answer({ side, before, beforeNone, scale }: { side: Side; before: RoutesAnswer | null; beforeNone: boolean; scale: Scale }) {
  const caseOf = useCase();
  const lit = useLit(side.routes.data);
  if (side.routes.fault) {
    return (
      <>
        <p className="sentence" data-answer="routes">
          {en.routes.noneNow}
        </p>
        <FaultCard fault={side.routes.fault} />
        {before && <Before now={null} before={before} beforeNone={beforeNone} />}
        <Facts pane={side.pane} />
      </>
    );
  }
  const data = side.routes.data!;
  const route = data.routes.find((item) => item.rank === lit)!;
  const best = data.routes[0]!;
  const { time_h: time } = best;
  const sentence = fill(en.routes.answer, {
    origin: data.origin_name, destination: data.destination_name, time: days(time.mean), way: wayOf(caseOf, best),
    range: daysRange(time.mean, time.p10, time.p90), price: usd(best.price_usd_per_feu),
  });
  return (
    <>
      <p className="sentence" data-answer="routes" data-h={time.mean} data-usd={best.price_usd_per_feu} aria-live="polite">
        {sentence}.
      </p>
      {side.pane.state.data?.is_default === false && <Before now={best} before={before} beforeNone={beforeNone} />}
      <RouteFigures route={route} most={scale.h} mostUsd={Math.max(...data.routes.map((item) => item.price_range_usd_per_t.p90))} several={data.routes.length > 1} />
      <Notes notes={data.notes} />
      <Facts pane={side.pane} />
    </>
  );
}

function Before({ now, before, beforeNone }: { now: RouteAnswer | null; before: RoutesAnswer | null; beforeNone: boolean }) {
  const caseOf = useCase();
  const was = before?.routes[0];
  if (!was) return beforeNone ? <p data-before="none">{en.routes.beforeNone}</p> : null;
  if (now && sameRoute(now, was)) return <p data-before="same">{en.routes.same}</p>;
  const text = fill(en.routes.before, { time: days(was.time_h.mean), way: wayOf(caseOf, was), range: daysRange(was.time_h.mean, was.time_h.p10, was.time_h.p90), price: usd(was.price_usd_per_feu) });
  if (!now) return <p data-before="other">{text}</p>;
  const [hours, money] = [now.time_h.mean - was.time_h.mean, now.price_usd_per_feu - was.price_usd_per_feu];
  const time = hours === 0 ? en.routes.asLong : fill(hours > 0 ? en.routes.later : en.routes.sooner, { n: days(Math.abs(hours)) });
  const price = money === 0 ? en.routes.asDear : fill(money > 0 ? en.routes.dearer : en.routes.cheaper, { n: usd(Math.abs(money)) });
  return (
    <div className="stack" data-before="other">
      <p>
        <span className={hours > 0 ? "bad" : "good"}>
          {hours > 0 ? "\u25b2 " : hours < 0 ? "\u25bc " : ""}
          {fill(en.routes.change, { time, price })}
        </span>
      </p>
      <p className="quiet">{text}</p>
    </div>
  );
}

function RouteFigures({ route, most, mostUsd, several }: { route: RouteAnswer; most: number; mostUsd: number; several: boolean }) {
  const { time_h: time, price_range_usd_per_t: price } = route;
  // a container costs as much more than a tonne at either end of the range
  const perContainer = route.price_usd_per_t > 0 ? route.price_usd_per_feu / route.price_usd_per_t : 1;
  const prices = between(number(price.p10 * perContainer), number(price.p90 * perContainer));
  const range = daysRange(time.mean, time.p10, time.p90);
  return (
    <div>
      {several && <h2>{fill(en.routes.route, { rank: route.rank })}</h2>}
      <dl className="figures">
        <div>
          <dt>{en.routes.rangesTitle}</dt>
          <dd>{days(time.mean)}</dd>
          <dd className="range">
            <Interval low={time.p10} value={time.mean} high={time.p90} most={most} label={range} />
            <span className="quiet">{range}</span>
          </dd>
        </div>
        <div>
          <dt>{en.routes.usdFeu}</dt>
          <dd>{number(route.price_usd_per_feu)}</dd>
          <dd className="range">
            <Interval low={price.p10} value={price.mean} high={price.p90} most={mostUsd} label={prices} />
            <span className="quiet">{prices}</span>
          </dd>
        </div>
        <div>
          <dt>{en.routes.distance}</dt>
          <dd>{km(route.distance_km)}</dd>
        </div>
        <div>
          <dt>{en.routes.still}</dt>
          <dd>{percent(route.standing_share)}</dd>
        </div>
        <div>
          <dt>{en.routes.co2e}</dt>
          <dd>{number(route.co2e_kg_per_t)}</dd>
        </div>
        <div>
          <dt>{en.routes.assumed}</dt>
          <dd>
            {percent(route.assumed_share)} {route.assumed_share > 0.5 && <span className="assumed">{en.assumed}</span>}
          </dd>
        </div>
      </dl>
    </div>
  );
}

function useProvenance(side: Side, question: URLSearchParams): Provenance {
  const caseOf = useCase();
  const data = side.routes.data!;
  const options = [...question].filter(([name]) => name !== "origin" && name !== "destination").map(([name, value]) => (name === "k" ? `-k ${value}` : `--${name} ${value}`));
  if (!question.has("k")) options.push("-k 3");
  const words = ["routes", data.origin, data.destination, ...options].join(" ");
  return { meta: data.meta, sources: data.sources, command: commandOf(caseOf, words, side.pane), answer: data };
}

function waysOf(data: RoutesAnswer | null, lit: number): Way[] {
  return (data?.routes ?? []).map((route) => ({ key: String(route.rank), links: route.legs.flatMap((leg) => leg.links), lit: route.rank === lit }));
}

function Pictures({ side, shape, before, scale, question }: { side: Side; shape: ShapeAnswer; before: RoutesAnswer | null; scale: Scale; question: URLSearchParams }) {
  const data = side.routes.fault ? null : side.routes.data;
  const lit = useLit(data);
  const ways = useMemo(() => waysOf(data, lit), [data, lit]);
  const ends = useMemo(() => (data ? [data.origin, data.destination] : []), [data?.origin, data?.destination]);
  const map = <MapView shape={shape} network={side.network.data!} ways={ways} first={ends} label={en.map.label} />;
  if (!data) return map;
  return <Drawn side={side} map={map} before={before} scale={scale} lit={lit} question={question} />;
}

function Drawn({ side, map, before, scale, lit, question }: { side: Side; map: React.ReactNode; before: RoutesAnswer | null; scale: Scale; lit: number; question: URLSearchParams }) {
  const data = side.routes.data!;
  const provenance = useProvenance(side, question);
  const lines: ProfileLine[] = data.routes.map((route) => ({ key: String(route.rank), label: fill(en.routes.route, { rank: route.rank }), route, look: route.rank === lit ? "lit" : "other" }));
  const was = before?.routes[0];
  if (was && !data.routes.some((route) => sameRoute(route, was))) lines.push({ key: "before", label: en.routes.beforeShort, route: was, look: "before" });
  return (
    <>
      <Figure name="routes-map" title={en.routes.mapTitle} columns={routeColumns()} rows={data.routes} keyOf={(row) => String(row.rank)} {...provenance}>
        {map}
      </Figure>
      <Figure name="profile" title={en.routes.profileTitle} note={en.figure.range} columns={legColumns(null)} rows={legRows(data)} keyOf={(row) => `${row.rank}-${row.number}`} {...provenance}>
        <ProfileChart lines={lines} scale={scale} label={en.routes.profileTitle} />
      </Figure>
    </>
  );
}

interface LegRow {
  rank: number;
  number: number;
  leg: LegAnswer;
}

function legRows(data: RoutesAnswer): LegRow[] {
  return data.routes.flatMap((route) => route.legs.map((leg, i) => ({ rank: route.rank, number: i + 1, leg })));
}

function routeColumns(choose?: (rank: number) => void): Column<RouteAnswer>[] {
  return [
    { key: "rank", label: en.routes.rank, value: (row) => row.rank, show: (row) => (choose ? <button className="link" onClick={() => choose(row.rank)}>{fill(en.routes.route, { rank: row.rank })}</button> : row.rank) },
    { key: "distance_km", label: en.routes.km, value: (row) => row.distance_km, show: (row) => number(row.distance_km), number: true },
    { key: "time_h", label: en.routes.days, value: (row) => row.time_h.mean, show: (row) => days(row.time_h.mean), number: true },
    { key: "time_p10_h", label: en.routes.p10, value: (row) => row.time_h.p10, show: (row) => days(row.time_h.p10), number: true },
    { key: "time_p90_h", label: en.routes.p90, value: (row) => row.time_h.p90, show: (row) => days(row.time_h.p90), number: true },
    { key: "price_usd_per_t", label: en.routes.usdT, value: (row) => row.price_usd_per_t, show: (row) => number(row.price_usd_per_t), number: true },
    { key: "price_p10_usd_per_t", label: en.routes.p10, value: (row) => row.price_range_usd_per_t.p10, show: (row) => number(row.price_range_usd_per_t.p10), number: true },
    { key: "price_p90_usd_per_t", label: en.routes.p90, value: (row) => row.price_range_usd_per_t.p90, show: (row) => number(row.price_range_usd_per_t.p90), number: true },
    { key: "price_usd_per_feu", label: en.routes.usdFeu, value: (row) => row.price_usd_per_feu, show: (row) => number(row.price_usd_per_feu), number: true },
    { key: "generalised_usd_per_t", label: en.routes.generalised, value: (row) => row.generalised_usd_per_t, show: (row) => number(row.generalised_usd_per_t), number: true },
    { key: "co2e_kg_per_t", label: en.routes.co2e, value: (row) => row.co2e_kg_per_t, show: (row) => number(row.co2e_kg_per_t), number: true },
    { key: "standing_share", label: en.routes.still, value: (row) => row.standing_share, show: (row) => percent(row.standing_share), number: true },
    { key: "assumed_share", label: en.routes.assumed, value: (row) => row.assumed_share, show: (row) => percent(row.assumed_share), number: true },
    { key: "borders", label: en.routes.crossings, value: (row) => row.borders.join(" > ") },
    { key: "gauge_breaks", label: en.routes.breaks, value: (row) => row.gauge_breaks.join(" > ") },
  ];
}

function legColumns(pick: "pick" | null): Column<LegRow>[] {
  const row = (leg: LegAnswer) => leg.rows.find((item) => !item.startsWith("service:")) ?? leg.rows[0];
  return [
    { key: "rank", label: en.routes.rank, value: (item) => item.rank, number: true },
    { key: "leg", label: en.routes.leg, value: (item) => item.number, number: true },
    { key: "kind", label: en.routes.kind, value: (item) => item.leg.kind, show: (item) => en.routes.kinds[item.leg.kind] },
    { key: "name", label: en.routes.where, value: (item) => item.leg.name, show: (item) => (pick && row(item.leg) ? <PickButton name={item.leg.name} pick={row(item.leg)!} /> : item.leg.name) },
    { key: "start_km", label: en.routes.fromKm, value: (item) => item.leg.start_km, show: (item) => count(item.leg.start_km), number: true },
    { key: "distance_km", label: en.routes.km, value: (item) => item.leg.distance_km, show: (item) => (item.leg.kind === "move" ? number(item.leg.distance_km) : ""), number: true },
    { key: "time_h", label: en.routes.hours, value: (item) => item.leg.time_h, show: (item) => number(item.leg.time_h), number: true },
    { key: "standing_h", label: en.routes.still, value: (item) => item.leg.standing_h, show: (item) => number(item.leg.standing_h), number: true },
    { key: "price_usd_per_t", label: en.routes.cost, value: (item) => item.leg.price_usd_per_t, show: (item) => number(item.leg.price_usd_per_t), number: true },
    { key: "confidence", label: en.routes.confidence, value: (item) => item.leg.confidence, show: (item) => <Trust confidence={item.leg.confidence} assumed={item.leg.assumed} /> },
  ];
}

function Tables({ side, several, question }: { side: Side; several: boolean; question: URLSearchParams }) {
  const data = side.routes.data!;
  const lit = useLit(data);
  const provenance = useProvenance(side, question);
  const suffix = several ? ` (${en.whatIf.sides[side.pane.side]})` : "";
  const choose = (rank: number) => ask({ route: rank === 1 ? [] : [String(rank)] });
  return (
    <>
      <Figure name="routes" title={en.routes.routesTitle + suffix} columns={routeColumns(choose)} rows={data.routes} keyOf={(row) => String(row.rank)} lit={(row) => row.rank === lit} {...provenance} />
      <Figure
        name="legs"
        title={fill(en.routes.legsTitle, { rank: lit }) + suffix}
        columns={legColumns("pick").slice(1)}
        rows={legRows(data).filter((row) => row.rank === lit)}
        keyOf={(row) => String(row.number)}
        {...provenance}
      />
    </>
  );
}

export const screen: Screen = { obeys: true, Component: RoutesScreen };
