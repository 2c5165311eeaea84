// Bundle the console into service/console/built: two files named by their content, and the page that names them.
import { build } from "esbuild";
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, join } from "node:path";

const out = process.argv[2] ?? "../service/console/built";
const fresh = out + ".new";
rmSync(fresh, { recursive: true, force: true });
mkdirSync(fresh, { recursive: true });
const { metafile } = await build({
  entryPoints: ["src/main.tsx"],
  outdir: fresh,
  entryNames: "[name]-[hash]",
  bundle: true,
  minify: true,
  format: "esm",
  target: ["es2022"],
  jsx: "automatic",
  jsxImportSource: "preact",
  // Their authors' notices stay in the files.
  legalComments: "inline",
  metafile: true,
});
const names = Object.keys(metafile.outputs).map((path) => basename(path));
const page = readFileSync("index.html", "utf8")
  .replace("main.js", names.find((name) => name.endsWith(".js")))
  .replace("main.css", names.find((name) => name.endsWith(".css")));
writeFileSync(join(fresh, "index.html"), page);
copyFileSync("icon.svg", join(fresh, "icon.svg"));
writeFileSync(join(fresh, "licences.txt"), licences(["preact", "uplot", "@picocss/pico"]));
// Whole or not at all: a build that fails leaves the one before.
rmSync(out, { recursive: true, force: true });
renameSync(fresh, out);

function licences(packages) {
  return packages
    .map((name) => {
      const about = JSON.parse(readFileSync(`node_modules/${name}/package.json`, "utf8"));
      const file = ["LICENSE", "LICENSE.md"].map((each) => `node_modules/${name}/${each}`);
      const text = file.map((path) => tryRead(path)).find((found) => found) ?? about.license;
      return `${name} ${about.version}\n\n${text.trim()}\n`;
    })
    .join("\n----\n\n");
}

function tryRead(path) {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}
