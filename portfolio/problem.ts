/**
 * The portfolio's answer when it cannot do what was asked: a closed kind and a message for the person.
 * `usage`: the request or a file of the user is wrong. `failed`: the request was right and the work failed.
 */
export class PortfolioError extends Error {
  readonly kind: "usage" | "failed";

  constructor(kind: "usage" | "failed", message: string) {
    super(message);
    this.name = "PortfolioError";
    this.kind = kind;
  }
}
