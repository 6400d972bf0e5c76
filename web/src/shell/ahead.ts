/** What a screen will ask for is asked before its code is there: the address says what. */

import { addressOf, askAhead } from "../api/client";
import { settingParams, type View } from "../state/setting";

/** Screens that draw the network; an address without a screen becomes the first of them. */
const MAPPED = new Set(["", "network", "routes", "flows"]);

export function askForScreen(view: View): void {
  askAhead("/api");
  askAhead("/api/case");
  for (const setting of view.b ? [view.a, view.b] : [view.a]) {
    askAhead(addressOf("/api/case/setting", settingParams(setting)));
    if (MAPPED.has(view.room)) askAhead(addressOf("/api/network", settingParams(setting)));
  }
  if (MAPPED.has(view.room)) askAhead("/api/network/shape");
}
