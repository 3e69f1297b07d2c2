import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { Logger } from '../core/ports.ts'

/** Does something again and again until aborted; a failure is logged and does not end it. Never rejects. */
export async function repeatEach(
  everyMs: Millis,
  work: () => void | Promise<void>,
  { clock, logger, signal }: { readonly clock: Clock; readonly logger: Logger; readonly signal: AbortSignal },
): Promise<void> {
  while (!signal.aborted) {
    try {
      await work()
    } catch (error) {
      logger.error({ err: error }, 'a regular task failed, will be tried again')
    }
    await clock.sleep(everyMs, signal).catch(() => {})
  }
}
