// One peer in a process of its own, under a Node new enough for it: takes works over IPC, gives figures back.
import { randomBytes } from "node:crypto";
import { createRequire } from "node:module";
import { works } from "./works.mjs";

const peers = {
  "graphile-worker": () => import("./graphile.mjs"),
  "pg-boss": () => import("./pgBoss.mjs"),
  bullmq: () => import("./bullmq.mjs"),
};

process.on("disconnect", () => process.exit(0));
process.on("message", (request) => {
  answer(request).then(
    (result) => process.send({ result }),
    (error) => process.send({ error: error.stack ?? String(error) }),
  );
});

async function answer({ peer, work, url, sizes }) {
  const { open, facts } = await peers[peer]();
  if (work === "facts") return { ...facts, version: versionOf(facts.package), node: process.version };
  const openAt = (more) => open({ url, space: `b${randomBytes(4).toString("hex")}`, width: 40, ...more });
  return await works[work](openAt, sizes);
}

function versionOf(name) {
  const require = createRequire(import.meta.url);
  const path = require.resolve(name).replace(new RegExp(`(node_modules/${name}/).*`), "$1package.json");
  return require(path).version;
}
