/**
 * Conditions of workflow steps: `repo.language == 'go' && !(repo.name != "a")`. Names, strings, `true`, `false`,
 * `==`, `!=`, `!`, `&&`, `||`, parentheses; nothing else, and nothing is ever evaluated as code.
 * A value alone is true unless it is empty or "false".
 */
export type ExpressionResult = { ok: true; value: boolean } | { ok: false; message: string };

/** A condition is one line; longer ones are refused before they cost anything. */
const MAX_LENGTH = 2_000;
const MAX_DEPTH = 50;

const TOKEN = /\s*(?:(==|!=|&&|\|\||[!()])|'([^']*)'|"([^"]*)"|([A-Za-z_][\w.]*))/y;

type Token =
  | { kind: "sign"; sign: string; at: number }
  | { kind: "value"; text: string; at: number }
  | { kind: "name"; text: string; at: number };

/** Evaluates a condition over named texts. A fault names the column and what was expected. */
export function evaluateCondition(
  condition: string,
  names: Readonly<Record<string, string>>,
): ExpressionResult {
  try {
    if (condition.length > MAX_LENGTH) throw new Fault(`longer than ${MAX_LENGTH} characters`);
    const reader = new Reader(tokenize(condition), names);
    const value = reader.or(0);
    reader.end();
    return { ok: true, value };
  } catch (error) {
    if (error instanceof Fault)
      return { ok: false, message: `condition ${JSON.stringify(condition.slice(0, 100))}: ${error.message}` };
    throw error;
  }
}

class Fault extends Error {}

function tokenize(text: string): Token[] {
  const tokens: Token[] = [];
  const end = text.trimEnd().length;
  TOKEN.lastIndex = 0;
  for (let at = 0; at < end; at = TOKEN.lastIndex) {
    TOKEN.lastIndex = at;
    const [, sign, single, double, name] = TOKEN.exec(text) ?? [];
    const quoted = single ?? double;
    if (sign !== undefined) tokens.push({ kind: "sign", sign, at });
    else if (quoted !== undefined) tokens.push({ kind: "value", text: quoted, at });
    else if (name === "true" || name === "false") tokens.push({ kind: "value", text: name, at });
    else if (name !== undefined) tokens.push({ kind: "name", text: name, at });
    else throw new Fault(`column ${at + 1}: expected a name, a quoted text or one of == != && || ! ( )`);
  }
  return tokens;
}

class Reader {
  #next = 0;
  readonly #tokens: Token[];
  readonly #names: Readonly<Record<string, string>>;

  constructor(tokens: Token[], names: Readonly<Record<string, string>>) {
    this.#tokens = tokens;
    this.#names = names;
  }

  or(depth: number): boolean {
    if (depth > MAX_DEPTH) throw new Fault(`nested deeper than ${MAX_DEPTH}`);
    let value = this.#and(depth);
    while (this.#take("||")) {
      // Both sides are read even when the first decides: a fault in the second must not hide.
      const right = this.#and(depth);
      value = value || right;
    }
    return value;
  }

  end(): void {
    const rest = this.#tokens[this.#next];
    if (rest) throw new Fault(`column ${rest.at + 1}: expected the end or an operator`);
  }

  #and(depth: number): boolean {
    let value = this.#not(depth);
    while (this.#take("&&")) {
      const right = this.#not(depth);
      value = value && right;
    }
    return value;
  }

  #not(depth: number): boolean {
    let negated = false;
    while (this.#take("!")) negated = !negated;
    const value = this.#compare(depth);
    return negated ? !value : value;
  }

  #compare(depth: number): boolean {
    if (this.#take("(")) {
      const value = this.or(depth + 1);
      if (!this.#take(")")) throw new Fault("expected a closing parenthesis");
      return value;
    }
    const left = this.#operand();
    if (this.#take("==")) return left === this.#operand();
    if (this.#take("!=")) return left !== this.#operand();
    return left !== "" && left !== "false";
  }

  #operand(): string {
    const token = this.#tokens[this.#next++];
    if (token?.kind === "value") return token.text;
    if (token?.kind !== "name")
      throw new Fault(`${token ? `column ${token.at + 1}` : "at the end"}: expected a name or a quoted text`);
    const value = Object.hasOwn(this.#names, token.text) ? this.#names[token.text] : undefined;
    if (value === undefined)
      throw new Fault(
        `unknown name ${JSON.stringify(token.text)}: expected one of ${Object.keys(this.#names).join(", ")}`,
      );
    return value;
  }

  #take(sign: string): boolean {
    const token = this.#tokens[this.#next];
    const hit = token?.kind === "sign" && token.sign === sign;
    if (hit) this.#next++;
    return hit;
  }
}
