/**
 * Seam: the real functions on the embedded host behind a proxy that is a bad line, a real runner and real clients.
 * Observed is what the queue says of attempts, sessions and events.
 */
import { ConvexClient } from "convex/browser";
import { expect, it, onTestFinished } from "vitest";
import { api } from "../../convex/_generated/api.js";
import { startRunner } from "../../runner/daemon.ts";
import type { LogEntry } from "../../runner/options.ts";
import { openProxy, type Proxy } from "../chaos/proxy.ts";
import { sign } from "../support/keys.ts";
import { insertScripts, queueHost, settingsFor, untilJob, type QueueHost } from "../support/queueHost.ts";
import { runnerOptions } from "../support/runnerOptions.ts";

/** What `tc netem delay 200ms 100ms loss 5% rate 1mbit` does to those who use the line. */
const BAD_LINE = { delayMs: 200, jitterMs: 100, bytesPerS: 125_000, loss: 0.05, resendMs: 400 };
const LEASE_MS = 4000;
const CLIENTS = 300;

async function behindProxy() {
  const host = await queueHost({ leaseMs: LEASE_MS });
  const proxy = await openProxy(Number(new URL(host.url).port));
  onTestFinished(() => proxy.close());
  return { host, proxy };
}

async function runnerBehind(host: QueueHost, proxy: Proxy) {
  const log: LogEntry[] = [];
  const options = runnerOptions(settingsFor(host, { slots: 4 }), (entry) => void log.push(entry));
  const runner = await startRunner({ ...options, url: proxy.url });
  onTestFinished(() => runner.kill());
  return log;
}

const complete = (host: QueueHost, handle: string) =>
  untilJob(host, handle, ({ job }) => job.status === "complete");

it("a slow and lossy line costs no lease, and every line of output arrives once", async () => {
  const { host, proxy } = await behindProxy();
  proxy.slow(BAD_LINE);
  const log = await runnerBehind(host, proxy);
  // The first ones outlast their lease three times: renewals must get through.
  const long = `for i in $(seq 24); do echo "line $i"; sleep 0.5; done`;
  const short = `seq 40 | sed 's/^/line /'`;
  const handles = await insertScripts(
    host,
    Array.from({ length: 12 }, (_, i) => ({ context: i < 2 ? long : short })),
  );
  const views = await Promise.all(handles.map((handle) => complete(host, handle)));
  expect(views.map(({ attempts }) => attempts.map(({ verdict }) => verdict))).toEqual(
    handles.map(() => ["success"]),
  );
  expect(log.map((entry) => entry.event)).not.toContain("session:lost");
  for (const [i, handle] of handles.entries()) {
    const events = await host.admin.query(api.events.list, {
      namespace: host.namespace,
      job: handle,
      limit: 100,
    });
    const texts = events.filter(({ kind }) => kind === "text").map(({ text }) => text);
    expect(texts).toEqual(Array.from({ length: i < 2 ? 24 : 40 }, (_, n) => `line ${n + 1}`));
  }
});

it("a crowd that comes back all at once costs the runner beside it no lease", async () => {
  const { host, proxy } = await behindProxy();
  const log = await runnerBehind(host, proxy);
  const told = new Map<ConvexClient, number>();
  for (let i = 0; i < CLIENTS; i += 1) {
    const client = new ConvexClient(proxy.url, {
      ...{ skipConvexDeploymentUrlCheck: true, expectAuth: true, logger: false },
    });
    client.setAuth(() => sign(host.keys.privateJwk, { role: "viewer", namespaces: host.namespace }));
    client.onUpdate(api.scheduler.queueStatus, { namespace: host.namespace }, ({ jobs }) =>
      told.set(client, jobs.complete ?? 0),
    );
    onTestFinished(() => client.close());
  }
  const [long = "", ...rest] = await insertScripts(host, [
    { context: `sleep ${(3 * LEASE_MS) / 1000}` },
    { context: "true" },
  ]);
  await Promise.all(rest.map((handle) => complete(host, handle)));
  await until(() => [...told.values()].filter((count) => count === 1).length === CLIENTS);
  proxy.drop();
  const view = await complete(host, long);
  expect(view.attempts.map(({ verdict }) => verdict)).toEqual(["success"]);
  expect(log.map((entry) => entry.event)).not.toContain("session:lost");
  await until(() => [...told.values()].filter((count) => count === 2).length === CLIENTS);
});

async function until(fact: () => boolean): Promise<void> {
  while (!fact()) await new Promise((resolve) => setTimeout(resolve, 20));
}
