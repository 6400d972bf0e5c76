import { describe, expect, it } from "vitest";
import samples from "../src/format/samples.json";
import { between, days, listed, number, percent, spread, usd, when } from "../src/format/words";

/** What src/karvan/charts/words.py says; written by tools/word_samples.py. */
describe("figures are said as the command line says them", () => {
  it.each(samples.number as [number, string][])("number %d", (value, text) => expect(number(value)).toBe(text));
  it.each(samples.days as [number, string][])("days %d", (value, text) => expect(days(value)).toBe(text));
  it.each(samples.usd as [number, string][])("usd %d", (value, text) => expect(usd(value)).toBe(text));
  it.each(samples.percent as [number, string][])("percent %d", (value, text) => expect(percent(value)).toBe(text));
  it.each(samples.spread as [number, number, number, string][])("spread %d %d %d", (mean, low, high, text) => expect(spread(mean, low, high)).toBe(text));
  it.each(samples.when as [string, string][])("when %s", (value, text) => expect(when(value)).toBe(text));
  it.each(samples.listed as [string[], string][])("listed %s", (names, text) => expect(listed(names)).toBe(text));
});

it("what is not known says so", () => {
  expect([number(null), number(NaN), days(undefined), usd(Infinity)]).toEqual(Array(4).fill("not known"));
});

it("a range of one figure is that figure", () => expect(between("3", "3")).toBe("3"));
