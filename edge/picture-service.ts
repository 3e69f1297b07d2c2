/**
 * Gives a camera's picture to a request of the fleet manager, which has written down who asked and why before it asks
 * here. Nothing else makes a picture leave the gateway, and none is kept. Parts travel at the lowest priority; a quota a
 * day bounds what pictures may cost.
 */
import type { SensorDriver, Snapshot } from '@minewarden/hardware/contract.ts'
import { check, describeProblems } from '@minewarden/protocol/errors.ts'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import { MAX_PICTURE_BYTES, PictureRequest } from '@minewarden/protocol/picture.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import type { MetricValue } from '@minewarden/protocol/sparkplug/payload.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import { parseCommandJson } from './core/command-json.ts'
import { DayQuota } from './core/day-quota.ts'
import { pictureReadings, refusalReading } from './core/picture-parts.ts'
import type { Logger } from './core/ports.ts'

/** Pictures that are being taken at a time; more are refused. */
export const MOST_PICTURES_UNDER_WAY = 4
/** A camera that has not answered by then does not. */
const PATIENCE_MS: Millis = 30_000
/** Requests whose repetition is known; older ones are forgotten, the host never repeats one. */
const MOST_REMEMBERED = 256
const MAX_REQUEST_CHARS = 256

type Camera = Pick<SensorDriver, 'sensor' | 'takeSnapshot'>

export interface PictureServiceDeps {
  readonly drivers: readonly Camera[]
  readonly clock: Timekeeper
  readonly logger: Logger
  readonly put: (readings: readonly Reading[]) => void
  readonly badInput: (reason: string) => void
  /** Ends what is still under way. */
  readonly signal: AbortSignal
}

export class PictureService {
  readonly #deps: PictureServiceDeps
  readonly #quota: DayQuota
  readonly #known = new Set<string>()
  readonly #underWay = new Set<SensorId>()

  constructor(deps: PictureServiceDeps, quotaBytesPerDay: number) {
    this.#deps = deps
    this.#quota = new DayQuota(quotaBytesPerDay)
  }

  /** The value of the DCMD metric `Picture/Request` of a sensor. Returns at once. */
  requested(device: string, value: MetricValue | null): void {
    // The session outlives the sensors by a moment: what is asked then would hold up the end for as long as a camera hangs.
    if (this.#deps.signal.aborted) return
    const parsed = check(PictureRequest, parseCommandJson(value, MAX_REQUEST_CHARS))
    if (!parsed.ok) {
      this.#deps.badInput(`Picture/Request of ${device}: ${describeProblems(parsed.problems)}`)
      return
    }
    const { request } = parsed.value
    const camera = this.#deps.drivers.find(({ sensor }) => sensor === device)
    if (!camera || this.#known.has(request)) {
      this.#deps.badInput(`Picture/Request of ${device}: ${camera ? `${request} came before` : 'no such sensor'}`)
      return
    }
    this.#remember(request)
    const reason = this.#whyNot(camera)
    if (reason !== null) this.#refuse(camera.sensor, request, reason)
    else void this.#give(camera, request)
  }

  #whyNot({ sensor, takeSnapshot }: Camera): string | null {
    if (!takeSnapshot) return `${sensor} gives no pictures`
    if (this.#underWay.has(sensor)) return `another picture of ${sensor} is being taken`
    if (this.#underWay.size >= MOST_PICTURES_UNDER_WAY) return 'too many pictures at once'
    if (this.#quota.left(this.#deps.clock.now(), 1) === 0) return "the day's quota of pictures is used up"
    return null
  }

  async #give(camera: Camera, request: string): Promise<void> {
    const { sensor } = camera
    this.#underWay.add(sensor)
    try {
      this.#hand(sensor, request, await this.#take(camera))
    } catch (error) {
      if (!this.#deps.signal.aborted) this.#refuse(sensor, request, (error as Error).message)
    } finally {
      this.#underWay.delete(sensor)
    }
  }

  #hand(sensor: SensorId, request: string, snapshot: Snapshot): void {
    const { clock, logger, put } = this.#deps
    const bytes = snapshot.jpeg.length
    const room = this.#quota.left(clock.now(), 1)
    if (bytes === 0 || bytes > MAX_PICTURE_BYTES) this.#refuse(sensor, request, `a picture of ${bytes} bytes`)
    else if (bytes > room) this.#refuse(sensor, request, `a picture of ${bytes} bytes, ${room} are left for today`)
    else {
      this.#quota.use(clock.now(), bytes)
      put(pictureReadings(sensor, request, snapshot))
      logger.info({ sensor, request, bytes }, 'gave a picture to a request')
    }
  }

  async #take({ takeSnapshot }: Camera): Promise<Snapshot> {
    const { clock, signal } = this.#deps
    const done = new AbortController()
    const late = new AbortController()
    clock.sleep(PATIENCE_MS, done.signal).then(
      () => late.abort(new Error(`no picture within ${PATIENCE_MS / 1_000} s`)),
      () => undefined,
    )
    const until = AbortSignal.any([signal, late.signal])
    try {
      // A driver that hangs although it is told to end holds up nobody.
      return await Promise.race([(takeSnapshot as NonNullable<typeof takeSnapshot>)(until), rejected(until)])
    } finally {
      done.abort()
    }
  }

  #refuse(sensor: SensorId, request: string, reason: string): void {
    const { clock, logger, put } = this.#deps
    const { at, quality, errorMs } = clock.stamp(clock.monotonic())
    const worth = errorMs === null ? { clock: quality } : { clock: quality, clockErrorMs: errorMs }
    logger.warn({ sensor, request, reason }, 'gave no picture to a request')
    put([refusalReading(sensor, request, reason, { at, ...worth })])
  }

  #remember(request: string): void {
    this.#known.add(request)
    const [oldest] = this.#known
    if (this.#known.size > MOST_REMEMBERED && oldest !== undefined) this.#known.delete(oldest)
  }
}

const rejected = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason), { once: true })
  })
