/**
 * Tokens that one run of an agent consumed. Every harness counts differently (some include cached tokens in the
 * input, some leave reasoning out of the output); adapters translate into this one meaning, so that budgets add up.
 */
export interface Usage {
  /** Prompt tokens that were not read from a cache (cache writes included). */
  input: number;
  /** Prompt tokens read from a cache. */
  cached: number;
  /** All generated tokens, reasoning included. */
  output: number;
  /** The part of `output` that was reasoning. */
  reasoning: number;
}

export const NO_USAGE: Usage = { input: 0, cached: 0, output: 0, reasoning: 0 };

/** All tokens of a usage. Reasoning is a part of the output: adding it would count it twice. */
export function tokensIn({ input, cached, output }: Usage): number {
  return input + cached + output;
}

/** Sum of two usages. */
export function addUsage(a: Usage, b: Usage): Usage {
  return combine(a, b, (x, y) => x + y);
}

/**
 * What `total` holds beyond `earlier`; never below zero. Needed because some CLIs report, after a resume, the
 * total of the whole session: without the subtraction a ledger counts the earlier runs twice.
 */
export function subtractUsage(total: Usage, earlier: Usage): Usage {
  return combine(total, earlier, (x, y) => Math.max(0, x - y));
}

function combine(a: Usage, b: Usage, with_: (x: number, y: number) => number): Usage {
  return {
    input: with_(a.input, b.input),
    cached: with_(a.cached, b.cached),
    output: with_(a.output, b.output),
    reasoning: with_(a.reasoning, b.reasoning),
  };
}
