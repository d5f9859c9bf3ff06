/** Seam: a path and a text in, the file system after it, or an error that names the path. */
import { execFileSync } from "node:child_process";
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, it } from "vitest";
import { cleanTempFolders, tempFolder } from "../../test/portfolio/tempRepos.ts";
import { atomicWrite } from "./atomicWrite.ts";

afterEach(cleanTempFolders);

describe("a written file", () => {
  it("makes its folders, keeps the rights of the old one, and leaves no draft", () => {
    const path = join(tempFolder(), "a/b/c.json");
    atomicWrite(path, "one");
    writeFileSync(path, "one", { mode: 0o600 });
    execFileSync("chmod", ["600", path]);
    atomicWrite(path, "two");
    expect(readFileSync(path, "utf8")).toBe("two");
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(path, ".."))).toEqual(["c.json"]);
  });

  it("goes through a link and into a device, and replaces neither", () => {
    const folder = tempFolder();
    writeFileSync(join(folder, "real"), "old");
    symlinkSync("real", join(folder, "link"));
    symlinkSync("/dev/null", join(folder, "void"));
    atomicWrite(join(folder, "link"), "new");
    atomicWrite(join(folder, "void"), "gone");
    expect(readFileSync(join(folder, "real"), "utf8")).toBe("new");
    for (const name of ["link", "void"]) expect(lstatSync(join(folder, name)).isSymbolicLink()).toBe(true);
    expect(statSync("/dev/null").isCharacterDevice()).toBe(true);
  });

  it("says what is wrong with a path that cannot be written", () => {
    const folder = tempFolder();
    mkdirSync(join(folder, "dir"));
    writeFileSync(join(folder, "file"), "x");
    expect(() => atomicWrite(join(folder, "dir"), "x")).toThrow(/dir: it is a folder, expected a file name/);
    expect(() => atomicWrite(join(folder, "file/x"), "x")).toThrow(/a part of the path is a file/);
    expect(() => atomicWrite(join(folder, "a".repeat(300)), "x")).toThrow(/cannot write .*ENAMETOOLONG/);
  });
});
