/** Trade: what trade follows from cheaper or dearer transport, and who gains. */

import { memo } from "react";
import { addressOf, useAnswer, type Loaded } from "../../api/client";
import type { TradeAnswer } from "../../api/types";
import { spanOf } from "../../charts/Bars";
import { count, fill, listed, musd, musdRange, number, signed } from "../../format/words";
import { en } from "../../i18n";
import { AtWork } from "../../parts/AtWork";
import { Beside, type Pair } from "../../parts/Beside";
import { FaultCard } from "../../parts/FaultCard";
import { Notes, ScreenFrame } from "../../parts/Screen";
import { useStill, type Pane, type Screen } from "../../state/case";
import { settingParams } from "../../state/setting";
import { Both as BothWays, Gains, Goods, Pairs, States, Transit, Years } from "./Pictures";
import { gainBars, rangeOf, useProvenance, type Side } from "./rows";

/** Half a dollar a year is what the fixed point leaves of nothing. */
const LEAST_MUSD = 5e-7;
const NAMED = 3;

function useTrade(pane: Pane | undefined): Loaded<TradeAnswer> {
  return useAnswer("get /api/trade", pane ? addressOf("/api/trade", settingParams(pane.setting)) : null);
}

function Trade({ panes }: { panes: Pane[] }) {
  const answers = [useTrade(panes[0]), useTrade(panes[1])];
  const still = [useStill(sideOf(panes[0], answers[0]!), answers[0]!.fresh), useStill(sideOf(panes[1], answers[1]!), answers[1]!.fresh)];
  const asked = answers.slice(0, panes.length);
  const fault = asked.find((one) => one.fault);
  if (fault) return <FaultCard fault={fault.fault!} again={fault.again} />;
  if (asked.some((one) => !one.data)) return <AtWork />;
  const sides: Side[] = panes.map((pane, i) => ({ pane, trade: asked[i]!.data! }));
  const [low, high] = spanOf(sides.flatMap((side) => gainBars(side.trade)));
  return (
    <>
      {asked.some((one) => !one.fresh) && <AtWork over />}
      <ScreenFrame
        parts={sides.map((side, i) => ({
          pane: side.pane,
          answer: <Answer trade={side.trade} />,
          picture: <Pictures side={still[i]!} low={low} high={high} />,
        }))}
        tables={sides.length > 1 && <Compared sides={sides as [Side, Side]} />}
      />
    </>
  );
}

function sideOf(pane: Pane | undefined, trade: Loaded<TradeAnswer>): Side | null {
  return pane && trade.data ? { pane, trade: trade.data } : null;
}

const Pictures = memo(function Pictures({ side, low, high }: { side: Side; low: number; high: number }) {
  return (
    <>
      <Gains side={side} scale={[low, high]} />
      <Pairs side={side} />
      <Goods side={side} />
      <BothWays side={side} />
      <Transit side={side} />
      <States side={side} />
      <Years side={side} />
    </>
  );
});

function Compared({ sides: [a, b] }: { sides: [Side, Side] }) {
  const provenance = useProvenance(b);
  const pair = (key: string, label: string, of: (trade: TradeAnswer) => number, show: (value: number) => string): Pair => ({ key, label, a: of(a.trade), b: of(b.trade), show });
  return (
    <Beside
      provenance={{ ...provenance, answer: [a.trade, b.trade] }}
      pairs={[
        pair("gain", en.trade.gain, (trade) => trade.world.equivalent_variation_musd, musd),
        pair("trade", en.trade.tradeChange, (trade) => trade.world.trade_after_musd - trade.world.trade_musd, musd),
        pair("surplus", en.trade.surplus, (trade) => trade.surplus_musd_per_year, musd),
        pair("pair", en.trade.ownPair, (trade) => ownPair(trade)[1], musd),
      ]}
    />
  );
}

/** Trade of the case's own pair both ways, before and after. */
function ownPair(trade: TradeAnswer): [number, number] {
  const [one, other] = trade.pair;
  const mine = trade.pairs.filter((row) => (row.exporter === one && row.importer === other) || (row.exporter === other && row.importer === one));
  return [mine.reduce((sum, row) => sum + row.value_musd, 0), mine.reduce((sum, row) => sum + row.value_after_musd, 0)];
}

function Answer({ trade }: { trade: TradeAnswer }) {
  const gain = trade.world.equivalent_variation_musd;
  const change = trade.world.trade_after_musd - trade.world.trade_musd;
  const still = Math.abs(gain) < LEAST_MUSD && trade.pairs.every((row) => Math.abs(row.change_musd) < LEAST_MUSD);
  const [low, high] = rangeOf(trade);
  const sentence = still
    ? fill(en.trade.nothing, { against: trade.compared_with })
    : fill(gain >= 0 ? en.trade.rises : en.trade.falls, { gain: musdRange(Math.abs(gain), ...ends(gain, low, high)), trade: signed(change, musd), against: trade.compared_with });
  const [before, after] = ownPair(trade);
  const name = (id: string) => trade.economies.find((row) => row.id === id)?.name ?? id;
  const most = [...trade.economies].filter((row) => row.equivalent_variation_musd * gain > 0).sort((one, other) => Math.abs(other.equivalent_variation_musd) - Math.abs(one.equivalent_variation_musd));
  return (
    <>
      <p className="sentence" data-answer="trade" data-musd={gain} data-trade={trade.world.trade_after_musd} aria-live="polite">
        {sentence}
      </p>
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
          <dd>{musd(trade.surplus_musd_per_year)}</dd>
        </div>
        <div>
          <dt>{en.trade.theta}</dt>
          <dd>{number(trade.theta)}</dd>
        </div>
      </dl>
      <p className="quiet">{en.trade.twice}</p>
      {trade.convergence && <p className="quiet">{fill(en.trade.met, { rounds: count(trade.convergence.rounds), change: trade.convergence.tonnes_change.toExponential(0).replace("-", "\u2212") })}</p>}
      <Notes notes={trade.notes} />
    </>
  );
}

/** The ends of a range as sizes, the smaller first. */
function ends(gain: number, low: number, high: number): [number, number] {
  return gain >= 0 ? [low, high] : [-high, -low];
}

export const screen: Screen = { obeys: true, Component: Trade };

