// The licence texts of the libraries that a bundle holds: their licences ask that the texts go with the code.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

/** One text with name, version, licence and licence file of every package among the bundle's inputs. */
export function noticesOf(root, inputs) {
  const folders = [...new Set(inputs.map(packageFolder).filter((folder) => folder !== null))].sort();
  return `Drover's built files contain the following libraries.\n\n${folders
    .map((folder) => notice(join(root, folder)))
    .join("\n")}`;
}

/** `node_modules/@scope/name` of a file, nested ones included; null for files of our own. */
function packageFolder(input) {
  return /^(.*node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(input)?.[1] ?? null;
}

function notice(folder) {
  const { name, version, license } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  const file = readdirSync(folder).find((entry) => /^(licen[cs]e|copying)/i.test(entry));
  const text =
    file !== undefined && existsSync(join(folder, file))
      ? readFileSync(join(folder, file), "utf8").trim()
      : "";
  return `--- ${name} ${version} (${license ?? "no licence named"})\n\n${text}\n`;
}
