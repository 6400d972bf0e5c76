/** A setting and a view as an address holds them. The names are those of the command line and of the server's addresses. */

export interface Setting {
  year: string;
  scenario: string;
  project: string[];
  change: string[];
  shut: string[];
  open: string[];
}

/** What is on the screen: a room, one setting or two to compare, and what the screen itself asks. */
export interface View {
  room: string;
  a: Setting;
  b: Setting | null;
  ask: Record<string, string[]>;
}

export const PLAIN: Setting = { year: "", scenario: "", project: [], change: [], shut: [], open: [] };
const TEXTS = ["year", "scenario"] as const;
const LISTS = ["project", "change", "shut", "open"] as const;
const OTHER = "b.";
const COMPARE = "compare";
/** What the screens ask besides: all that an address may hold. */
export const ASKS = [
  "about", "aim", "avoid", "body", "budget", "by", "commodity", "destination", "drawn", "k", "map", "mode", "of", "on", "origin", "overdue", "party", "pick", "route",
  "rules", "standing", "table", "topic", "via",
] as const;
export type AskName = (typeof ASKS)[number];

/** Read one setting out of parameters; unknown values are kept, so that the server can say what is wrong with them. */
function readSetting(params: URLSearchParams, prefix: string): Setting {
  const lists = Object.fromEntries(LISTS.map((name) => [name, [...new Set(params.getAll(prefix + name).filter(Boolean))]]));
  const texts = Object.fromEntries(TEXTS.map((name) => [name, params.get(prefix + name) ?? ""]));
  return { ...PLAIN, ...texts, ...lists };
}

function writeSetting(params: URLSearchParams, setting: Setting, prefix: string): void {
  for (const name of TEXTS) if (setting[name]) params.append(prefix + name, setting[name]);
  for (const name of LISTS) for (const value of setting[name]) params.append(prefix + name, value);
}

/** Return a setting as parameters, always in the same order. */
export function settingParams(setting: Setting): URLSearchParams {
  const params = new URLSearchParams();
  writeSetting(params, setting, "");
  return params;
}

export function isPlain(setting: Setting): boolean {
  return settingParams(setting).size === 0;
}

export function sameSetting(one: Setting, other: Setting): boolean {
  return settingParams(one).toString() === settingParams(other).toString();
}

export function readView(path: string, search: string): View {
  const params = new URLSearchParams(search);
  const ask: Record<string, string[]> = {};
  const known = new Set<string>([...TEXTS, ...LISTS]);
  for (const name of new Set(params.keys())) {
    if (known.has(name) || (name.startsWith(OTHER) && known.has(name.slice(OTHER.length))) || name === COMPARE) continue;
    ask[name] = params.getAll(name);
  }
  let room = "";
  try {
    room = decodeURIComponent(path.split("/")[1] ?? "");
  } catch {
    room = path.split("/")[1] ?? "";
  }
  return {
    room,
    a: readSetting(params, ""),
    b: params.has(COMPARE) ? readSetting(params, OTHER) : null,
    ask,
  };
}

/** Names in an address that mean nothing, and for each the one that it may be a slip for. */
export function strayNames(view: View): { name: string; near: string | undefined }[] {
  const known: string[] = [...TEXTS, ...LISTS, ...ASKS];
  const strays = Object.keys(view.ask).filter((name) => !known.includes(name));
  return strays.map((name) => {
    const low = name.toLowerCase();
    return { name, near: known.find((other) => low && (low.startsWith(other) || other.startsWith(low)) && Math.abs(low.length - other.length) < 3) };
  });
}

/** Leave a name out of a view, or put another in its place. */
export function renameAsk(view: View, name: string, other?: string): View {
  const { [name]: values = [], ...rest } = view.ask;
  const address = writeView({ ...view, ask: rest });
  const [path, query] = address.split("?") as [string, string | undefined];
  const params = new URLSearchParams(query);
  if (other) for (const value of values) params.append(other, value);
  return readView(path, params.size ? `?${params}` : "");
}

export function writeView(view: View): string {
  const params = settingParams(view.a);
  if (view.b) {
    params.append(COMPARE, "1");
    writeSetting(params, view.b, OTHER);
  }
  for (const name of Object.keys(view.ask).sort()) for (const value of view.ask[name]!) if (value) params.append(name, value);
  const query = params.toString().replace(/%3A/g, ":").replace(/%2C/g, ",").replace(/%40/g, "@");
  return `/${encodeURIComponent(view.room)}${query ? `?${query}` : ""}`;
}

/** Switch a crossing: to the status named, or back to what case and scenario say. */
export function switchCrossing(setting: Setting, crossing: string, status: "shut" | "open" | null): Setting {
  const without = (names: string[]) => names.filter((name) => name !== crossing);
  const shut = without(setting.shut);
  const open = without(setting.open);
  if (status === "shut") shut.push(crossing);
  if (status === "open") open.push(crossing);
  return { ...setting, shut: shut.sort(), open: open.sort() };
}

/** Name or unname a project. */
export function switchProject(setting: Setting, project: string, on: boolean): Setting {
  const rest = setting.project.filter((name) => name.split("@")[0] !== project);
  return { ...setting, project: on ? [...rest, project].sort() : rest };
}

/** Set a cell, in place of an earlier change of the same cell. */
export function addChange(setting: Setting, change: string): Setting {
  const cell = /^[^=*+]*/.exec(change)![0];
  const rest = setting.change.filter((other) => /^[^=*+]*/.exec(other)![0] !== cell);
  return { ...setting, change: [...rest, change] };
}

/** Put a name in place of another one wherever a view has it: the way on from a misspelling. */
export function replaceName(view: View, given: string, better: string): View {
  const swap = (text: string) => (text === given ? better : text);
  const inSetting = (setting: Setting): Setting => ({
    ...setting,
    year: swap(setting.year),
    scenario: swap(setting.scenario),
    project: setting.project.map(swap),
    shut: setting.shut.map(swap),
    open: setting.open.map(swap),
    change: setting.change.map((change) => change.split(/(?<=^[^=]*):/).map(swap).join(":")),
  });
  const ask = Object.fromEntries(Object.entries(view.ask).map(([name, values]) => [name, values.map(swap)]));
  return { room: swap(view.room), a: inSetting(view.a), b: view.b && inSetting(view.b), ask };
}
