/** Seam: HTTP in, HTTP out, in all four dialects. That real CLIs understand it is shown in test/harness. */
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { startProvider, type Provider } from "./provider.ts";

let provider: Provider;
beforeAll(async () => {
  provider = await startProvider({
    scripted: ({ prompt, turn }) => ({ do: "text", text: `${turn}:${prompt}` }),
  });
});
afterAll(() => provider.close());

const tools = ["Write", "exec_command", "write", "write_file"];
const CASES = [
  {
    dialect: "anthropic",
    path: "/v1/messages",
    body: (prompt: string, stream: boolean) => ({
      stream,
      tools: tools.map((name) => ({ name })),
      messages: [
        {
          role: "user",
          content: [
            { type: "text", text: "<system-reminder>x" },
            { type: "text", text: prompt },
          ],
        },
      ],
    }),
  },
  {
    dialect: "responses",
    path: "/v1/responses",
    body: (prompt: string, stream: boolean) => ({
      stream,
      tools: tools.map((name) => ({ type: "function", name })),
      input: [{ type: "message", role: "user", content: [{ type: "input_text", text: prompt }] }],
    }),
  },
  {
    dialect: "chat",
    path: "/v1/chat/completions",
    body: (prompt: string, stream: boolean) => ({
      stream,
      tools: tools.map((name) => ({ type: "function", function: { name } })),
      messages: [{ role: "user", content: prompt }],
    }),
  },
  {
    dialect: "gemini",
    path: "/v1beta/models/m:streamGenerateContent",
    body: (prompt: string) => ({
      tools: [{ functionDeclarations: tools.map((name) => ({ name })) }],
      contents: [{ role: "user", parts: [{ text: prompt }] }],
    }),
  },
];

describe.each(CASES)("the $dialect dialect", ({ dialect, path, body }) => {
  const ask = async (scenario: string, { stream = true, params = {}, at = path } = {}) => {
    const response = await fetch(provider.url(scenario, params, at), {
      method: "POST",
      body: JSON.stringify(body("Do it", stream)),
    });
    return { status: response.status, headers: response.headers, text: await response.text() };
  };

  it("streams an answer and records the request", async () => {
    const { status, text } = await ask("scripted");
    expect(status).toBe(200);
    expect(text).toContain("0:Do it");
    expect(text.split("\n").filter((line) => line.startsWith("data: ")).length).toBeGreaterThan(1);
    expect(provider.requests.at(-1)).toMatchObject({
      scenario: "scripted",
      conversation: { dialect, prompt: "Do it", side: false },
    });
  });

  it("answers in one piece when no stream is wanted", async () => {
    const at = path.replace("streamGenerateContent", "generateContent");
    const { text } = await ask("text", { stream: false, at });
    expect(JSON.stringify(JSON.parse(text))).toContain("Hello from the double.");
  });

  it("calls whichever tool writes a file", async () => {
    const { text } = await ask("tool", { params: { path: "a,b/c.txt" } });
    expect(text).toContain("a,b/c.txt");
    expect(tools.some((name) => text.includes(`"name":"${name}"`))).toBe(true);
  });

  it.each([
    ["rate-limit", 429],
    ["usage-limit", 429],
    ["auth", 401],
    ["overloaded", dialect === "anthropic" ? 529 : 503],
    ["no-such-scenario", 404],
  ])("refuses in the scenario %s", async (scenario, status) => {
    expect((await ask(scenario)).status).toBe(status);
  });

  it("fails as often as it is told, then answers", async () => {
    const params = { times: 2, run: dialect };
    const statuses = [];
    for (let i = 0; i < 3; i += 1) statuses.push((await ask("flaky", { params })).status);
    expect(statuses).toEqual([429, 429, 200]);
  });
});

it("lets a hanging request end when it is closed", async () => {
  const other = await startProvider();
  const body = JSON.stringify({ messages: [] });
  const hanging = fetch(other.url("hang", {}, "/v1/messages"), { method: "POST", body });
  const failed = expect(hanging).rejects.toThrow();
  while (other.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
  await other.close();
  await failed;
});
