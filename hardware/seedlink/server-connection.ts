import { InvariantError } from '@minewarden/protocol/errors.ts'
import { retrySchedule } from '@minewarden/protocol/retry-schedule.ts'
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { Measurement } from '../contract.ts'
import type { ByteLine, LineOpener } from '../line/contract.ts'
import { Conversation, STATE_OF_ENDING } from './conversation.ts'
import { type Remembered, saveResumePoints } from './resume-file.ts'
import { SensorLink, type SensorOptions } from './sensor-link.ts'
import { NOWHERE } from './station-feed.ts'
import { TIMINGS, type Timings } from './timings.ts'

export interface ServerConnectionDeps {
  readonly clock: Timekeeper
  readonly random: () => number
  readonly open: LineOpener
  /** Reads what an earlier run remembered; called once, when the first sensor is read. */
  readonly remembered: () => Remembered
  /** Where positions are kept. */
  readonly resumePath: string
  readonly timings?: Timings
}

export interface ServerConnectionOptions {
  /** For messages: `192.0.2.7:18000`. */
  readonly name: string
  readonly mode: 'multi-station' | 'uni-station'
  readonly sensors: readonly SensorOptions[]
}

/**
 * One SeedLink server and all the sensors that are read from it: connects while anybody reads, reconnects with growing
 * pauses, asks each time for what follows the last packet in hand, and remembers over a restart how far that was.
 */
export class ServerConnection {
  readonly #deps: ServerConnectionDeps
  readonly #timings: Timings
  readonly #options: ServerConnectionOptions
  readonly #links = new Map<string, SensorLink>()
  #running: AbortController | null = null
  #ended: Promise<void> = Promise.resolve()
  #conversation: Conversation | null = null
  #saved = ''
  #savedAt: Millis

  constructor(deps: ServerConnectionDeps, options: ServerConnectionOptions) {
    this.#deps = deps
    this.#timings = deps.timings ?? TIMINGS
    this.#options = options
    this.#savedAt = deps.clock.monotonic()
  }

  /** Measurements of one of the sensors, until the signal aborts. */
  async *read(sensor: string, signal: AbortSignal): AsyncGenerator<Measurement, void, undefined> {
    const link = this.#linkOf(sensor)
    if (signal.aborted) return
    this.#join(link)
    const release = () => this.#release(link)
    signal.addEventListener('abort', release, { once: true })
    try {
      yield* link.read(signal)
    } finally {
      signal.removeEventListener('abort', release)
      release()
    }
  }

  /** Resolves when nothing of it runs any more, after the last reader has left. */
  async idle(): Promise<void> {
    await this.#ended
  }

  #linkOf(sensor: string): SensorLink {
    if (this.#links.size === 0) this.#begin()
    const link = [...this.#links.values()].find(({ options }) => options.sensor === sensor)
    if (!link) throw new InvariantError(`${this.#options.name}: no sensor ${sensor}`)
    return link
  }

  #begin(): void {
    const { points, problem } = this.#deps.remembered()
    for (const options of this.#options.sensors) {
      const key = `${options.network}.${options.station}/${options.sensor}`
      const link = new SensorLink({ clock: this.#deps.clock, timings: this.#timings }, options, points[key] ?? NOWHERE)
      if (problem) link.note(`positions cannot be read, so it begins with what comes next: ${problem}`)
      this.#links.set(link.key, link)
    }
    this.#saved = this.#points()
  }

  #join(link: SensorLink): void {
    link.begin()
    if (!this.#running) {
      const running = new AbortController()
      this.#running = running
      this.#ended = this.#ended.then(() => this.#run(running.signal))
    } else this.#conversation?.leave('planned', 'another sensor is read')
  }

  /** At once, not when the generator is resumed: a gateway that stops does not wait for it. */
  #release(link: SensorLink): void {
    if (!link.active) return
    link.finish()
    this.#remember(true)
    if ([...this.#links.values()].some(({ active }) => active)) return
    this.#running?.abort()
    this.#running = null
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { clock, random } = this.#deps
    let pauses = retrySchedule(this.#timings.retry, random)
    // Sensors of one gateway begin in one turn: the first handshake asks for all of them.
    await clock.sleep(0, signal).catch(() => undefined)
    const remembering = this.#keepRemembering(signal)
    while (!signal.aborted) {
      const again = await this.#converse(signal)
      if (again === 'streamed') pauses = retrySchedule(this.#timings.retry, random)
      if (again !== 'at once') await this.#pause(pauses.next().value, signal)
    }
    await remembering
  }

  /** One connection from beginning to end. */
  async #converse(signal: AbortSignal): Promise<'at once' | 'streamed' | 'failed'> {
    const links = this.#active()
    const line = await this.#open(signal, links)
    if (!line) return 'failed'
    const { clock } = this.#deps
    const conversation = new Conversation({ clock, timings: this.#timings, line, links, mode: this.#options.mode })
    this.#conversation = conversation
    const ending = await conversation.run(signal)
    this.#conversation = null
    const state = STATE_OF_ENDING[ending.kind]
    const waited = ending.kind === 'silent' || ending.kind === 'garbled'
    if (state) for (const link of links) link.trouble(state, `${this.#options.name}: ${ending.reason}`, waited)
    if (ending.kind === 'planned') return 'at once'
    return ending.streamed ? 'streamed' : 'failed'
  }

  async #open(signal: AbortSignal, links: readonly SensorLink[]): Promise<ByteLine | null> {
    const limit = new AbortController()
    const opening = AbortSignal.any([signal, limit.signal])
    const late = this.#deps.clock.sleep(this.#timings.answerMs, opening).then(
      () => limit.abort(),
      () => undefined,
    )
    try {
      return await this.#deps.open(opening)
    } catch (error) {
      if (signal.aborted) return null
      const reason = error instanceof Error ? error.message : String(error)
      for (const link of links) link.trouble('disconnected', reason)
      return null
    } finally {
      limit.abort()
      await late
    }
  }

  /** Waits, and meanwhile lets the sensors say what is wrong. */
  async #pause(ms: Millis, signal: AbortSignal): Promise<void> {
    const endsAt = this.#deps.clock.monotonic() + ms
    for (;;) {
      for (const link of this.#active()) link.check(false)
      const left = endsAt - this.#deps.clock.monotonic()
      if (left <= 0 || signal.aborted) return
      await this.#deps.clock.sleep(Math.min(left, this.#timings.tickMs), signal).catch(() => undefined)
    }
  }

  async #keepRemembering(signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      await this.#deps.clock.sleep(this.#timings.rememberMs, signal).catch(() => undefined)
      if (!signal.aborted) this.#remember(false)
    }
  }

  #remember(force: boolean): void {
    const now = this.#deps.clock.monotonic()
    const points = this.#points()
    if (points === this.#saved || (!force && now - this.#savedAt < this.#timings.rememberMs / 2)) return
    this.#savedAt = now
    try {
      saveResumePoints(this.#deps.resumePath, JSON.parse(points))
      this.#saved = points
    } catch (error) {
      const words = `positions cannot be written down: ${(error as Error).message}`
      for (const link of this.#active()) link.note(words)
    }
  }

  #points(): string {
    return JSON.stringify(Object.fromEntries([...this.#links].map(([key, { consumed }]) => [key, consumed])))
  }

  #active(): SensorLink[] {
    return [...this.#links.values()].filter(({ active }) => active)
  }
}
