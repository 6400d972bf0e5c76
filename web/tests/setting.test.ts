import { describe, expect, it } from "vitest";
import { addChange, PLAIN, readView, renameAsk, replaceName, strayNames, switchCrossing, switchProject, writeView, type View } from "../src/state/setting";

const view = (address: string): View => {
  const [path, search] = address.split("?") as [string, string | undefined];
  return readView(path, search ? `?${search}` : "");
};

describe("an address", () => {
  it("holds the whole view and gives it back", () => {
    const shown: View = {
      room: "routes",
      a: { year: "2035", scenario: "open", project: ["P01@2030"], change: ["link:a-b.rail:speed_kmh*=1.2", "link:c:note=a, b & c"], shut: ["taftan"], open: ["torkham"] },
      b: { ...PLAIN, scenario: "iran_shut" },
      ask: { origin: ["karachi_port"], mode: ["rail", "road"] },
    };
    expect(view(writeView(shown))).toEqual(shown);
  });

  it("is short for the case's own setting", () => {
    expect(writeView({ room: "network", a: PLAIN, b: null, ask: {} })).toBe("/network");
  });

  it("keeps what it does not understand, so that the server can say what is wrong", () => {
    expect(view("/network?year=soon&scenario=peace").a).toEqual({ ...PLAIN, year: "soon", scenario: "peace" });
    expect(view("/%E0%A4%A").room).toBe("%E0%A4%A");
  });

  it("has names that mean nothing told, and mended or left out", () => {
    const shown = view("/flows?projects=P05&scenario=open&b.shut=taftan&b.year2=1&weather=fine&map=flat");
    expect(strayNames(shown)).toEqual([
      { name: "projects", near: "project" },
      { name: "b.year2", near: undefined },
      { name: "weather", near: undefined },
    ]);
    const mended = renameAsk(shown, "projects", "project");
    expect(mended.a).toEqual({ ...PLAIN, scenario: "open", project: ["P05"] });
    expect(strayNames(renameAsk(renameAsk(mended, "weather"), "b.year2"))).toEqual([]);
    expect(renameAsk(mended, "weather").ask["map"]).toEqual(["flat"]);
  });

  it("compares with an empty setting too", () => {
    const shown = view("/network?shut=taftan&compare=1");
    expect(shown.b).toEqual(PLAIN);
    expect(writeView(shown)).toBe("/network?shut=taftan&compare=1");
  });

  it("is the same whatever the order of its parts", () => {
    expect(writeView(view("/network?scenario=open&year=2030"))).toBe(writeView(view("/network?year=2030&scenario=open")));
  });
});

describe("a switch", () => {
  it("shuts, opens and goes back", () => {
    const shut = switchCrossing(PLAIN, "taftan", "shut");
    expect(shut.shut).toEqual(["taftan"]);
    const open = switchCrossing(shut, "taftan", "open");
    expect([open.shut, open.open]).toEqual([[], ["taftan"]]);
    expect(switchCrossing(open, "taftan", null)).toEqual(PLAIN);
  });

  it("takes a project with whatever year it was named", () => {
    const named = { ...PLAIN, project: ["P01@2030", "P02"] };
    expect(switchProject(named, "P01", false).project).toEqual(["P02"]);
    expect(switchProject(named, "P01", true).project).toEqual(["P01", "P02"]);
  });

  it("sets a cell once", () => {
    const once = addChange(addChange(PLAIN, "link:a:speed_kmh=5"), "link:a:speed_kmh*=2");
    expect(once.change).toEqual(["link:a:speed_kmh*=2"]);
    expect(addChange(once, "link:b:speed_kmh=5").change).toHaveLength(2);
  });
});

describe("a misspelt name", () => {
  it("is mended wherever it stands", () => {
    const shown = view("/routes?shut=torkhm&b.project=P1x&compare=1&origin=torkhm&change=border:torkhm:status=shut");
    const mended = replaceName(shown, "torkhm", "torkham");
    expect([mended.a.shut, mended.ask.origin, mended.a.change]).toEqual([["torkham"], ["torkham"], ["border:torkham:status=shut"]]);
  });
});
