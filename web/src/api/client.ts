/** Asking the server. What is no answer is a fault with a message and a way on, whatever happened. */

import { useEffect, useRef, useState, useSyncExternalStore } from "react";
import { en } from "../i18n";
import { begin, end } from "../state/settled";
import type { Answers, Fault, Greeting } from "./types";

export type FaultLike = Fault | { kind: "connection"; message: string; near: string[]; lines: string[]; given: string };

export class Faulty extends Error {
  constructor(readonly fault: FaultLike) {
    super(fault.message);
  }
}

/** Answers kept, latest last. */
const KEPT = 100;
/** Milliseconds between two looks at a server that does not answer. */
const LOOK_MS = 1500;
const kept = new Map<string, unknown>();

function keep(address: string, answer: unknown): void {
  kept.delete(address);
  kept.set(address, answer);
  if (kept.size > KEPT) kept.delete(kept.keys().next().value!);
}

// the connection -------------------------------------------------------------------------------------------------------

export type Connection = "fine" | "lost" | "other";
let connection: Connection = "fine";
let epoch = 0;
let served = "";
let looking = 0;
const listeners = new Set<() => void>();

function setConnection(next: Connection): void {
  if (next === connection) return;
  connection = next;
  if (next === "fine") epoch += 1;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useConnection(): Connection {
  return useSyncExternalStore(subscribe, () => connection);
}

/** Look whether the server is there again; a server of another case or version needs a fresh page. */
export async function look(): Promise<void> {
  window.clearTimeout(looking);
  try {
    const answer = await fetch("/api", { cache: "no-store" });
    if (!answer.ok) throw new Error(String(answer.status));
    greet((await answer.json()) as Greeting);
  } catch {
    looking = window.setTimeout(() => void look(), LOOK_MS);
  }
}

function greet(greeting: Greeting): void {
  const now = `${greeting.karvan} ${greeting.digest}`;
  if (served && served !== now) setConnection("other");
  else setConnection("fine");
  served ||= now;
}

function lose(): void {
  if (connection !== "fine") return;
  setConnection("lost");
  looking = window.setTimeout(() => void look(), LOOK_MS);
}

/** Wait until the server answers again; one of another version has other code, and needs a fresh page. */
function back(): Promise<void> {
  return new Promise((resolve) => {
    const leave = subscribe(() => {
      if (connection !== "fine") return;
      leave();
      resolve();
    });
  });
}

/** Fetch a part of the page's own code; where the server does not answer, as soon as it does. */
export async function fetchPart<T>(load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (error) {
    // where the server answers, what failed is the code itself
    if ((await fetch("/api", { cache: "no-store" }).catch(() => null)) !== null) throw error;
    lose();
    await back();
  }
  return load().catch(() => {
    // some browsers remember what could not be fetched; the address holds the whole view
    location.reload();
    return new Promise<T>(() => undefined);
  });
}

// asking ---------------------------------------------------------------------------------------------------------------

/** Ask once; throws `Faulty` where there is no answer. */
export async function request<T>(address: string, options: RequestInit = {}): Promise<T> {
  let answer: Response;
  try {
    answer = await fetch(address, options);
  } catch (error) {
    if (options.signal?.aborted) throw error;
    lose();
    throw new Faulty({ kind: "connection", message: en.fault.connection, near: [], lines: [], given: "" });
  }
  let content: unknown;
  try {
    content = await answer.json();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    // what breaks off is a connection that is lost; what is there and makes no sense is a bug
    if (error instanceof SyntaxError) throw new Faulty({ kind: "bug", message: en.fault.unreadable, near: [], lines: [], given: "" });
    lose();
    throw new Faulty({ kind: "connection", message: en.fault.connection, near: [], lines: [], given: "" });
  }
  if (!answer.ok) {
    const fault = content as Fault;
    if (typeof fault.message !== "string") throw new Faulty({ kind: "bug", message: en.fault.unreadable, near: [], lines: [], given: "" });
    throw new Faulty(fault);
  }
  if (address === "/api") greet(content as Greeting);
  return content as T;
}

/** What is on its way, and how many wait for it: two who ask the same share one request, and the last who leaves ends it. */
interface Trip {
  address: string;
  answer: Promise<unknown>;
  stop: AbortController;
  waiting: number;
}
const trips = new Map<string, Trip>();

function join(address: string): Trip {
  let trip = trips.get(address);
  if (!trip) {
    const stop = new AbortController();
    // what is begun is not left for a first look: that goes before it
    const look = trips.get(lookAt(address) ?? "");
    const begun = look ? look.answer.catch(() => undefined) : null;
    const ask = () => request<unknown>(address, { signal: stop.signal });
    const answer = (begun ? begun.then(ask) : ask())
      .then((content) => keep(address, content))
      .finally(() => trips.get(address)?.stop === stop && trips.delete(address));
    trip = { address, answer, stop, waiting: 0 };
    trips.set(address, trip);
  }
  trip.waiting += 1;
  return trip;
}

function leave(trip: Trip): void {
  trip.waiting -= 1;
  if (trip.waiting > 0 || trips.get(trip.address) !== trip) return;
  trips.delete(trip.address);
  trip.stop.abort();
}

/** Ask for what will be wanted, until the returned function is called; a fault is told to whoever asks in earnest. */
export function askAhead(addresses: string[]): () => void {
  // what is wanted again is kept longest
  for (const address of addresses) if (kept.has(address)) keep(address, kept.get(address));
  const held = addresses.filter((address) => !kept.has(address)).map(join);
  for (const trip of held) trip.answer.catch(() => undefined);
  return () => held.splice(0).forEach(leave);
}

export interface Loaded<T> {
  /** The answer, or the last one while another is on its way. */
  data: T | null;
  /** Whether the answer is that of the question asked now. */
  fresh: boolean;
  fault: FaultLike | null;
  again: () => void;
}

/** Return the answer of an address; null asks nothing. The last answer stays until the next one is here. */
export function useAnswer<K extends keyof Answers>(_kind: K, address: string | null): Loaded<Answers[K]> {
  type T = Answers[K];
  const [, redraw] = useState(0);
  const [tries, setTries] = useState(0);
  const last = useRef<T | null>(null);
  const fault = useRef<{ address: string; fault: FaultLike } | null>(null);
  const now = useSyncExternalStore(subscribe, () => epoch);
  const hit = address === null ? null : ((kept.get(address) as T | undefined) ?? null);
  if (hit !== null) last.current = hit;

  useEffect(() => {
    if (address === null) return;
    if (kept.has(address)) {
      // it came between the drawing and here
      if (hit === null) redraw((count) => count + 1);
      return;
    }
    let gone = false;
    const task = { address };
    begin(task);
    fault.current = null;
    const trip = join(address);
    trip.answer
      .catch((error: unknown) => {
        if (gone) return;
        const told: FaultLike =
          error instanceof Faulty ? error.fault : { kind: "bug", message: String(error), near: [], lines: [], given: "" };
        fault.current = { address, fault: told };
      })
      .finally(() => {
        if (!gone) redraw((count) => count + 1);
        end(task);
      });
    return () => {
      gone = true;
      leave(trip);
      end(task);
    };
  }, [address, tries, now]);

  const told = fault.current?.address === address && hit === null ? fault.current!.fault : null;
  // of a connection that is lost the page tells above what it last had
  const current = told?.kind === "connection" && last.current !== null ? null : told;
  return { data: last.current, fresh: hit !== null, fault: current, again: () => setTries((count) => count + 1) };
}

/** An answer, or a first look at it while it is on its way. */
export interface Looked<T, L> extends Loaded<T> {
  /** The first look at the answer of the question asked now; null once the answer is there. */
  look: L | null;
}

/** Return the answer of an address, and a first look at it, which the server has at the same address with `/look`. */
export function useLooked<K extends "get /api/flows" | "get /api/trade">(kind: K, address: string | null): Looked<Answers[K], NonNullable<Answers[`${K}/look`]>> {
  type L = NonNullable<Answers[`${K}/look`]>;
  const answer = useAnswer(kind, address);
  const look = useAnswer(`${kind}/look`, address === null || answer.fresh ? null : lookAt(address));
  return { ...answer, look: look.fresh && !answer.fresh ? (look.data as L | null) : null };
}

/** Return where the first look at an answer is; null where there is none: without what-if the answer itself is as near. */
export function lookAt(address: string): string | null {
  const [path, query] = address.split("?");
  return query ? `${path}/look?${query}` : null;
}

/** Whether the answer of an address is here. */
export const isKept = (address: string): boolean => kept.has(address);

/** Return the address of an answer with its parameters. */
export function addressOf(path: string, ...params: URLSearchParams[]): string {
  const all = new URLSearchParams(params.flatMap((part) => [...part]));
  return all.size ? `${path}?${all}` : path;
}
