import { readFileSync, readdirSync, existsSync } from "node:fs";
import { join } from "node:path";
import { defineConfig, type Plugin } from "vite";
import { packLand, type Atlas } from "./land.ts";

/** Lists the licences of everything that ends up in the bundle, for `licences.txt` beside it. */
function licences(): Plugin {
  return {
    name: "licences",
    generateBundle(_options, bundle) {
      const packages = new Map<string, string>();
      const note = (id: string) => {
        const match = /^(.*\/node_modules\/((?:@[^/]+\/)?[^/]+))\//.exec(id.replace(/\\/g, "/").replace(/\0/g, ""));
        if (match) packages.set(match[2]!, match[1]!);
      };
      for (const chunk of Object.values(bundle)) {
        if (chunk.type === "chunk") for (const id of chunk.moduleIds) note(id);
        else for (const id of chunk.originalFileNames) note(join(process.cwd(), id));
      }
      // the worker is bundled apart, and the borders are fetched
      for (const name of ["maplibre-gl", "world-atlas"]) packages.set(name, join("node_modules", name));
      const parts = [...packages].sort(([a], [b]) => a.localeCompare(b)).map(([name, folder]) => {
        const about = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version: string; license?: string };
        const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
        const text = file && existsSync(join(folder, file)) ? readFileSync(join(folder, file), "utf8").trim() : "";
        return `${name} ${about.version} (${about.license ?? "see below"})\n\n${text}\n`;
      });
      const head = "Third-party parts of the app's pages, each under its own licence. Borders: Natural Earth, public domain.\n";
      this.emitFile({ type: "asset", fileName: "licences.txt", source: [head, ...parts].join(`\n${"-".repeat(80)}\n\n`) });
    },
  };
}

/** Makes the land of the map ready: `virtual:land` is the address of its file. */
function landFile(): Plugin {
  const name = "virtual:land";
  const packed = () => JSON.stringify(packLand(JSON.parse(readFileSync("node_modules/world-atlas/countries-50m.json", "utf8")) as Atlas));
  let building = false;
  return {
    name: "land-file",
    configResolved: (config) => void (building = config.command === "build"),
    resolveId: (id) => (id === name ? `\0${name}` : null),
    load(id) {
      if (id !== `\0${name}`) return null;
      if (!building) return `export default ${JSON.stringify(`data:application/json,${encodeURIComponent(packed())}`)}`;
      const file = this.emitFile({ type: "asset", name: "land.json", source: packed() });
      return `export default import.meta.ROLLUP_FILE_URL_${file}`;
    },
  };
}

/** Puts the style of the page into the page itself: the first paint waits for one answer less. */
function styleInPage(): Plugin {
  return {
    name: "style-in-page",
    enforce: "post",
    generateBundle(_options, bundle) {
      const page = bundle["index.html"];
      if (page?.type !== "asset") return;
      page.source = String(page.source).replace(/<link rel="stylesheet"[^>]*href="\/([^"]+)"[^>]*>/g, (whole, name: string) => {
        const style = bundle[name];
        return style?.type === "asset" ? `<style>${String(style.source)}</style>` : whole;
      });
    },
  };
}

export default defineConfig({
  oxc: { jsx: { runtime: "automatic" } },
  plugins: [licences(), landFile(), styleInPage()],
  build: { target: "es2022", chunkSizeWarningLimit: 1400, assetsInlineLimit: 0, manifest: "manifest.json" },
  server: { proxy: { "/api": "http://127.0.0.1:8017" } },
});
