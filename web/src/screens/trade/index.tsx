/** Trade: what trade follows from cheaper or dearer transport, and who gains. */

import { memo } from "react";
import { addressOf, useLooked, type Looked } from "../../api/client";
import type { TradeAnswer, TradeLook } from "../../api/types";
import { spanOf } from "../../charts/Bars";
import { count, fill, listed, musd, musdRange, number, signed } from "../../format/words";
import { en } from "../../i18n";
import { AtWork } from "../../parts/AtWork";
import { Beside, type Pair } from "../../parts/Beside";
import { FaultCard } from "../../parts/FaultCard";
import { Notes, ScreenFrame, Settling } from "../../parts/Screen";
import { useStill, type Pane, type Screen } from "../../state/case";
import { settingParams } from "../../state/setting";
import { useFirstLook } from "../../state/settled";
import { Both as BothWays, Gains, Goods, Pairs, States, Transit, Years } from "./Pictures";
import { gainBars, isStill, rangeOf, useProvenance, type Side } from "./rows";

const NAMED = 3;

type Found = Looked<TradeAnswer, TradeLook>;

function useTrade(pane: Pane | undefined): Found {
  return useLooked("get /api/trade", pane ? addressOf("/api/trade", settingParams(pane.setting)) : null);
}

function Trade({ panes }: { panes: Pane[] }) {
  const answers = [useTrade(panes[0]), useTrade(panes[1])];
  const found = [sideOf(panes[0], answers[0]!), sideOf(panes[1], answers[1]!)];
  const still = [useStill(found[0]!, isNew(answers[0]!)), useStill(found[1]!, isNew(answers[1]!))];
  const asked = answers.slice(0, panes.length);
  const fault = asked.find((one) => one.fault);
  useFirstLook(!fault && asked.every(isNew) && asked.some((one) => !one.fresh));
  if (fault) return <FaultCard fault={fault.fault!} again={fault.again} />;
  const sides = found.filter((side) => side !== null);
  if (sides.length < panes.length) return <AtWork />;
  const [low, high] = spanOf(sides.flatMap((side) => gainBars(side.trade)));
  return (
    <>
      {asked.some((one) => !one.fresh) && <AtWork over />}
      <ScreenFrame
        parts={sides.map((side, i) => ({
          pane: side.pane,
          answer: <Answer side={side} />,
          picture: <Pictures side={still[i]!} low={low} high={high} />,
        }))}
        tables={sides.length > 1 && <Compared sides={sides as [Side, Side]} />}
      />
    </>
  );
}

function sideOf(pane: Pane | undefined, { data, look }: Found): Side | null {
  const trade = look ?? data;
  return pane && trade ? { pane, trade, whole: data, first: look !== null } : null;
}

const isNew = (found: Found) => found.fresh || found.look !== null;

const Pictures = memo(function Pictures({ side, low, high }: { side: Side; low: number; high: number }) {
  return (
    <>
      <Gains side={side} scale={[low, high]} />
      <Pairs side={side} />
      <Goods side={side} />
      {side.whole && <BothWays side={side} whole={side.whole} />}
      {side.whole && <Transit side={side} whole={side.whole} />}
      <States side={side} />
      <Years side={side} />
    </>
  );
});

function Compared({ sides: [a, b] }: { sides: [Side, Side] }) {
  const provenance = useProvenance(a.first ? { ...b, first: true } : b);
  const pair = (key: string, label: string, of: (trade: TradeLook) => number | null, show: (value: number) => string): Pair => ({ key, label, a: of(a.trade), b: of(b.trade), show });
  const surplus = (side: Side) => (side.first ? null : side.whole!.surplus_musd_per_year);
  return (
    <Beside
      provenance={{ ...provenance, answer: [a.trade, b.trade] }}
      pairs={[
        pair("gain", en.trade.gain, (trade) => trade.world.equivalent_variation_musd, musd),
        pair("trade", en.trade.tradeChange, (trade) => trade.world.trade_after_musd - trade.world.trade_musd, musd),
        { key: "surplus", label: en.trade.surplus, a: surplus(a), b: surplus(b), show: musd },
        pair("pair", en.trade.ownPair, (trade) => ownPair(trade)[1], musd),
      ]}
    />
  );
}

/** Trade of the case's own pair both ways, before and after. */
function ownPair(trade: TradeLook): [number, number] {
  const [one, other] = trade.pair;
  const mine = trade.pairs.filter((row) => (row.exporter === one && row.importer === other) || (row.exporter === other && row.importer === one));
  return [mine.reduce((sum, row) => sum + row.value_musd, 0), mine.reduce((sum, row) => sum + row.value_after_musd, 0)];
}

function Answer({ side: { trade, whole, first } }: { side: Side }) {
  const gain = trade.world.equivalent_variation_musd;
  const change = trade.world.trade_after_musd - trade.world.trade_musd;
  const still = isStill(trade);
  const [low, high] = rangeOf(trade);
  const sentence = still
    ? fill(en.trade.nothing, { against: trade.compared_with })
    : fill(gain >= 0 ? en.trade.rises : en.trade.falls, { gain: musdRange(Math.abs(gain), ...ends(gain, low, high)), trade: signed(change, musd), against: trade.compared_with });
  const [before, after] = ownPair(trade);
  const name = (id: string) => trade.economies.find((row) => row.id === id)?.name ?? id;
  const most = [...trade.economies].filter((row) => row.equivalent_variation_musd * gain > 0).sort((one, other) => Math.abs(other.equivalent_variation_musd) - Math.abs(one.equivalent_variation_musd));
  return (
    <>
      <p className="sentence" data-answer="trade" data-musd={gain} data-trade={trade.world.trade_after_musd} aria-live="polite" aria-busy={first} data-provisional={first}>
        {sentence}
      </p>
      <Settling first={first} />
      {!still && most.length > 0 && (
        <p>
          {fill(gain > 0 ? en.trade.gainers : en.trade.losers, { names: listed(most.slice(0, NAMED).map((row) => `${row.name} (${musd(Math.abs(row.equivalent_variation_musd))})`)) })}
        </p>
      )}
      {before > 0 && (
        <p>
          {fill(musd(before) === musd(after) ? en.trade.pairStays : en.trade.pairGrows, {
            one: name(trade.pair[0]), other: name(trade.pair[1]), before: musd(before), after: musd(after), change: signed(after - before, musd),
          })}
        </p>
      )}
      <dl className="figures">
        <div>
          <dt>{en.trade.surplus}</dt>
          <dd>{first || !whole ? <span className="assumed">{en.settling.part}</span> : musd(still ? 0 : whole.surplus_musd_per_year)}</dd>
        </div>
        <div>
          <dt>{en.trade.theta}</dt>
          <dd>{number(trade.theta)}</dd>
        </div>
      </dl>
      <p className="quiet">{en.trade.twice}</p>
      {!first && whole?.convergence && <p className="quiet">{fill(en.trade.met, { rounds: count(whole.convergence.rounds), change: whole.convergence.tonnes_change.toExponential(0).replace("-", "\u2212") })}</p>}
      <Notes notes={first || !whole ? [] : whole.notes} />
    </>
  );
}

/** The ends of a range as sizes, the smaller first. */
function ends(gain: number, low: number, high: number): [number, number] {
  return gain >= 0 ? [low, high] : [-high, -low];
}

export const screen: Screen = { obeys: true, Component: Trade };

