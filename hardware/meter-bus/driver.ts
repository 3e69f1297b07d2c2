/** The meters of one bus: one line, kept open for ever, and a driver for each meter with a state of its own. */
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, SensorDriver } from '../contract.ts'
import { createDlt645Meter } from '../dlt645/meter.ts'
import { addressQuestion as address645 } from '../dlt645/questions.ts'
import { addressQuestion as address698, createDlt698Meter } from '../dlt698/meter.ts'
import { HardwareError } from '../errors.ts'
import type { ByteLine, LineOpener } from '../line/contract.ts'
import { keepTalking } from '../line/keep-talking.ts'
import type { Watch } from '../line/pause.ts'
import { type Addressed, shareDevice } from '../line/shared-device.ts'
import { createAsk } from './asking.ts'
import { LONGEST_TIMEOUT_MS } from './learnt-delay.ts'
import { BusMaster } from './master.ts'
import type { Meter } from './meter.ts'
import { MeterPoll } from './meter-poll.ts'
import { Noise } from './noise.ts'
import type { MeterBusOptions, MeterOptions } from './options.ts'
import type { Ask, Exchange, Failure, Outcome, Question } from './question.ts'
import { Turns } from './turns.ts'

export interface MeterBusDeps {
  readonly clock: Timekeeper
  /** Uniform in [0, 1). */
  readonly random: () => number
  readonly open: LineOpener
  /** Tells when a port came or went. */
  readonly watch?: Watch
  readonly openLimitMs?: Millis
}

/** All meters silent for so long: perhaps it is the converter, and the line is opened anew. */
const SILENT_MS: Millis = 90_000
/** Faults of the line that the meters' own states tell better. */
const TOLD_BY_METERS = ['line-silent', 'line-garbled']

export type BusSettings = Pick<MeterBusOptions, 'baudRate' | 'utcOffsetHours' | 'meters'>
type MeterId = MeterOptions['id']

/** One driver a meter, in the order of the settings. Nothing is opened before one is read. */
export class MeterBus {
  readonly drivers: readonly SensorDriver[]
  readonly polls: readonly MeterPoll[]
  readonly #deps: MeterBusDeps
  readonly #settings: BusSettings
  readonly #noise = new Noise()
  /** How the meters are asked while the line is open. */
  #asks: ReadonlyMap<MeterId, Ask> | null = null
  #master: BusMaster | null = null

  constructor(deps: MeterBusDeps, settings: BusSettings) {
    this.#deps = deps
    this.#settings = settings
    const { clock } = deps
    this.polls = settings.meters.map((meter) => {
      const findMeter = (ask: Ask) => findTheOnly(meter, ask)
      return new MeterPoll(meter, knownMeter(meter), { clock, utcOffsetHours: settings.utcOffsetHours, findMeter })
    })
    const sensors = settings.meters.map(({ id }) => ({ sensor: id, kind: 'power-meter' as const, channels: [] }))
    this.drivers = shareDevice({ sensors, read: (signal) => this.#read(signal), clock })
  }

  /**
   * Asks something of one meter between the polls.
   * @throws HardwareError `line-lost` while the bus is not open or when it breaks
   */
  async ask<T>(meter: MeterId, question: Question<T>): Promise<Outcome<T>> {
    const ask = this.#asks?.get(meter)
    if (!ask) throw new HardwareError('line-lost', `${meter}: its bus is not open`)
    return await ask(question)
  }

  /** Sends a command once: it is never repeated, whatever comes back. `null`: the bus is not open, nothing was sent. */
  async send<T>(meter: MeterId, question: Question<T>): Promise<Outcome<T> | null> {
    const master = this.#master
    if (!master) return null
    const exchange = await master.exchange(question, LONGEST_TIMEOUT_MS).catch((error: unknown): Exchange<T> => {
      if (error instanceof HardwareError) return { kind: 'silent' }
      throw error
    })
    return exchange.kind === 'answer'
      ? exchange
      : { kind: 'failed', failure: exchange, question: `${meter}: ${question.name}` }
  }

  async *#read(signal: AbortSignal): AsyncGenerator<Addressed, void, undefined> {
    for (const poll of this.polls) poll.forgetTold()
    const talk = keepTalking<Addressed>(
      { ...this.#deps, converse: (line, over) => this.#converse(line, over), silentMs: SILENT_MS, isGood: isPower },
      signal,
    )
    for await (const item of talk) {
      if ('measurement' in item) yield item
      else if (item.state !== 'ok') yield* this.#lineFault(item)
    }
  }

  *#lineFault({ state, reason }: DeviceState): Generator<Addressed> {
    const code = reason.split(':')[0] ?? reason
    if (state === 'ok' || TOLD_BY_METERS.includes(code)) return
    for (const poll of this.polls) {
      for (const measurement of poll.lineFault({ state, reason, code })) yield { sensor: poll.options.id, measurement }
    }
  }

  async *#converse(line: ByteLine, signal: AbortSignal): AsyncGenerator<Addressed, void, undefined> {
    const { clock } = this.#deps
    const { baudRate } = this.#settings
    const stray = (address: string) => this.polls.find((poll) => poll.address === address)?.cameLate()
    const master = new BusMaster({ line, clock, baudRate, stray })
    const shared = { master, clock, baudRate, noise: this.#noise }
    const asks = new Map(this.polls.map((poll) => [poll.options.id, createAsk({ ...shared, delay: poll.delay })]))
    const turns = new Turns(this.polls)
    void master.run()
    this.#asks = asks
    this.#master = master
    try {
      while (!signal.aborted) {
        const { poll, at } = turns.next()
        const waitMs = at - clock.monotonic()
        if (waitMs > 0) await clock.sleep(waitMs, signal).catch(() => undefined)
        if (signal.aborted) return
        const sensor = poll.options.id
        for await (const measurement of poll.poll(asks.get(sensor)!)) yield { sensor, measurement }
        turns.served(poll, clock.monotonic())
      }
    } finally {
      if (this.#asks === asks) this.#asks = null
      if (this.#master === master) this.#master = null
    }
  }
}

const isPower = ({ measurement }: Addressed): boolean => measurement.kind === 'power'

function knownMeter({ protocol, address, blocks }: MeterOptions): Meter | null {
  if (address === 'read') return null
  return protocol === 'dlt645' ? createDlt645Meter({ address, blocks }) : createDlt698Meter({ address, blocks })
}

async function findTheOnly({ protocol, blocks }: MeterOptions, ask: Ask): Promise<Meter | Failure> {
  if (protocol === 'dlt645') {
    const outcome = await ask(address645())
    return outcome.kind === 'answer' ? createDlt645Meter({ address: outcome.value, blocks }) : outcome.failure
  }
  const outcome = await ask(address698())
  return outcome.kind === 'answer' ? createDlt698Meter({ address: outcome.value, blocks }) : outcome.failure
}
