// eslint-disable-next-line @typescript-eslint/no-explicit-any -- stands in until the model of this function is written
export const notYet = (..._args: unknown[]): Promise<any> => Promise.reject(new Error("not built yet"));
