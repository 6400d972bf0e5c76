/** Figures as people say them: three significant figures, a real minus sign, the unit once; as src/karvan/charts/words.py does. */

import { en } from "../i18n";

export const MINUS = "\u2212";
export const EN_DASH = "\u2013";
const HOURS_PER_DAY = 24;
/** Below two days people count in hours. */
const HOURS_LIMIT = 48;

/** Round to significant figures, a half to the even neighbour of what the shortest decimal form says. */
function rounded(value: number, digits: number): number {
  const text = value.toExponential();
  const [mantissa, exponent] = text.split("e") as [string, string];
  const figures = mantissa.replace(/[-.]/g, "");
  if (figures.length <= digits) return value;
  const kept = Number(figures.slice(0, digits));
  const rest = figures.slice(digits);
  const half = /^50*$/.test(rest);
  const up = half ? kept % 2 === 1 : Number(rest[0]) >= 5;
  const whole = kept + (up ? 1 : 0);
  return Math.sign(value) * Number(`${whole}e${Number(exponent) - digits + 1}`);
}

/** Formats by their least and most decimals: making one takes longer than a hundred uses of it. */
const formats = new Map<string, Intl.NumberFormat>();

function formatOf(least: number, most: number): Intl.NumberFormat {
  const key = `${least} ${most}`;
  let found = formats.get(key);
  if (!found) formats.set(key, (found = new Intl.NumberFormat(en.locale, { minimumFractionDigits: least, maximumFractionDigits: most })));
  return found;
}

const plurals = new Intl.PluralRules(en.locale);

function grouped(value: number, decimals: number): string {
  return formatOf(decimals, Math.max(decimals, 12)).format(value);
}

/** `1,230`, `0.25`, `−4`. */
export function number(value: number | null | undefined, { digits = 3, decimals = 0 } = {}): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return en.notKnown;
  const near = rounded(value, digits);
  if (near === 0) return "0";
  const least = Math.abs(near) < 10 ** (digits - 1) ? decimals : 0;
  return (near < 0 ? MINUS : "") + grouped(Math.abs(near), least);
}

function fixed(value: number, decimals: number): string {
  const text = formatOf(decimals, decimals).format(Math.abs(value));
  return (value < 0 && /[1-9]/.test(text) ? MINUS : "") + text;
}

export function count(amount: number): string {
  return fixed(Math.round(amount), 0);
}

function unit(text: string, name: string): string {
  return text === en.notKnown ? text : `${text} ${name}`;
}

function wholeHours(value: number): number {
  return Math.abs(value) >= 10 ? Math.round(value) : Math.round(value * 10) / 10;
}

const dayFigure = (hours: number) => fixed(hours / HOURS_PER_DAY, Math.abs(hours / HOURS_PER_DAY) >= 100 ? 0 : 1);

/** `31 h` below two days, else `9.4 days`. */
export function days(hours: number | null | undefined): string {
  if (hours === null || hours === undefined || !Number.isFinite(hours)) return en.notKnown;
  return Math.abs(hours) < HOURS_LIMIT ? unit(number(wholeHours(hours)), en.units.h) : `${dayFigure(hours)} ${en.units.days}`;
}

export function between(low: string, high: string): string {
  if (low === high) return low;
  return (low + high).includes(MINUS) ? `${low} ${en.to} ${high}` : `${low}${EN_DASH}${high}`;
}

/** The range of hours in the unit of the mean: `7.8–12.1`. */
export function daysRange(mean: number, p10: number, p90: number): string {
  const say = Math.abs(mean) < HOURS_LIMIT ? (value: number) => number(wholeHours(value)) : dayFigure;
  return between(say(p10), say(p90));
}

/** `9.4 days (7.8–12.1)`. */
export function spread(mean: number, p10: number, p90: number): string {
  return `${days(mean)} (${daysRange(mean, p10, p90)})`;
}

/** `USD 3,900`, `USD 390 m`, `USD 2.0 bn`. */
export function usd(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return en.notKnown;
  const size = Math.abs(rounded(value, 3));
  if (size >= 1e9) return `${en.units.usd} ${number(value / 1e9, { decimals: 1 })} ${en.units.bn}`;
  if (size >= 1e6) return `${en.units.usd} ${number(value / 1e6)} ${en.units.m}`;
  return `${en.units.usd} ${number(value)}`;
}

/** Millions of dollars, as `usd` says them. */
export const musd = (value: number | null | undefined): string => usd(value === null || value === undefined ? value : value * 1e6);

/** Millions of dollars with their range: `USD 42 m (30\u201355)`. */
export function musdRange(value: number, low: number, high: number): string {
  if (low === value && high === value) return musd(value);
  const [first, last] = [musd(low), musd(high)];
  const same = [` ${en.units.bn}`, ` ${en.units.m}`].find((name) => first.endsWith(name) && last.endsWith(name) && musd(value).endsWith(name));
  const bare = (text: string) => text.replace(`${en.units.usd} `, "").slice(0, same ? -same.length : undefined);
  return `${musd(value)} (${between(bare(first), bare(last))})`;
}

/** A difference with its sign: `+1.2`, `\u22120.4`, `0`. */
export function signed(value: number, say: (size: number) => string = (size) => number(size)): string {
  const text = say(Math.abs(value));
  if (value === 0 || text === say(0)) return say(0);
  const sign = value < 0 ? MINUS : "+";
  const money = `${en.units.usd} `;
  return text.startsWith(money) ? `${money}${sign}${text.slice(money.length)}` : `${sign}${text}`;
}

/** Tonnes as people say them: `3.2 Mt`, `12,300 t`. */
export function tonnes(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return en.notKnown;
  if (Math.abs(value) >= 1e5) return `${number(value / 1e6)} ${en.units.mt}`;
  return `${number(Math.round(value))} ${en.units.t}`;
}

export function km(value: number): string {
  return unit(number(value), en.units.km);
}

/** A share of one in per cent; what is not quite all or not quite nothing says so. */
export function percent(share: number | null): string {
  if (share === null || !Number.isFinite(share)) return en.notKnown;
  const value = share * 100;
  if (value !== 0 && Math.abs(value) < 0.1) return value > 0 ? en.under : en.above;
  if (value >= 99.5 && value < 100) return en.over;
  return `${Math.abs(value) < 10 ? number(value, { digits: 2 }) : fixed(value, 0)} %`;
}

/** `a`, `a and b`, `a, b and c`. */
export function listed(names: string[]): string {
  if (names.length < 2) return names.join("");
  return `${names.slice(0, -1).join(", ")} ${en.and} ${names.at(-1)}`;
}

/** A date as precise as it is: `1 March 2026`, `March 2026`, `2026`. */
export function when(text: string): string {
  const [year, month, day] = text.split("-");
  if (!text || !year) return en.notKnown;
  if (!month) return year;
  const name = new Date(Date.UTC(2000, Number(month) - 1, 1)).toLocaleString(en.locale, { month: "long", timeZone: "UTC" });
  return day ? `${Number(day)} ${name} ${year}` : `${name} ${year}`;
}

/** Put values into a text: `{name}` stands for `values.name`. */
export function fill(text: string, values: Record<string, string | number>): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

/** A text for one and a text for more. */
export function plural(amount: number, forms: { one: string; other: string }, values: Record<string, string | number> = {}): string {
  const form = plurals.select(amount) === "one" ? forms.one : forms.other;
  return fill(form, { n: count(amount), ...values });
}
