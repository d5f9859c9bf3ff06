/** The one global of Node that functions have: the deployment's environment variables. */
declare const process: { readonly env: Readonly<Record<string, string | undefined>> };
