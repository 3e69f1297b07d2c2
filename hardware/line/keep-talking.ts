/**
 * Keeps a conversation with a device going for as long as the gateway runs: opens its line, talks, notices that it fell
 * silent or talks nonsense, closes, waits and begins anew; for ever, and without throwing for what the world does.
 */
import { type RetryOptions, retrySchedule } from '@minewarden/protocol/retry-schedule.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState } from '../contract.ts'
import { HardwareError } from '../errors.ts'
import type { ByteLine, LineOpener } from './contract.ts'
import { type DeviceFault, deviceFault } from './device-fault.ts'
import { type ListenedLine, listen } from './listened-line.ts'
import { closeWithin, openWithin } from './open-within.ts'
import { pauseUntil, type Watch } from './pause.ts'
import { superviseConversation } from './supervise.ts'

/** No pause between attempts is longer, whatever a configuration says. */
export const PAUSE_CEILING_MS: Millis = 60_000
/** Short: a device that is back has to be found within 10 s, the opening of its line and its first data included. */
const PAUSES: RetryOptions = { firstMs: 250, ceilingMs: 4_000 }
const OPEN_LIMIT_MS: Millis = 10_000

export interface KeepTalkingOptions<T extends object> {
  readonly open: LineOpener
  /**
   * One conversation, from the first byte to the last. It ends or throws a HardwareError when the device is lost; the
   * signal aborts when it is no longer listened to. Must not keep a timer or a listener after that.
   */
  readonly converse: (line: ByteLine, signal: AbortSignal) => AsyncIterable<T>
  readonly clock: Timekeeper
  /** Uniform in [0, 1). */
  readonly random: () => number
  /** No good item for so long, while somebody waits for one: the line is closed and opened anew. */
  readonly silentMs: Millis
  /** Which items prove that the device is well; all by default. */
  readonly isGood?: (item: T) => boolean
  readonly openLimitMs?: Millis
  /** The ceiling is at most 60 s. */
  readonly pauses?: RetryOptions
  /** Calls back when a port came or went, which ends a pause early. */
  readonly watch?: Watch
}

/**
 * What the conversations gave, with a {@link DeviceState} at each change: `ok` before the first good item, and a fault
 * with its named reason when it is another than before. Ends when the signal aborts.
 * @throws InvariantError only
 */
export async function* keepTalking<T extends object>(
  options: KeepTalkingOptions<T>,
  signal: AbortSignal,
): AsyncGenerator<T | DeviceState, void, undefined> {
  const teller = new StateTeller(options.clock)
  const pauses = new Pauses(options)
  while (!signal.aborted) {
    let fault: DeviceFault
    try {
      for await (const { item, isGood } of oneConversation(options, signal)) {
        if (isGood) {
          pauses.reset()
          yield* teller.well()
        } else if (item instanceof HardwareError) yield* teller.ill(deviceFault(item))
        if (!(item instanceof HardwareError)) yield item
      }
      fault = deviceFault(new HardwareError('line-lost', 'the other side ended it'))
    } catch (error) {
      fault = deviceFault(error)
    }
    if (signal.aborted) return
    yield* teller.ill(fault)
    if (await pauseUntil(options, pauses.next(), signal)) pauses.reset()
  }
}

/** An item of a conversation; a HardwareError stands for a flaw that does not end it. */
interface Heard<T> {
  readonly item: T | HardwareError
  readonly isGood: boolean
}

async function* oneConversation<T extends object>(
  options: KeepTalkingOptions<T>,
  signal: AbortSignal,
): AsyncGenerator<Heard<T>, void, undefined> {
  const { clock, isGood = () => true } = options
  const line = listen(await openWithin(options.open, options.openLimitMs ?? OPEN_LIMIT_MS, clock, signal))
  let dropped = 0
  try {
    for await (const item of superviseConversation({ ...options, line, isGood }, signal)) {
      if (line.droppedBytes > dropped) {
        yield { item: overrun(line, line.droppedBytes - dropped), isGood: false }
        dropped = line.droppedBytes
      }
      yield { item, isGood: isGood(item) }
    }
  } finally {
    await closeWithin(line, clock)
  }
}

const overrun = (line: ListenedLine, bytes: number) =>
  new HardwareError('line-overrun', `${line.name}: ${bytes} bytes dropped that nobody took`)

/** Pauses that begin short again after each success. */
class Pauses {
  readonly #options: RetryOptions
  readonly #random: () => number
  #schedule: Generator<Millis, never>

  constructor({ pauses = PAUSES, random }: Pick<KeepTalkingOptions<object>, 'pauses' | 'random'>) {
    this.#options = { ...pauses, ceilingMs: Math.min(pauses.ceilingMs, PAUSE_CEILING_MS) }
    this.#random = random
    this.#schedule = retrySchedule(this.#options, random)
  }

  next(): Millis {
    return this.#schedule.next().value
  }

  reset(): void {
    this.#schedule = retrySchedule(this.#options, this.#random)
  }
}

/** Tells each change once. */
class StateTeller {
  readonly #clock: Timekeeper
  /** Code of what was last told; `null`: nothing yet. */
  #told: string | null = null

  constructor(clock: Timekeeper) {
    this.#clock = clock
  }

  *well(): Generator<DeviceState> {
    if (this.#told !== 'ok') yield this.#tell('ok', 'ok', '')
  }

  *ill({ state, reason, code }: DeviceFault): Generator<DeviceState> {
    if (this.#told !== code) yield this.#tell(code, state, reason)
  }

  #tell(code: string, state: DeviceState['state'], reason: string): DeviceState {
    this.#told = code
    const { at, quality, errorMs } = this.#clock.stamp(this.#clock.monotonic())
    return { kind: 'device', at, state, reason, clock: quality, ...(errorMs !== null && { clockErrorMs: errorMs }) }
  }
}
