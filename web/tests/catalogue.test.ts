import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { en } from "../src/i18n";

function files(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? files(join(folder, entry.name)) : [join(folder, entry.name)]));
}

const parts = files("src").filter((name) => name.endsWith(".tsx"));

it("no part of a page says anything that is not in the catalogue", () => {
  const said = parts.flatMap((name) => {
    const text = readFileSync(name, "utf8");
    const inElements = [...text.matchAll(/(?<!=)>([^<>{}=;()]*[A-Za-z]{2,}[^<>{}=;()]*)<\//g)].map((match) => match[1]!.trim());
    const inAttributes = [...text.matchAll(/\s(?:aria-label|title|placeholder|alt|label)="([^"]*[A-Za-z]{2,}[^"]*)"/g)].map((match) => match[1]!);
    return [...inElements, ...inAttributes].map((found) => `${name}: ${found}`);
  });
  expect(said).toEqual([]);
});

it("every text has something to say, and its gaps have names", () => {
  const texts = (value: unknown): string[] => (typeof value === "string" ? [value] : Object.values(value as object).flatMap(texts));
  for (const text of texts(en)) {
    expect(text).not.toBe("");
    expect(text.replace(/\{[a-z]+\}/gi, "")).not.toMatch(/[{}]/);
    expect(text).not.toContain("!");
  }
});

it("the page is laid out by its reading direction", () => {
  const style = readFileSync("src/style.css", "utf8");
  expect(["ltr", "rtl"]).toContain(en.dir);
  expect(style).not.toMatch(/(?:^|[\s;{])(?:margin|padding|border)-(?:left|right)\s*:/);
  expect(style).not.toMatch(/text-align:\s*(?:left|right)/);
});
