/** What a view will ask for is asked at once: before its code is there, before it is drawn, and while a hand rests on a switch. */

import { addressOf, askAhead, isKept, lookAt } from "../api/client";
import { settingParams, type Setting, type View } from "../state/setting";
import { currentView, onShow } from "../state/view";

/** Screens that draw the network; an address without a screen becomes the first of them. */
const MAPPED = new Set(["", "network", "routes", "flows"]);
/** Screens whose answer is solved for, at an address of their own. */
const SOLVED = new Set(["flows", "trade"]);
/** Milliseconds for which a hand rests on a switch before it means it. */
const REST_MS = 60;

function addressesOf(room: string, setting: Setting): string[] {
  const params = settingParams(setting);
  const asked = [addressOf("/api/case/setting", params)];
  // what takes longest goes first, and before it a first look at it
  if (SOLVED.has(room)) {
    const answer = addressOf(`/api/${room}`, params);
    const look = isKept(answer) ? null : lookAt(answer);
    asked.unshift(...(look ? [look] : []), answer);
  }
  if (MAPPED.has(room)) asked.push(addressOf("/api/network", params));
  return asked;
}

let release = () => {};

/** Hold what a view needs, in place of what the last one did. */
function askForView(view: View): void {
  const settings = view.b ? [view.a, view.b] : [view.a];
  const shape = MAPPED.has(view.room) ? ["/api/network/shape"] : [];
  const next = askAhead(["/api", "/api/case", ...settings.flatMap((setting) => addressesOf(view.room, setting)), ...shape]);
  release();
  release = next;
  moveOff();
}

/** Begin: ask for the first view, and for every later one before it is drawn. */
export function startAsking(): void {
  askForView(currentView());
  onShow(askForView);
}

let timer = 0;
let restsOn = "";
let letGo = () => {};

/** A hand rests on a switch: what it would come to is asked for, one thing at a time, and left again with the hand. */
function restOn(next: Setting): void {
  const on = settingParams(next).toString();
  if (on === restsOn) return;
  moveOff();
  restsOn = on;
  timer = window.setTimeout(() => (letGo = askAhead(addressesOf(currentView().room, next))), REST_MS);
}

function moveOff(): void {
  window.clearTimeout(timer);
  restsOn = "";
  letGo();
  letGo = () => {};
}

/** What a switch listens for, so that its answer is on its way before it is pressed; a finger presses at once. */
export function asksAhead(next: () => Setting) {
  return {
    onPointerEnter: (event: React.PointerEvent) => event.pointerType !== "touch" && restOn(next()),
    onPointerLeave: moveOff,
    onFocus: () => restOn(next()),
    onBlur: moveOff,
  };
}
