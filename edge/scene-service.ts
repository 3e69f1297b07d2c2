/**
 * Lets a gateway learn anew what a camera sees, after the camera was turned on purpose: by a request of the fleet manager,
 * which has it on record with its reason, or by a technician at the gateway. Either way the sensor's own reading tells that
 * it was done and by whom: what was `moved` until then ends by it.
 */
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import { RELEARN_METRIC, RelearnRequest } from '@minewarden/protocol/scene.ts'
import type { MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { parseCommandJson } from './core/command-json.ts'
import type { SceneMemory } from './shell/scene-memory.ts'

/** How long a technician waits at most. */
export const MARKS_EACH_MS: Millis = 5_000
const MAX_REQUEST_CHARS = 256

export interface SceneServiceDeps {
  /** Of cameras whose pictures are judged. @returns false: no such sensor */
  readonly relearn: (sensor: string, why: string) => boolean
  readonly scenes: Pick<SceneMemory, 'takeMarks'>
  readonly clock: Clock
  readonly badInput: (reason: string) => void
}

export class SceneService {
  readonly #deps: SceneServiceDeps

  constructor(deps: SceneServiceDeps) {
    this.#deps = deps
  }

  /** The value of the DCMD metric `Scene/Relearn` of a sensor. A request that comes again only learns anew again. */
  requested(device: string, value: MetricValue | null): void {
    const { relearn, badInput } = this.#deps
    const parsed = check(RelearnRequest, parseCommandJson(value, MAX_REQUEST_CHARS))
    if (!parsed.ok) badInput(`${RELEARN_METRIC} of ${device}: ${describeProblems(parsed.problems)}`)
    else if (!relearn(device, `scene learnt anew by request ${parsed.value.request}`))
      badInput(`${RELEARN_METRIC} of ${device}: no such camera`)
  }

  /** Follows what technicians ask for, until the signal aborts. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock, scenes, relearn } = this.#deps
    while (!signal.aborted) {
      scenes.takeMarks((sensor) => relearn(sensor, 'scene learnt anew by a technician at the gateway'))
      await clock.sleep(MARKS_EACH_MS, signal).catch(() => undefined)
    }
  }
}
