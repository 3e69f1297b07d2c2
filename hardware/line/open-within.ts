import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'
import type { ByteLine, LineOpener } from './contract.ts'

/** A port whose closing takes longer is left to the system. */
const CLOSE_LIMIT_MS: Millis = 1_000

/**
 * Opens a line, or gives up after the limit or when the signal aborts; a line that is opened too late is closed.
 * @throws HardwareError of the opener; `line-unopened` after the limit; the signal's reason
 */
export async function openWithin(
  open: LineOpener,
  limitMs: Millis,
  clock: Clock,
  signal: AbortSignal,
): Promise<ByteLine> {
  const attempt = new AbortController()
  const giveUp = () => attempt.abort(signal.reason)
  signal.addEventListener('abort', giveUp, { once: true })
  const timer = new AbortController()
  const opening = open(attempt.signal)
  const aborted = new Promise<never>((_, reject) => {
    attempt.signal.addEventListener('abort', () => reject(attempt.signal.reason), { once: true })
  })
  const tooLate = clock.sleep(limitMs, timer.signal).then(() => {
    throw new HardwareError('line-unopened', `not opened within ${limitMs} ms`)
  })
  try {
    if (signal.aborted) giveUp()
    return await Promise.race([opening, tooLate, aborted])
  } catch (error) {
    attempt.abort(error)
    opening.then(
      (line) => void line.close(),
      () => undefined,
    )
    throw error
  } finally {
    signal.removeEventListener('abort', giveUp)
    timer.abort()
    for (const left of [opening, tooLate, aborted]) left.catch(() => undefined)
  }
}

/** Closes a line without waiting long for it. Never throws. */
export async function closeWithin(line: ByteLine, clock: Clock): Promise<void> {
  const closed = new AbortController()
  const closing = line.close().finally(() => closed.abort())
  await Promise.race([closing, clock.sleep(CLOSE_LIMIT_MS, closed.signal)]).catch(() => undefined)
}
