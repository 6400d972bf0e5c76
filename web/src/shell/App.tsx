/** The page: the chain as its navigation, what-if beside it, and the screen of the room. */

import { lazy, Suspense, useEffect, useMemo, type ComponentType } from "react";
import { addressOf, fetchPart, look, useAnswer, useConnection } from "../api/client";
import type { CaseAnswer, Greeting } from "../api/types";
import { fill } from "../format/words";
import { en } from "../i18n";
import { FaultCard } from "../parts/FaultCard";
import { Waiting } from "../parts/Waiting";
import { CaseContext, type Pane, type Screen } from "../state/case";
import { renameAsk, settingParams, strayNames, writeView, type View } from "../state/setting";
import { chooseTheme, useThemeChoice, type Choice } from "../state/theme";
import { show, useView } from "../state/view";
import { Guard } from "./Guard";
import { WhatIf } from "./WhatIf";

/** Every folder of screens/ is a screen. */
const modules = import.meta.glob<{ screen: Screen }>("../screens/*/index.tsx");
const screens = new Map(
  Object.entries(modules).map(([path, load]) => {
    const room = path.split("/").at(-2)!;
    const Component = lazy(async () => ({ default: withPanes((await fetchPart(load)).screen) }));
    return [room, { Component, load }] as const;
  }),
);
/** Where one comes in: the map. */
const FIRST = "network";

function withPanes(screen: Screen): ComponentType<{ panes: Pane[] }> {
  return function Shown({ panes }: { panes: Pane[] }) {
    return <screen.Component panes={screen.obeys ? panes : panes.slice(0, 1)} />;
  };
}

export function App() {
  const greeting = useAnswer("get /api", "/api");
  const caseOf = useAnswer("get /api/case", "/api/case");
  const view = useView();
  const rooms = (greeting.data?.rooms ?? []).filter((room) => screens.has(room));

  useEffect(() => {
    if (!view.room) show({ ...view, room: FIRST }, { replace: true });
  }, [view]);
  // the screen's code comes while the case is being asked for
  useEffect(() => void screens.get(view.room)?.load().catch(() => undefined), [view.room]);

  const fault = greeting.fault ?? caseOf.fault;
  if (!greeting.data || !caseOf.data) {
    return (
      <>
        <Head rooms={[]} view={view} caseOf={null} />
        <Connection />
        <main id="main">{fault ? <FaultCard fault={fault} again={() => (greeting.again(), caseOf.again())} /> : <Waiting text={en.shell.loading} />}</main>
      </>
    );
  }
  return (
    <CaseContext.Provider value={caseOf.data}>
      <Whole rooms={rooms} view={view} greeting={greeting.data} caseOf={caseOf.data} />
    </CaseContext.Provider>
  );
}

function Whole({ rooms, view, greeting, caseOf }: { rooms: string[]; view: View; greeting: Greeting; caseOf: CaseAnswer }) {
  const a = useAnswer("get /api/case/setting", addressOf("/api/case/setting", settingParams(view.a)));
  const b = useAnswer("get /api/case/setting", view.b && addressOf("/api/case/setting", settingParams(view.b)));
  const panes: Pane[] = [{ side: "a", setting: view.a, state: a }];
  if (view.b) panes.push({ side: "b", setting: view.b, state: b });
  const Found = rooms.includes(view.room) ? screens.get(view.room)?.Component : undefined;
  const faulty = panes.find((pane) => pane.state.fault);
  const roomName = en.rooms[view.room] ?? view.room;
  useEffect(() => {
    document.title = fill(en.shell.title, { screen: roomName, name: caseOf.name });
  }, [roomName, caseOf.name]);
  return (
    <>
      <a className="skip" href="#main">
        {en.shell.skip}
      </a>
      <Head rooms={rooms} view={view} caseOf={caseOf} />
      <Connection />
      <Strays view={view} />
      <div className="page">
        <WhatIf panes={panes} />
        <main id="main" tabIndex={-1}>
          <h1 className="hidden">{roomName}</h1>
          {faulty && <FaultCard fault={faulty.state.fault!} again={faulty.state.again} />}
          {!Found && <NoScreen name={view.room} known={screens.has(view.room)} />}
          {Found && !faulty && (
            <Guard key={view.room}>
              <Suspense fallback={<Waiting />}>
                <Found panes={panes} />
              </Suspense>
            </Guard>
          )}
        </main>
      </div>
      <footer className="quiet">
        <span>{fill(en.shell.about, { version: greeting.karvan, name: greeting.case })}</span>
        {caseOf.licence && <span>{fill(en.shell.licence, { licence: caseOf.licence, attribution: caseOf.attribution })}</span>}
        <a href="/licences.txt">{en.shell.licences}</a>
      </footer>
    </>
  );
}

function NoScreen({ name, known }: { name: string; known: boolean }) {
  const view = useView();
  if (!name) return null;
  const text = fill(known || name in en.rooms ? en.fault.noRoom : en.fault.noScreen, { name: en.rooms[name] ?? name });
  return (
    <div className="fault" role="alert">
      <h2>{en.fault.title}</h2>
      <p>{text}</p>
      <div className="row">
        <button onClick={() => show({ ...view, room: FIRST })}>{en.rooms[FIRST]}</button>
      </div>
    </div>
  );
}

function Head({ rooms, view, caseOf }: { rooms: string[]; view: View; caseOf: CaseAnswer | null }) {
  const choice = useThemeChoice();
  const order: Choice[] = ["auto", "light", "dark"];
  const next = order[(order.indexOf(choice) + 1) % order.length]!;
  const links = useMemo(() => rooms.map((room) => ({ room, address: writeView({ ...view, room, ask: view.ask }) })), [rooms.join(), view]);
  return (
    <header className="top">
      <span className="brand">{en.shell.name}</span>
      <nav aria-label={en.shell.screens}>
        <ul>
          {links.map(({ room, address }) => (
            <li key={room}>
              <a
                href={address}
                aria-current={room === view.room ? "page" : undefined}
                onClick={(event) => {
                  if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
                  event.preventDefault();
                  show({ ...view, room });
                }}
              >
                {en.rooms[room]}
              </a>
            </li>
          ))}
        </ul>
      </nav>
      <span className="case-name">{caseOf?.name}</span>
      <button className="link quiet" onClick={() => chooseTheme(next)}>
        {en.shell.theme[choice]}
      </button>
    </header>
  );
}

/** What an address says that no screen knows would else be passed over, and another setting shown than was meant. */
function Strays({ view }: { view: View }) {
  return strayNames(view).map(({ name, near }) => (
    <div key={name} className="banner" role="alert" data-stray={name}>
      <span>{fill(en.fault.stray, { name })}</span>
      {near && <button onClick={() => show(renameAsk(view, name, near))}>{fill(en.fault.use, { name: near })}</button>}
      <button onClick={() => show(renameAsk(view, name))}>{en.fault.strayOut}</button>
    </div>
  ));
}

function Connection() {
  const connection = useConnection();
  if (connection === "fine") return null;
  return (
    <div className="banner" role="alert" data-connection={connection}>
      <span>{connection === "lost" ? en.fault.lost : en.fault.other}</span>
      {connection === "lost" ? (
        <button onClick={() => void look()}>{en.fault.retry}</button>
      ) : (
        <button onClick={() => location.reload()}>{en.fault.reload}</button>
      )}
    </div>
  );
}
