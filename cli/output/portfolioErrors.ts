import { PortfolioError } from "../../portfolio/problem.ts";
import { CliError } from "./errors.ts";

/** Runs one portfolio command; its errors become CLI errors with the exit code of their kind (usage 2, failed 1). */
export async function orCliError<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PortfolioError) throw new CliError(error.message, error.kind === "usage" ? 2 : 1);
    throw error;
  }
}
