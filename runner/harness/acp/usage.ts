import type { Usage } from "../../../domain/usage.ts";
import { count, num, obj, usageOf, type Json } from "../json.ts";

/**
 * Tokens of one turn. The protocol does not say whether cached tokens are part of the input and thoughts part of the
 * output, and agents differ; the total that they give tells which it is.
 */
export function acpUsage(result: Json): Usage | undefined {
  const usage = obj(result.usage);
  const quota = obj(obj(obj(result._meta).quota).token_count);
  if (num(usage.inputTokens) === undefined) return older(quota);
  const [input, output] = [count(usage.inputTokens), count(usage.outputTokens)];
  const [read, written] = [count(usage.cachedReadTokens), count(usage.cachedWriteTokens)];
  const thought = count(usage.thoughtTokens);
  const total = num(usage.totalTokens);
  const rest = total === undefined ? undefined : total - input - output;
  const isOutside = (part: number) => part > 0 && rest !== undefined && rest >= part;
  const cachedOutside = isOutside(read + written);
  const thoughtOutside = isOutside(thought + (cachedOutside ? read + written : 0)) && thought > 0;
  return usageOf({
    input: cachedOutside ? input + written : input - read,
    cached: read,
    output: thoughtOutside ? output + thought : output,
    reasoning: thought,
  });
}

/** Gemini's, of before the protocol had a place for it. */
function older(quota: Json): Usage | undefined {
  if (num(quota.input_tokens) === undefined) return undefined;
  return usageOf({ input: count(quota.input_tokens), output: count(quota.output_tokens) });
}

/** The agent says that no model has answered: an "answer" of such a turn is its own words. */
export function saysNothingSpent(result: Json): boolean {
  if (result.usage === null) return true;
  const usage = obj(result.usage);
  return num(usage.inputTokens) !== undefined && count(usage.inputTokens) + count(usage.outputTokens) === 0;
}
