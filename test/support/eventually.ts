/** Asks again until the answer is there (not `undefined`, `null` or `false`); fails with the description after the deadline. */
export async function eventually<T>(
  what: string,
  ask: () => T | Promise<T>,
  deadlineMs = 10_000,
): Promise<NonNullable<T>> {
  const end = Date.now() + deadlineMs
  for (;;) {
    const answer = await ask()
    if (answer !== undefined && answer !== null && answer !== false) return answer as NonNullable<T>
    if (Date.now() > end) throw new Error(`not seen within ${deadlineMs} ms: ${what}`)
    await new Promise((done) => setTimeout(done, 20))
  }
}
