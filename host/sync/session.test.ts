/** Seam: the protocol on a real WebSocket, frame by frame, where the official client would hide what happens. */
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it } from "vitest";
import {
  ADMIN_KEY,
  convexClient,
  fixtureHost,
  httpClient,
  mutation,
  query,
  rawSocket,
} from "../fixtures/harness.ts";

const SESSION = "3f2c8a0e-0000-4000-8000-000000000001";
const add = (requestId: number, title: string) => ({
  type: "Mutation",
  requestId,
  udfPath: "tasks:add",
  args: [{ queue: "a", title }],
});
const watching = (queryId: number, udfPath: string, args: object = {}) => ({
  type: "Add",
  queryId,
  udfPath,
  args: [args],
});
const modify = (baseVersion: number, ...modifications: object[]) => ({
  type: "ModifyQuerySet",
  baseVersion,
  newVersion: baseVersion + 1,
  modifications,
});
const tsOf = (text: string) => Buffer.from(text, "base64").readBigUInt64LE(0);

describe("a mutation", () => {
  it("that is sent again in its session runs once and has the first answer, on any socket", async () => {
    const host = await fixtureHost();
    const first = await rawSocket(host.url);
    first.connect(SESSION);
    first.send(add(7, "once"));
    const answer = await first.message("MutationResponse");
    first.socket.terminate();
    const second = await rawSocket(host.url);
    second.connect(SESSION, { connectionCount: 1, maxObservedTimestamp: answer.ts });
    second.send(add(7, "once"));
    expect(await second.message("MutationResponse")).toEqual(answer);
    const other = await rawSocket(host.url);
    other.connect(SESSION.replace(/1$/, "2"));
    other.send(add(7, "another session"));
    await other.message("MutationResponse");
    expect(await httpClient(host.url).query(query("tasks:titles"), { queue: "a" })).toEqual([
      "once",
      "another session",
    ]);
  });

  it("that failed leaves no record, so it runs again when it is sent again", async () => {
    const host = await fixtureHost();
    const socket = await rawSocket(host.url);
    socket.connect(SESSION);
    const claim = { type: "Mutation", requestId: 1, udfPath: "tasks:refuse", args: [{ reason: "x" }] };
    socket.send(claim);
    const first = await socket.message("MutationResponse");
    expect(first).toMatchObject({ success: false, errorData: { code: "refused", reason: "x" } });
    socket.send(claim);
    await socket.until(() => socket.received.filter((each) => each.type === "MutationResponse").length === 2);
  });

  it("is followed by a Transition that reaches its timestamp, also when nothing is watched", async () => {
    const host = await fixtureHost();
    const socket = await rawSocket(host.url);
    socket.connect(SESSION);
    socket.send(add(0, "x"));
    const { ts } = await socket.message("MutationResponse");
    const transition = await socket.message("Transition", (each) => tsOf(each.endVersion.ts) >= tsOf(ts));
    expect(transition.modifications).toEqual([]);
    expect(socket.received.indexOf(transition)).toBeGreaterThan(0);
  });
});

describe("versions", () => {
  it("start at zero and each Transition begins where the last one ended", async () => {
    const host = await fixtureHost();
    const socket = await rawSocket(host.url);
    socket.connect(SESSION);
    socket.send(modify(0, watching(0, "tasks:titles", { queue: "a" })));
    await socket.message("Transition", (each) => each.endVersion.querySet === 1);
    for (let i = 0; i < 20; i++) socket.send(add(i, `${i}`));
    socket.send(modify(1, { type: "Remove", queryId: 0 }));
    await socket.until(
      () => socket.received.filter((each) => each.type === "MutationResponse").length === 20,
    );
    await socket.message("Transition", (each) => each.endVersion.querySet === 2);
    const transitions = socket.received.filter((each) => each.type === "Transition");
    expect(transitions[0].startVersion).toEqual({ querySet: 0, identity: 0, ts: "AAAAAAAAAAA=" });
    for (const [i, each] of transitions.slice(1).entries())
      expect(each.startVersion).toEqual(transitions[i].endVersion);
    expect(transitions.flatMap((each) => each.modifications)).toContainEqual({
      type: "QueryRemoved",
      queryId: 0,
    });
  });

  it("that do not follow each other end the connection for good", async () => {
    const host = await fixtureHost();
    const socket = await rawSocket(host.url);
    socket.connect(SESSION);
    socket.send(modify(3));
    expect((await socket.message("FatalError")).error).toContain("BaseVersionMismatch");
    await socket.closed();
  });

  it("of a later state of the data than the host has are refused in a way that makes the client retry", async () => {
    const host = await fixtureHost();
    const socket = await rawSocket(host.url);
    const future = Buffer.alloc(8);
    future.writeBigUInt64LE(BigInt(Date.now() + 3_600_000) * 1_000_000n);
    socket.connect(SESSION, { maxObservedTimestamp: future.toString("base64") });
    expect(await socket.closed()).toEqual({ code: 1011, reason: "InternalServerError" });
  });
});

describe("a bad frame", () => {
  it.each([
    ["no JSON", "{"],
    ["an unknown message", '{"type":"Surprise"}'],
    ["a message before Connect", JSON.stringify(add(0, "x"))],
    ["a Connect without session", '{"type":"Connect","connectionCount":0}'],
    ["a mutation without path", '{"type":"Mutation","requestId":1,"args":[]}'],
  ])("(%s) ends its own connection with a FatalError and harms no other", async (_what, frame) => {
    const host = await fixtureHost();
    const good = convexClient(host.url);
    await good.mutation(mutation("tasks:add"), { queue: "a", title: "before" });
    const bad = await rawSocket(host.url);
    bad.socket.send(frame);
    expect((await bad.message("FatalError")).error).toMatch(/Received|Expected/);
    expect((await bad.closed()).code).toBe(1008);
    await good.mutation(mutation("tasks:add"), { queue: "a", title: "after" });
    expect(await good.query(query("tasks:titles"), { queue: "a" })).toEqual(["before", "after"]);
  });

  it("that breaks the WebSocket protocol itself closes only its own connection", async () => {
    const host = await fixtureHost();
    const bad = await rawSocket(host.url);
    (bad.socket as unknown as { _socket: { write(bytes: Buffer): void } })._socket.write(
      Buffer.from([0xff, 0xff, 1, 2, 3, 4, 5]),
    );
    await bad.closed();
    expect(await httpClient(host.url).query(query("tasks:titles"), { queue: "a" })).toEqual([]);
  });
});

describe("who may connect", () => {
  it.each([
    [{ origin: "https://evil.example" }, 403],
    [{ host: "evil.example" }, 403],
    [{ origin: "http://localhost:5173" }, 101],
    [{}, 101],
  ])("with headers %j gets %i", async (headers, status) => {
    const host = await fixtureHost();
    const { socket } = await rawSocket(host.url, headers);
    expect(socket.readyState === socket.OPEN ? 101 : 403).toBe(status);
  });
});

async function signer() {
  const { publicKey, privateKey } = await generateKeyPair("ES256", { extractable: true });
  const jwk = { ...(await exportJWK(publicKey)), kid: "k1", alg: "ES256", use: "sig" };
  const sign = (claims: object = {}, expires: string | number = "1h") =>
    new SignJWT({ role: "runner", properties: { id: 7 }, ...claims })
      .setProtectedHeader({ alg: "ES256", kid: "k1", typ: "JWT" })
      .setIssuer("https://issuer.test")
      .setAudience("app")
      .setSubject("machine-1")
      .setIssuedAt()
      .setExpirationTime(expires)
      .sign(privateKey);
  return {
    env: { JWKS: `data:application/json,${encodeURIComponent(JSON.stringify({ keys: [jwk] }))}` },
    sign,
  };
}

describe("a user's token", () => {
  it("gives functions the identity with its own claims", async () => {
    const { env, sign } = await signer();
    const host = await fixtureHost({ env });
    const identity = {
      tokenIdentifier: "https://issuer.test|machine-1",
      issuer: "https://issuer.test",
      subject: "machine-1",
      role: "runner",
      "properties.id": 7,
    };
    const client = convexClient(host.url);
    const token = await sign();
    client.setAuth(async () => token);
    expect(await client.query(query("runtime:whoami"), {})).toEqual(identity);
    const http = httpClient(host.url);
    http.setAuth(token);
    expect(await http.query(query("runtime:whoami"), {})).toEqual(identity);
    expect(await httpClient(host.url).query(query("runtime:whoami"), {})).toBeNull();
  });

  it.each([
    [
      "has run out",
      "Token expired",
      async (s: Awaited<ReturnType<typeof signer>>) => s.sign({}, Math.floor(Date.now() / 1000) - 60),
    ],
    ["is signed by a foreign key", "signature verification failed", async () => (await signer()).sign()],
    [
      "is for another audience",
      "No auth provider found",
      async (s: Awaited<ReturnType<typeof signer>>) =>
        (await s.sign())
          .split(".")
          .map((part, i) =>
            i === 1
              ? Buffer.from(
                  JSON.stringify({ iss: "https://issuer.test", aud: "b", sub: "s", exp: 9e9 }),
                ).toString("base64url")
              : part,
          )
          .join("."),
    ],
    ["is no token", "Could not parse token", async () => "nonsense"],
  ])("that %s is refused: AuthError on the socket, 401 over HTTP", async (_what, reason, make) => {
    const mine = await signer();
    const host = await fixtureHost({ env: mine.env });
    const value = await make(mine);
    const socket = await rawSocket(host.url);
    socket.connect(SESSION);
    socket.send({ type: "Authenticate", tokenType: "User", value, baseVersion: 0 });
    const error = await socket.message("AuthError");
    expect(error).toMatchObject({ baseVersion: 0, authUpdateAttempted: true });
    expect(error.error).toContain(reason);
    await socket.closed();
    const http = httpClient(host.url);
    http.setAuth(value);
    await expect(http.query(query("runtime:whoami"), {})).rejects.toThrow(reason);
  });

  it("that runs out while connected ends the connection, so that the client renews it", async () => {
    const { env, sign } = await signer();
    const host = await fixtureHost({ env });
    const socket = await rawSocket(host.url);
    socket.connect(SESSION);
    const value = await sign({}, Math.ceil(Date.now() / 1000) + 1);
    socket.send({ type: "Authenticate", tokenType: "User", value, baseVersion: 0 });
    await socket.message("Transition", (each) => each.endVersion.identity === 1);
    expect(await socket.message("AuthError")).toMatchObject({ authUpdateAttempted: false, baseVersion: 1 });
    await socket.closed();
  });

  it("re-runs the watched queries when it changes", async () => {
    const { env, sign } = await signer();
    const host = await fixtureHost({ env });
    const socket = await rawSocket(host.url);
    socket.connect(SESSION);
    socket.send(modify(0, watching(0, "runtime:whoami")));
    await socket.message("Transition", (each) => each.endVersion.querySet === 1);
    socket.send({ type: "Authenticate", tokenType: "User", value: await sign(), baseVersion: 0 });
    const { modifications } = await socket.message("Transition", (each) => each.endVersion.identity === 1);
    expect(modifications[0].value.subject).toBe("machine-1");
  });
});

describe("the admin key", () => {
  it("opens internal functions on a socket, and may act as a user", async () => {
    const host = await fixtureHost();
    const socket = await rawSocket(host.url);
    socket.connect(SESSION);
    const impersonating = { issuer: "i", subject: "s" };
    socket.send({
      type: "Authenticate",
      tokenType: "Admin",
      value: ADMIN_KEY,
      impersonating,
      baseVersion: 0,
    });
    socket.send(modify(0, watching(0, "marks:secret"), watching(1, "runtime:whoami")));
    const { modifications } = await socket.message("Transition", (each) => each.modifications.length === 2);
    expect(modifications.map((each: { value: unknown }) => each.value)).toEqual([
      "for admins",
      { tokenIdentifier: "i|s", ...impersonating },
    ]);
  });

  it("that is wrong is an AuthError", async () => {
    const host = await fixtureHost();
    const socket = await rawSocket(host.url);
    socket.connect(SESSION);
    socket.send({ type: "Authenticate", tokenType: "Admin", value: `${ADMIN_KEY}x`, baseVersion: 0 });
    expect((await socket.message("AuthError")).error).toContain("admin key was invalid");
  });
});
