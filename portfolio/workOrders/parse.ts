/**
 * The grammar of `docs/work-orders.md`. A work order begins at a heading `## WO-7: Title` (or `###`) and ends at the
 * next one, at any other H2, or at a line that is exactly `---`. Fenced code is passed over everywhere.
 * Pure; takes LF and CRLF; never throws; a text without such headings gives no order.
 */
export const WORK_ORDERS_FILE = "docs/work-orders.md";

export type WorkOrderStatus = "planned" | "in_progress" | "done";

export type WorkOrder = {
  /** As written, `WO-7`. */
  id: string;
  title: string;
  line: number;
  status: WorkOrderStatus;
  /** What says that it is done or under way, for reports. */
  statusSource: "heading" | "status line" | "default";
  priority: 1 | 2 | 3;
  summary: string;
  acceptance: string[];
  /** Ids as written, in order, without itself. */
  dependsOn: string[];
  runner?: string;
};

/** `nearMisses`: headings that look like a work order and are none, with the reason. */
export type WorkOrders = { orders: WorkOrder[]; nearMisses: { line: number; reason: string }[] };

/** The orders that are work: not done, and of several with one id only the first. */
export function openOrders(orders: readonly WorkOrder[]): WorkOrder[] {
  const open = new Map<string, WorkOrder>();
  for (const order of orders) if (order.status !== "done" && !open.has(order.id)) open.set(order.id, order);
  return [...open.values()];
}

type Line = { text: string; number: number };
type Section = { id: string; heading: string; line: number; body: Line[] };

const HEADING = /^#{2,3}[ \t]+WO-([A-Za-z0-9.-]+):[ \t]*(.*)$/;
const NEAR_MISS = /^#{1,6}[ \t]+WO\b/i;
const OTHER_H2 = /^##(?:[ \t]|$)/;
const DONE_MARK = /(?:✅|\[done\]|\(done\)|[-–—:][ \t]*done)[ \t]*$/i;
const STATUS = /^\*\*Status:\*\*.*?`\[(.)\]`/;
const PRIORITY = /^\*\*Priority:\*\*[ \t]*(high|medium|low)/i;
const PRIORITIES = { high: 1, medium: 2, low: 3 } as const;
const RUNNER = /\brunner:[ \t]*`?([A-Za-z][\w.-]*)/i;
// The look-ahead is bounded: over a long line of letters an open one would cost the square of its length.
const WO_ID = /WO-(?=[A-Za-z0-9.-]{0,60}\d)[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*/g;
const DEPENDS_FIELD = /^\*\*Depends on:\*\*(.*)$/i;
const DEPENDS_PROSE =
  /\b(?:depends on|requires|builds on|after)\s+((?:`?WO-(?=[A-Za-z0-9.-]{0,60}\d)[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*`?(?:\s*(?:,|&|and)\s*)*)+)/i;

/** Takes the text of a work-order file apart. */
export function parseWorkOrders(text: string): WorkOrders {
  const lines = withoutFences(text);
  const nearMisses = lines
    .filter(({ text: line }) => NEAR_MISS.test(line) && !HEADING.test(line))
    .map(({ text: line, number }) => ({ line: number, reason: whyNoHeading(line) }));
  return { orders: sections(lines).map(toOrder), nearMisses };
}

function withoutFences(text: string): Line[] {
  const kept: Line[] = [];
  let fence: string | undefined;
  text.split(/\r\n|\n|\r/).forEach((line, index) => {
    const mark = /^ {0,3}(`{3,}|~{3,})(.*)$/.exec(line);
    if (fence !== undefined) {
      // A fence ends at a line of the same sign, at least as long, with nothing after it.
      if (mark?.[1]?.startsWith(fence) && mark[2]?.trim() === "") fence = undefined;
    } else if (mark?.[1]) fence = mark[1];
    else kept.push({ text: line.trimEnd(), number: index + 1 });
  });
  return kept;
}

function sections(lines: Line[]): Section[] {
  const found: Section[] = [];
  let open: Section | undefined;
  for (const line of lines) {
    const heading = HEADING.exec(line.text);
    if (heading) {
      open = { id: `WO-${heading[1] ?? ""}`, heading: heading[2] ?? "", line: line.number, body: [] };
      found.push(open);
    } else if (OTHER_H2.test(line.text) || line.text === "---") open = undefined;
    else open?.body.push(line);
  }
  return found;
}

function toOrder({ id, heading, line, body }: Section): WorkOrder {
  const texts = body.map((one) => one.text);
  const runner = RUNNER.exec(texts.join("\n"))?.[1]?.toLowerCase();
  const word = firstMatch(texts, PRIORITY)?.[1]?.toLowerCase() as keyof typeof PRIORITIES | undefined;
  return {
    id,
    title: heading.replace(DONE_MARK, "").trim(),
    line,
    ...statusOf(heading, texts),
    priority: word === undefined ? 2 : PRIORITIES[word],
    summary: summaryOf(texts),
    acceptance: acceptanceOf(texts),
    dependsOn: dependenciesOf(texts).filter((other) => other !== id),
    ...(runner === undefined ? {} : { runner }),
  };
}

function statusOf(heading: string, texts: string[]): Pick<WorkOrder, "status" | "statusSource"> {
  if (DONE_MARK.test(heading)) return { status: "done", statusSource: "heading" };
  const mark = firstMatch(texts, STATUS)?.[1]?.toLowerCase();
  if (mark === "x") return { status: "done", statusSource: "status line" };
  if (mark === "~") return { status: "in_progress", statusSource: "status line" };
  return { status: "planned", statusSource: mark === undefined ? "default" : "status line" };
}

/** `**Goal:**` on one line beats the first paragraph below `### Summary`. */
function summaryOf(texts: string[]): string {
  const goal = firstMatch(texts, /^\*\*Goal:\*\*[ \t]*(.*)$/)?.[1]?.trim();
  if (goal) return goal;
  const start = texts.findIndex((text) => /^###[ \t]+Summary\b/i.test(text));
  if (start === -1) return "";
  const rest = texts.slice(start + 1);
  const begin = rest.findIndex((text) => text.trim() !== "");
  const paragraph: string[] = [];
  for (const text of begin === -1 ? [] : rest.slice(begin)) {
    if (text.trim() === "" || text.startsWith("#")) break;
    paragraph.push(text.trim());
  }
  return paragraph.join(" ");
}

function acceptanceOf(texts: string[]): string[] {
  const start = texts.findIndex((text) => /^###[ \t]+Acceptance/i.test(text));
  if (start === -1) return [];
  const rest = texts.slice(start + 1);
  const end = rest.findIndex((text) => /^#{2,3}(?!#)/.test(text));
  return rest
    .slice(0, end === -1 ? undefined : end)
    .flatMap((text) => /^[ \t]*- (?:\[[ xX~]\][ \t]*)?(.*)$/.exec(text)?.[1]?.trim() ?? [])
    .filter(Boolean);
}

/** The field with its list, else the first prose hit with the ids that it enumerates. */
function dependenciesOf(texts: string[]): string[] {
  const field = firstMatch(texts, DEPENDS_FIELD)?.[1];
  const named = field ?? DEPENDS_PROSE.exec(texts.join("\n"))?.[1] ?? "";
  return [...new Set(named.match(WO_ID) ?? [])];
}

function firstMatch(texts: string[], pattern: RegExp): RegExpExecArray | undefined {
  for (const text of texts) {
    const match = pattern.exec(text);
    if (match) return match;
  }
  return undefined;
}

function whyNoHeading(line: string): string {
  if (!/^#{2,3}[ \t]/.test(line)) return "a work order's heading is ## or ###";
  if (!/WO-/.test(line)) return "expected WO- (capitals) and an id";
  return "expected a colon right after the id, as in `## WO-7: Title`";
}
