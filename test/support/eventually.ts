/**
 * How long a test waits for what must happen. It is no promise of the product: how fast a thing is, is measured where it
 * is promised, and a busy machine may be ten times as slow.
 */
const PATIENCE_MS = 60_000

/** Asks again until the answer is there (not `undefined`, `null` or `false`); fails with the description after the deadline. */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
  deadlineMs = PATIENCE_MS,
): Promise<NonNullable<T>> {
  const end = Date.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<T>
    if (Date.now() > end) throw new Error(`not seen within ${deadlineMs} ms: ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
