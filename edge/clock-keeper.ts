/**
 * Keeps the gateway's clock: looks at the system clock and its time daemon in a slow rhythm, feeds the discipline, tells
 * when the time has become known, and remembers the offset for a restart within the same run of the machine.
 */
import { type Clock, type ClockQuality, isoTime, type Millis, type Timekeeper } from '@minewarden/protocol/time.ts'
import type { ClockShift } from './core/clock/clock-shift.ts'
import type { DaemonAnswer, DaemonName, Observation } from './core/clock/daemon-answer.ts'
import { ClockDiscipline, type ClockEvent, type Remembered } from './core/clock/discipline.ts'
import type { TimeDaemon } from './core/clock/time-daemon.ts'
import type { Logger } from './core/ports.ts'

/** While the time is sought, for the first minutes of a daemon that seeks, and the first of one that is not there. */
export const SEEK_EACH_MS: Millis = 4_000
const SEEK_FOR = { daemonMs: 600_000, nobodyMs: 60_000 } as const
/** While it is known. A leap second or a step is seen this late at most. */
export const LOOK_EACH_MS: Millis = 32_000
/** The system clock was set while the daemon answered: what it said is of neither time. */
const TORN_MS: Millis = 5

export interface WallReading {
  readonly offsetMs: Millis
  readonly errorMs: Millis
}

export interface ClockKeeperDeps {
  readonly clock: Pick<Clock, 'monotonic' | 'sleep'>
  readonly logger: Logger
  readonly daemon: TimeDaemon
  readonly readWall: () => WallReading
  /** Parts per million. */
  readonly driftPpm: number
}

export class ClockKeeper implements Timekeeper {
  readonly #deps: ClockKeeperDeps
  readonly #discipline: ClockDiscipline
  #onShift: ((shift: ClockShift) => void) | null = null
  /** What nobody was there to hear: only the first looks can lead to any. */
  #unheard: ClockShift[] = []

  private constructor(deps: ClockKeeperDeps, discipline: ClockDiscipline) {
    this.#deps = deps
    this.#discipline = discipline
  }

  /** Looks once, so that a machine whose time is known never stamps a wrong one. Takes seconds at most. */
  static async open(deps: ClockKeeperDeps, remembered: Remembered | null, signal: AbortSignal): Promise<ClockKeeper> {
    const look = (await observe(deps, signal)) ?? (await observe(deps, signal)) ?? blind(deps)
    const keeper = new ClockKeeper(deps, new ClockDiscipline(look, { driftPpm: deps.driftPpm }, remembered))
    keeper.#take(look)
    // Nothing has been stamped yet, unless by an earlier process.
    if (remembered === null) keeper.#unheard = []
    return keeper
  }

  now() {
    return this.#discipline.utc(this.monotonic())
  }
  monotonic(): Millis {
    return this.#deps.clock.monotonic()
  }
  sleep(ms: Millis, signal?: AbortSignal): Promise<void> {
    return this.#deps.clock.sleep(ms, signal)
  }
  stamp(monotonicMs: Millis) {
    return this.#discipline.stamp(monotonicMs)
  }

  get quality(): ClockQuality {
    return this.#discipline.quality(this.monotonic())
  }
  /** Whether rows should wait: the time is not known, and may soon be. */
  get isUnset(): boolean {
    return this.#discipline.isUnset
  }
  get isKnown(): boolean {
    return this.#discipline.isKnown
  }
  get source(): DaemonName | null {
    return this.#discipline.source
  }
  /** UTC minus monotonic time, now. */
  get offsetMs(): Millis {
    return this.now() - this.monotonic()
  }

  /** Told each time the past moves; one listener, told at once of what it has missed. */
  onShift(listener: (shift: ClockShift) => void): void {
    this.#onShift = listener
    for (const shift of this.#unheard.splice(0)) listener(shift)
  }

  /** Looks for ever, until aborted. Never rejects. */
  async run(signal: AbortSignal): Promise<void> {
    const begunMs = this.monotonic()
    while (!signal.aborted) {
      await this.sleep(this.#restMs(begunMs), signal).catch(() => undefined)
      if (!signal.aborted) await this.look(signal)
    }
  }

  #restMs(begunMs: Millis): Millis {
    const patienceMs = this.source === null ? SEEK_FOR.nobodyMs : SEEK_FOR.daemonMs
    return this.isKnown || this.monotonic() - begunMs > patienceMs ? LOOK_EACH_MS : SEEK_EACH_MS
  }

  /** One look. */
  async look(signal: AbortSignal): Promise<void> {
    const look = await observe(this.#deps, signal)
    if (look !== null && !signal.aborted) this.#take(look)
  }

  #take(look: Observation): void {
    const event = this.#discipline.observe(look)
    if (event === null) return
    if (event.kind === 'shifted') {
      if (this.#onShift === null) this.#unheard.push(event.shift)
      else this.#onShift(event.shift)
    }
    this.#log(event)
  }

  #log(event: ClockEvent): void {
    const byMs = event.kind === 'shifted' ? event.shift.byMs : 'byMs' in event ? event.byMs : undefined
    const fields = { source: this.source, quality: this.quality, now: isoTime(this.now()), byMs }
    const [level, message] = LOG_LINES[event.kind]
    this.#deps.logger[level](fields, message)
  }
}

const LOG_LINES = {
  shifted: ['info', 'clock: the time is known'],
  jumped: ['warn', 'clock: went forward'],
  'led-back': ['warn', 'clock: was ahead, is being led back'],
  doubted: ['warn', 'clock: the machine was set, and no time daemon stands behind it'],
  lost: ['warn', 'clock: no time daemon holds it'],
  held: ['info', 'clock: held by a time daemon'],
} as const

/** The system clock before and after the daemon was asked; `null` when it was set in between. */
async function observe({ clock, daemon, readWall }: ClockKeeperDeps, signal: AbortSignal): Promise<Observation | null> {
  const before = readWall()
  const answer: DaemonAnswer = await daemon.ask(signal)
  const after = readWall()
  if (Math.abs(after.offsetMs - before.offsetMs) > TORN_MS) return null
  return { atMs: clock.monotonic(), wallOffsetMs: after.offsetMs, wallErrorMs: after.errorMs, answer }
}

/** What there is to know of a clock that is being set all the time. */
function blind({ clock, readWall }: ClockKeeperDeps): Observation {
  const { offsetMs, errorMs } = readWall()
  const answer = { kind: 'absent', reason: 'the clock is being set' } as const
  return { atMs: clock.monotonic(), wallOffsetMs: offsetMs, wallErrorMs: errorMs, answer }
}
