/** What the API's edge refuses before a call is done, with its HTTP status. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    /** Seconds after which it may be tried again; null: that would not help. */
    readonly retryAfter: number | null = null,
  ) {
    super(message);
  }
}
