/** Seam: the URL or the configuration of a repo in, host, owner and name of its origin out. */
import { afterEach, describe, expect, it } from "vitest";
import { cleanTempFolders, gitRepo, tempFolder, writeFiles } from "../../test/portfolio/tempRepos.ts";
import { originOf, parseRemote } from "./remote.ts";

afterEach(cleanTempFolders);

describe("a remote", () => {
  it.each([
    ["git@github.com:acme/shop.git", "github.com", "acme", "shop"],
    ["https://user:pw@gitlab.example.test:8443/g/sub/shop.git/", "gitlab.example.test", "g/sub", "shop"],
    ["ssh://git@host.test:22/acme/shop", "host.test", "acme", "shop"],
    ["host.test:acme/shop", "host.test", "acme", "shop"],
  ])("%s has an owner", (...[url, host, owner, name]) => {
    expect(parseRemote(url)).toEqual({ host, owner, name });
  });

  it.each([
    "/srv/git/shop.git",
    "file:///srv/shop",
    "../shop",
    "https://host.test/shop",
    "ext::sh -c evil/x",
    "git@h.test:a$(x)/b",
    "git@h.test:../b",
    "",
  ])("%s has none", (url) => {
    expect(parseRemote(url)).toBeUndefined();
  });

  it("is read from the file, comments and other remotes aside", () => {
    const dir = gitRepo(tempFolder(), "a", {});
    writeFiles(dir, {
      ".git/config":
        '[remote "fork"]\n\turl = git@h.test:fork/a\n# [remote "origin"]\n[remote "origin"]\n\tfetch = x\n\turl = "git@h.test:team/a.git" ; note\n',
    });
    expect(originOf(dir)?.owner).toBe("team");
  });
});
