/** `minewarden-gateway relearn`: a technician has turned a camera on purpose, and the running gateway is told to forget its view. */
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import type { GatewayConfig } from './config.ts'
import { EdgeError } from './errors.ts'
import { MARKS_EACH_MS } from './scene-service.ts'
import { RELEARN_MARK } from './shell/scene-memory.ts'

const PATIENCE_MS: Millis = 3 * MARKS_EACH_MS
const LOOK_EACH_MS: Millis = 200

export interface RelearnDeps {
  readonly clock: Clock
  readonly write: (text: string) => void
}

/**
 * Marks the camera and waits until the gateway has taken the mark; who may write into its data may ask.
 * @returns the exit code: 1 when no running gateway has such a camera
 * @throws EdgeError `data-unusable`
 */
export async function relearn(
  { clock, write }: RelearnDeps,
  { data }: Pick<GatewayConfig, 'data'>,
  sensor: SensorId,
): Promise<number> {
  const mark = join(data, 'scenes', `${sensor}${RELEARN_MARK}`)
  try {
    // Never through a link that stands there: who calls this may be root, whose data it is is not.
    writeFileSync(mark, '', { mode: 0o600, flag: 'wx' })
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST')
      throw new EdgeError('data-unusable', `${(error as Error).message}; has a gateway with cameras run here?`, error)
  }
  const endsAt = clock.monotonic() + PATIENCE_MS
  while (existsSync(mark) && clock.monotonic() < endsAt) await clock.sleep(LOOK_EACH_MS)
  if (!existsSync(mark)) {
    write(
      `${sensor}: the gateway learns anew what it sees; after some two dozen pictures it tells again whether it was moved\n`,
    )
    return 0
  }
  rmSync(mark, { force: true })
  write(`${sensor}: no running gateway has such a camera; nothing was changed\n`)
  return 1
}
