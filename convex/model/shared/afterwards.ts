/** A query that waits: where it looks is said now, what must be written before it looks is written when it does. */

type Args = readonly unknown[];
/** What this project asks of a query: some methods say where, the others look. */
interface Asking {
  withIndex(...args: Args): Asking;
  order(...args: Args): Asking;
  first(): Promise<unknown>;
  unique(): Promise<unknown>;
  take(...args: Args): Promise<unknown>;
  collect(): Promise<unknown>;
  paginate(...args: Args): Promise<unknown>;
}

/** The same query, which does `before` first when it is run. */
export function afterwards(query: object, before: () => Promise<void>): object {
  return new Afterwards(query as Asking, before);
}

class Afterwards implements Asking {
  readonly #query: Asking;
  readonly #before: () => Promise<void>;

  constructor(query: Asking, before: () => Promise<void>) {
    this.#query = query;
    this.#before = before;
  }

  withIndex(...args: Args): Asking {
    return new Afterwards(this.#query.withIndex(...args), this.#before);
  }

  order(...args: Args): Asking {
    return new Afterwards(this.#query.order(...args), this.#before);
  }

  first(): Promise<unknown> {
    return this.#look((query) => query.first());
  }

  unique(): Promise<unknown> {
    return this.#look((query) => query.unique());
  }

  take(...args: Args): Promise<unknown> {
    return this.#look((query) => query.take(...args));
  }

  collect(): Promise<unknown> {
    return this.#look((query) => query.collect());
  }

  paginate(...args: Args): Promise<unknown> {
    return this.#look((query) => query.paginate(...args));
  }

  async #look<T>(look: (query: Asking) => Promise<T>): Promise<T> {
    await this.#before();
    return look(this.#query);
  }
}
