/** A template that cannot be used: the job fails with this message, which says where and what to do. */
export class TemplateError extends Error {
  override name = "TemplateError";
}
