import { DeveloperError } from "../values/errors.ts";
import {
  type ConvexJson,
  type ConvexObject,
  fieldAt,
  floatJson,
  floatOf,
  int64Json,
  int64Of,
  kindOf,
  textOf,
} from "../values/json.ts";
import { encodeKey } from "../values/keyEncoding.ts";

type Operand = ConvexJson | undefined;

const COMPARE: Record<string, (order: number) => boolean> = {
  $eq: (order) => order === 0,
  $neq: (order) => order !== 0,
  $lt: (order) => order < 0,
  $lte: (order) => order <= 0,
  $gt: (order) => order > 0,
  $gte: (order) => order >= 0,
};

const INTEGER: Record<string, (a: bigint, b: bigint) => bigint> = {
  $add: (a, b) => a + b,
  $sub: (a, b) => a - b,
  $mul: (a, b) => a * b,
  $div: (a, b) => a / b,
  $mod: (a, b) => a % b,
};

const FLOAT: Record<string, (a: number, b: number) => number> = {
  $add: (a, b) => a + b,
  $sub: (a, b) => a - b,
  $mul: (a, b) => a * b,
  $div: (a, b) => a / b,
  $mod: (a, b) => a % b,
};

/** True when a document passes a filter (server/impl/filter_builder_impl.ts of the convex package). */
export function passes(document: ConvexObject, expression: ConvexJson): boolean {
  return evaluate(document, expression) === true;
}

function evaluate(document: ConvexObject, expression: ConvexJson): Operand {
  const [operator, body] = Object.entries(expression as ConvexObject)[0] ?? ["", null];
  const many = Array.isArray(body) ? body : [body];
  const values = () => many.map((each) => evaluate(document, each));
  const compare = COMPARE[operator];
  if (compare !== undefined) {
    const [a, b] = values();
    return compare(Buffer.compare(encodeKey([a]), encodeKey([b])));
  }
  if (operator in FLOAT) {
    const [a, b] = values();
    return arithmetic(operator, a, b);
  }
  switch (operator) {
    case "$and":
      return many.every((each) => evaluate(document, each) === true);
    case "$or":
      return many.some((each) => evaluate(document, each) === true);
    case "$not":
      return evaluate(document, body) !== true;
    case "$neg":
      return negate(evaluate(document, body));
    case "$field":
      return fieldAt(document, textOf(body));
    case "$literal":
      return kindOf(body) === "undefined" ? undefined : body;
    default:
      throw new DeveloperError(`Unknown operator ${operator} in a filter.`);
  }
}

function arithmetic(operator: string, a: Operand, b: Operand): Operand {
  const kinds = [kindOf(a), kindOf(b)];
  if (kinds.every((kind) => kind === "float64")) {
    const apply = FLOAT[operator] as (a: number, b: number) => number;
    return floatJson(apply(floatOf(a as ConvexJson), floatOf(b as ConvexJson)));
  }
  if (kinds.every((kind) => kind === "int64")) {
    const divisor = int64Of(b as ConvexJson);
    if (divisor === 0n && ["$div", "$mod"].includes(operator)) throw new DeveloperError("Division by zero");
    const apply = INTEGER[operator] as (a: bigint, b: bigint) => bigint;
    return int64Json(apply(int64Of(a as ConvexJson), divisor));
  }
  throw new DeveloperError(
    `${operator} in a filter wants two numbers of one type, got ${kinds.join(" and ")}.`,
  );
}

function negate(value: Operand): Operand {
  const kind = kindOf(value);
  if (kind === "float64") return floatJson(-floatOf(value as ConvexJson));
  if (kind === "int64") return int64Json(-int64Of(value as ConvexJson));
  throw new DeveloperError(`$neg in a filter wants a number, got ${kind}.`);
}
