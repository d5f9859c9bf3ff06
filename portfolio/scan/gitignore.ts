import picomatch from "picomatch";

/**
 * Whether a `.gitignore` text ignores a file at the root of the repo: last matching line wins, `!` takes back,
 * a pattern that ends in "/" is for folders only (gitignore(5)). A mere mention of the name, as in
 * `.env.example` or a comment, ignores nothing.
 */
export function isIgnored(gitignore: string, rootFile: string): boolean {
  let ignored = false;
  for (const raw of gitignore.split(/\r?\n/)) {
    const line = raw.replace(/(?<!\\)\s+$/, "");
    if (line === "" || line.startsWith("#")) continue;
    const negated = line.startsWith("!");
    const pattern = (negated ? line.slice(1) : line).replace(/^\//, "").replace(/^(?:\*\*\/)+/, "");
    if (pattern === "" || pattern.includes("/")) continue;
    if (matches(pattern, rootFile)) ignored = !negated;
  }
  return ignored;
}

function matches(pattern: string, name: string): boolean {
  try {
    return picomatch.isMatch(name, pattern, { dot: true, nobrace: true, noextglob: true });
  } catch {
    return pattern === name;
  }
}
