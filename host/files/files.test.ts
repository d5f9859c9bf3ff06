/** Seam: functions, upload URLs and file URLs of a running host, with the bytes in its data file. */
import { createHash } from "node:crypto";
import { expect, it } from "vitest";
import {
  action,
  convexClient,
  fixtureHost,
  httpClient,
  mutation,
  query,
  watch,
} from "../fixtures/harness.ts";

async function upload(
  url: string,
  body: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
) {
  const target = (await httpClient(url).mutation(mutation("files:uploadUrl"), {})) as string;
  return await fetch(target, { method: "POST", body, headers });
}

it("stores an uploaded file and serves it under the URL that getUrl gives", async () => {
  const { url } = await fixtureHost();
  const bytes = new Uint8Array(3 * 1024 * 1024 + 17).map((_, i) => i % 251);
  const response = await upload(url, bytes, { "content-type": "image/png" });
  expect(response.status).toBe(200);
  const { storageId } = (await response.json()) as { storageId: string };
  const sha256 = createHash("sha256").update(bytes).digest("hex");
  expect(await httpClient(url).query(query("files:row"), { id: storageId })).toMatchObject({
    _id: storageId,
    sha256,
    size: bytes.length,
    contentType: "image/png",
  });
  const fetched = await fetch((await httpClient(url).query(query("files:url"), { id: storageId })) as string);
  expect(fetched.headers.get("content-type")).toBe("image/png");
  expect(Buffer.from(await fetched.arrayBuffer()).equals(bytes)).toBe(true);
});

it("sends parts of a file, its head alone, and nothing to who has it already", async () => {
  const { url } = await fixtureHost();
  const bytes = new Uint8Array(2 * 1024 * 1024 + 5).map((_, i) => i % 241);
  const { storageId } = (await (await upload(url, bytes)).json()) as { storageId: string };
  const target = (await httpClient(url).query(query("files:url"), { id: storageId })) as string;
  // Across the border of two stored parts.
  const range = `bytes=${1024 * 1024 - 3}-${1024 * 1024 + 3}`;
  const part = await fetch(target, { headers: { range } });
  const size = bytes.length;
  expect([part.status, part.headers.get("content-range"), part.headers.get("content-length")]).toEqual([
    206,
    `bytes 1048573-1048579/${size}`,
    "7",
  ]);
  expect(new Uint8Array(await part.arrayBuffer())).toEqual(bytes.slice(1048573, 1048580));
  const etag = part.headers.get("etag")!;
  const beyond = await fetch(target, { headers: { range: `bytes=${size}-` } });
  expect([beyond.status, beyond.headers.get("content-range")]).toEqual([416, `bytes */${size}`]);
  const other = await fetch(target, { headers: { range, "if-range": '"another"' } });
  expect([other.status, (await other.arrayBuffer()).byteLength]).toEqual([200, size]);
  expect((await fetch(target, { headers: { "if-none-match": etag } })).status).toBe(304);
  const head = await fetch(target, { method: "HEAD" });
  expect([head.status, head.headers.get("content-length"), await head.text()]).toEqual([
    200,
    String(size),
    "",
  ]);
});

it("takes an upload that comes in chunks, and an empty one", async () => {
  const { url } = await fixtureHost();
  const target = (await httpClient(url).mutation(mutation("files:uploadUrl"), {})) as string;
  for (const text of ["in chunks", ""]) {
    const init = { method: "POST", body: new Blob([text]).stream(), duplex: "half" } as RequestInit;
    const { storageId } = (await (await fetch(target, init)).json()) as { storageId: string };
    const file = (await httpClient(url).query(query("files:url"), { id: storageId })) as string;
    expect(await (await fetch(file)).text()).toBe(text);
  }
});

it("refuses an upload whose digest is another, and one without a good token", async () => {
  const { url } = await fixtureHost();
  const wrong = await upload(url, "hello", { digest: `sha-256=${Buffer.alloc(32).toString("base64")}` });
  expect(wrong.status).toBe(400);
  const target = (await httpClient(url).mutation(mutation("files:uploadUrl"), {})) as string;
  expect((await fetch(`${target}x`, { method: "POST", body: "hello" })).status).toBe(401);
});

it("lets actions read and store blobs", async () => {
  const { url } = await fixtureHost();
  const response = await upload(url, "small letters", { "content-type": "text/plain" });
  const { storageId } = (await response.json()) as { storageId: string };
  const made = await httpClient(url).action(action("files:copyUpper"), { id: storageId });
  expect(made).toMatchObject({ isBlob: true, type: "text/plain" });
  const copy = (await httpClient(url).query(query("files:url"), { id: made.copy })) as string;
  expect(await (await fetch(copy)).text()).toBe("SMALL LETTERS");
});

it("deletes a file with the mutation that deletes it, and keeps it when that one fails", async () => {
  const { url } = await fixtureHost();
  const { storageId: id } = (await (await upload(url, "kept")).json()) as { storageId: string };
  const file = (await httpClient(url).query(query("files:url"), { id })) as string;
  await expect(httpClient(url).mutation(mutation("files:removeThenFail"), { id })).rejects.toThrow();
  expect(await (await fetch(file)).text()).toBe("kept");
  const client = convexClient(url);
  const seen = watch(client, "files:url", { id });
  await seen.until((value) => value === file);
  await client.mutation(mutation("files:remove"), { id });
  await seen.until((value) => value === null);
  expect((await fetch(file)).status).toBe(404);
});

it("keeps files and other documents of the system from being read or changed as the app's own", async () => {
  const { url } = await fixtureHost({ env: { SECRET: "s" } });
  const { storageId: id } = (await (await upload(url, "kept")).json()) as { storageId: string };
  const readOnly = "System tables (prefixed with `_`) are read-only.";
  expect(await httpClient(url).mutation(mutation("files:trespass"), { id })).toEqual({
    get: "System tables can only be accessed from db.system.get().",
    patch: readOnly,
    replace: readOnly,
    delete: readOnly,
    systemGet: "User tables can only be accessed from db.get().",
    environment: expect.stringContaining("Unknown system table") as string,
    unknown: expect.stringContaining("Unknown system table") as string,
    kept: 4,
  });
});
