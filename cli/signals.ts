/** A terminal's Ctrl-C reaches npm and its program, and npm passes it on: within this time that is one Ctrl-C, not two. */
const SAME_WISH_MS = 500

/**
 * The stop signal of a command that runs until it is told to stop: by Ctrl-C, by a service manager, by its terminal
 * being closed. A second wish, later than {@link SAME_WISH_MS}, ends the program at once with exit code 130.
 */
export function stopOnSignals(): AbortSignal {
  const stop = new AbortController()
  let firstAt = 0
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(name, () => {
      if (stop.signal.aborted && performance.now() - firstAt > SAME_WISH_MS) process.exit(130)
      if (stop.signal.aborted) return
      firstAt = performance.now()
      stop.abort()
    })
  }
  return stop.signal
}

/** Output that nobody reads any more (a closed terminal, `| head`) is no failure: what runs on says nothing from then on. */
export function outliveOutput(): void {
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => {})
}
