/** Flows: what runs where when capacity is scarce, who pays for it, and how that fits what was counted. */

import { memo } from "react";
import { addressOf, useLooked, type Loaded, type Looked } from "../../api/client";
import type { FlowsAnswer, NetworkAnswer, ShapeAnswer } from "../../api/types";
import { count, fill, musd, number, percent, tonnes } from "../../format/words";
import { en } from "../../i18n";
import { roundUp } from "../../map/bands";
import { AtWork } from "../../parts/AtWork";
import { Beside, type Pair } from "../../parts/Beside";
import { Facts } from "../../parts/Facts";
import { FaultCard } from "../../parts/FaultCard";
import { Notes, ScreenFrame, Settling } from "../../parts/Screen";
import { useCase, useStill, type Pane, type Screen } from "../../state/case";
import { PLAIN, settingParams } from "../../state/setting";
import { useFirstLook } from "../../state/settled";
import { set } from "../../state/view";
import { useNetwork, useShape } from "../network";
import { Difference } from "./Difference";
import { FlowMap } from "./FlowMap";
import { Bottlenecks, Crossings, Screenlines } from "./Pictures";
import { carried, placeName, useProvenance } from "./rows";
import { Tables } from "./Tables";
import { Users } from "./Users";

export interface Side {
  pane: Pane;
  flows: FlowsAnswer;
  network: NetworkAnswer;
  /** Whether the flows are a first look. */
  first: boolean;
}

type Found = Looked<FlowsAnswer, FlowsAnswer>;

function useFlows(pane: Pane | undefined): Found {
  return useLooked("get /api/flows", pane ? addressOf("/api/flows", settingParams(pane.setting)) : null);
}

function Flows({ panes }: { panes: Pane[] }) {
  const shape = useShape();
  const flows = [useFlows(panes[0]), useFlows(panes[1])];
  const networks = [useNetwork(panes[0]), useNetwork(panes[1])];
  const asked = panes.flatMap((_pane, i) => [flows[i]!, networks[i]!]);
  const found = [sideOf(panes[0], flows[0]!, networks[0]!), sideOf(panes[1], flows[1]!, networks[1]!)];
  const isNew = (i: number) => flows[i]!.fresh || flows[i]!.look !== null;
  const still = [useStill(found[0]!, isNew(0)), useStill(found[1]!, isNew(1))];
  const fault = asked.find((one) => one.fault);
  const drawn = !fault && shape !== null && panes.every((_pane, i) => isNew(i) && networks[i]!.fresh);
  useFirstLook(drawn && panes.some((_pane, i) => !flows[i]!.fresh));
  if (fault) return <FaultCard fault={fault.fault!} again={fault.again} />;
  const sides = found.filter((side) => side !== null);
  if (!shape || sides.length < panes.length) return <AtWork />;
  const most = roundUp(Math.max(...sides.flatMap((side) => carried(side.flows))));
  const dear = Math.max(0, ...sides.flatMap((side) => side.flows.bottlenecks.map((row) => row.cost_musd_per_year)));
  const waits = asked.some((one) => !one.fresh);
  return (
    <>
      {waits && <AtWork over />}
      <ScreenFrame
        above={sides.length > 1 && <Difference shape={shape} sides={sides as [Side, Side]} />}
        parts={sides.map((side, i) => ({
          pane: side.pane,
          answer: <Answer side={side} shape={shape} />,
          picture: (
            <>
              <FlowMap side={side} shape={shape} most={most} />
              <Pictures side={still[i]!} shape={shape} dear={dear} />
            </>
          ),
        }))}
        tables={
          <>
            {sides.length > 1 && <Both sides={sides} />}
            {sides.map((side, i) => (
              <StillTables key={side.pane.side} side={still[i]!} shape={shape} several={sides.length > 1} />
            ))}
          </>
        }
      />
    </>
  );
}

function sideOf(pane: Pane | undefined, { data, look }: Found, network: Loaded<NetworkAnswer>): Side | null {
  const flows = look ?? data;
  return pane && flows && network.data ? { pane, flows, network: network.data, first: look !== null } : null;
}

const StillTables = memo(Tables);

const Pictures = memo(function Pictures({ side, shape, dear }: { side: Side; shape: ShapeAnswer; dear: number }) {
  return (
    <>
      <Bottlenecks side={side} shape={shape} most={dear} />
      <Screenlines side={side} />
      <Crossings side={side} />
    </>
  );
});

function Both({ sides }: { sides: Side[] }) {
  const provenance = useProvenance({ ...sides[1]!, first: sides.some((side) => side.first) });
  const [a, b] = sides.map(({ flows }) => flows.totals);
  const pair = (key: keyof FlowsAnswer["totals"], label: string, show: (value: number) => string): Pair => ({ key, label, a: a![key], b: b![key], show });
  return (
    <Beside
      provenance={{ ...provenance, answer: sides.map(({ flows }) => flows) }}
      pairs={[
        pair("network_t_per_year", en.flows.network, tonnes),
        pair("outside_t_per_year", en.flows.outside, tonnes),
        pair("tkm_per_year", en.flows.tkm, (value) => number(value / 1e9)),
        pair("mean_time_h", en.flows.meanTime, (value) => number(value)),
        pair("rent_musd_per_year", en.flows.rents, musd),
        pair("queue_loss_musd_per_year", en.flows.queues, musd),
        pair("delay_loss_musd_per_year", en.flows.delays, musd),
        pair("co2e_t_per_year", en.flows.co2e, tonnes),
      ]}
    />
  );
}

function Answer({ side, shape }: { side: Side; shape: ShapeAnswer }) {
  const { flows, pane, first } = side;
  const { totals } = flows;
  const paid = flows.bottlenecks.filter((row) => row.cost_musd_per_year > 0);
  const cost = totals.rent_musd_per_year + totals.queue_loss_musd_per_year;
  const bottlenecks = paid.length === 0 ? en.flows.noBottleneck : fill(paid.length === 1 ? en.flows.oneBottleneck : en.flows.someBottlenecks, { n: count(paid.length), cost: musd(cost) });
  const sentence = fill(en.flows.answer, { tonnes: tonnes(totals.network_t_per_year), share: percent(totals.demand_t_per_year ? totals.network_t_per_year / totals.demand_t_per_year : 0), bottlenecks });
  const dearest = paid[0];
  const lines = flows.screenlines;
  return (
    <>
      <p className="sentence" data-answer="flows" data-t={totals.network_t_per_year} data-musd={cost} aria-live="polite" aria-busy={first} data-provisional={first}>
        {sentence}
      </p>
      <Settling first={first} />
      {dearest && (
        <p>
          {fill(dearest.clearing === "queue" ? en.flows.dearestQueue : en.flows.dearestPrice, {
            name: placeName(shape, dearest), mode: en.modes[dearest.mode] ?? dearest.mode, price: number(dearest.price_usd_per_t), hours: number(dearest.queue_h), owner: dearest.owner_name,
            cost: musd(dearest.cost_musd_per_year),
          })}{" "}
          {dearest.assumed && <span className="assumed">{en.flows.capacityAssumed}</span>}
        </p>
      )}
      <dl className="figures">
        <Line name={en.flows.rents} text={musd(totals.rent_musd_per_year)} />
        <Line name={en.flows.queues} text={musd(totals.queue_loss_musd_per_year)} />
        <Line name={en.flows.delays} text={musd(totals.delay_loss_musd_per_year)} />
        <Line name={en.flows.tkm} text={number(totals.tkm_per_year / 1e9)} />
        <Line name={en.flows.co2e} text={tonnes(totals.co2e_t_per_year)} />
      </dl>
      {flows.has_counts && !flows.is_reference && <Elsewhere side={side} />}
      {lines.length > 0 && <p>{fill(en.flows.trust, { hit: count(lines.filter((row) => row.hit).length), n: count(lines.length) })}</p>}
      <Notes notes={flows.notes} />
      <Facts pane={pane} />
      <Users pane={pane} shape={shape} />
    </>
  );
}

/** Counts belong to the setting in which they were made. */
function Elsewhere({ side: { pane, flows } }: { side: Side }) {
  const caseOf = useCase();
  const name = caseOf.scenarios.find((one) => one.id === flows.reference)?.name ?? flows.reference;
  const scenario = flows.reference === caseOf.default_scenario ? "" : flows.reference;
  return (
    <div className="stack" data-counts="elsewhere">
      <p>{fill(en.flows.countsElsewhere, { name, year: String(caseOf.base_year) })}</p>
      <div>
        <button className="link" onClick={() => set(pane.side, { ...PLAIN, scenario })}>
          {en.flows.showCounts}
        </button>
      </div>
    </div>
  );
}

function Line({ name, text }: { name: string; text: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{text}</dd>
    </div>
  );
}

export const screen: Screen = { obeys: true, Component: Flows };
