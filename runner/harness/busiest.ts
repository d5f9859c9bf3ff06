import { obj, type Json } from "./json.ts";

/**
 * The name of the model that wrote most, of an object with one entry for each model: helpers run on small ones. Of two
 * that wrote as much it is the first by name, because the order of fields means nothing.
 */
export function busiest(models: unknown, tokensOf: (model: Json) => number): string | undefined {
  return Object.entries(obj(models))
    .map(([name, model]) => ({ name, tokens: tokensOf(obj(model)) }))
    .filter(({ tokens }) => tokens > 0)
    .sort((a, b) => b.tokens - a.tokens || (a.name < b.name ? -1 : 1))[0]?.name;
}
