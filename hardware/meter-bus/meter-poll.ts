/**
 * One meter's part in the polling of a bus: what is due and when, what was learnt of it, and what its state is. It keeps
 * what it knows when the line is lost.
 */
import type { Millis, Timekeeper } from '@minewarden/protocol/time.ts'
import type { DeviceState, Measurement, MeterMeasured } from '../contract.ts'
import type { DeviceFault } from '../line/device-fault.ts'
import { OWED_MS } from './asking.ts'
import { LearntDelay } from './learnt-delay.ts'
import type { Chore, Meter, PowerValues, SlowValues } from './meter.ts'
import { meterFault } from './meter-fault.ts'
import type { MeterOptions } from './options.ts'
import type { Ask, Failure } from './question.ts'
import { clockOffsetS, meterStatus, powerReading, type StatusFacts } from './readings.ts'

export interface MeterPollDeps {
  readonly clock: Timekeeper
  readonly utcOffsetHours: number
  /** Asks the bus for the address of its only meter. */
  readonly findMeter: (ask: Ask) => Promise<Meter | Failure>
}

/** One damaged answer, or one that went lost, is no news; this many polls in a row are. */
const FAILURES_TOLD = 3
/** Pauses double from {@link OWED_MS} to this: a dead meter costs its neighbours one short wait in so long. */
export const LONGEST_PAUSE_MS: Millis = 30_000
/** A meter that can be heard through the noise is asked on. */
const GARBLED_PAUSE_MS: Millis = 4_000
const STATUS_EVERY_MS: Millis = 900_000
/** The third failure and each eighth: a meter of the older standard is silent when it is asked in the newer. */
const isProbeDue = (failures: number): boolean => failures % 8 === 3
/** Between two reads of a register a few seconds apart, whatever it counts. */
const SAME_ENERGY_WH = 100
/** So far a register moves from one minute to the next without being asked twice. */
const ENERGY_STEP_WH = 1_000
const PERIODS_KEPT = 10
/** Slower than asked for by this, and it is said. */
const SLOW = 1.5

export class MeterPoll {
  readonly options: MeterOptions
  readonly delay = new LearntDelay()
  readonly #deps: MeterPollDeps
  #meter: Meter | null
  #dueAt: Millis = Number.NEGATIVE_INFINITY
  #blockedUntil: Millis = Number.NEGATIVE_INFINITY
  #failures = 0
  /** Polls in a row of which a part could not be read. */
  #flaws = 0
  #told: string | null = null
  readonly #choreDueAt = new Map<string, Millis>()
  #firstPollAt: Millis | null = null
  #energyWh: number | null = null
  #freshEnergyWh: number | null = null
  #facts: StatusFacts = { clockOffsetS: null }
  #hasStatus = false
  #measured: MeterMeasured | null = null
  #toldFacts = ''
  #statusToldAt: Millis = Number.NEGATIVE_INFINITY
  readonly #polledAt: Millis[] = []

  /** @param meter `null`: its address is asked of the bus */
  constructor(options: MeterOptions, meter: Meter | null, deps: MeterPollDeps) {
    this.options = options
    this.#meter = meter
    this.#deps = deps
  }

  get address(): string | null {
    return this.#meter?.address ?? null
  }

  get isFailing(): boolean {
    return this.#failures > 0
  }

  /** Earliest moment at which it wants the bus. */
  get dueAt(): Millis {
    return Math.max(this.#dueAt, this.#blockedUntil)
  }

  /** Mean time from one good poll to the next, of the last ten; `null`: fewer so far. */
  get periodMs(): Millis | null {
    if (this.#polledAt.length <= PERIODS_KEPT) return null
    return (this.#polledAt.at(-1)! - this.#polledAt[0]!) / PERIODS_KEPT
  }

  /** An answer of it came while nobody waited for it. */
  cameLate(): void {
    if (this.#failures > 0) this.delay.cameLate()
  }

  /** Somebody new listens, who was told nothing. */
  forgetTold(): void {
    this.#told = null
    this.#toldFacts = ''
    this.#polledAt.length = 0
  }

  /** A fault of the whole line. */
  *lineFault(fault: DeviceFault): Generator<DeviceState> {
    yield* this.#ill(fault)
    this.#polledAt.length = 0
  }

  /** Reads the meter once, and at most one of its slower values. @throws HardwareError of the line */
  async *poll(ask: Ask): AsyncGenerator<Measurement, void, undefined> {
    const startedAt = this.#deps.clock.monotonic()
    this.#dueAt = Math.max(this.#dueAt + 1_000 * this.options.everyS, startedAt)
    const meter = this.#meter ?? (await this.#deps.findMeter(ask))
    if (!('chores' in meter)) return yield* this.#failed(meter, 'address', ask)
    this.#meter = meter
    this.#firstPollAt ??= startedAt
    this.#freshEnergyWh = null
    const energy = this.#dueChore(meter, (name) => name === 'energy')
    if (energy && !this.isFailing) await this.#doChore(energy, ask)
    const outcome = await meter.readPower(ask)
    if (outcome.kind === 'failed') return yield* this.#failed(outcome.failure, outcome.question, ask)
    this.#served(startedAt)
    yield* outcome.value.flaw ? this.#flawed(outcome.value.flaw) : this.#well()
    const { clock } = this.#deps
    const spanMs = clock.monotonic() - startedAt
    yield powerReading(outcome.value, this.#freshEnergyWh, this.options, clock.stamp(outcome.at), spanMs)
    const chore = this.#dueChore(meter, (name) => name !== 'energy')
    if (chore) await this.#doChore(chore, ask)
    const isFirstRoundDone = meter.chores.every(({ name, afterMs }) => afterMs || this.#choreDueAt.has(name))
    if (isFirstRoundDone && this.#hasStatus) yield* this.#status()
  }

  #served(startedAt: Millis): void {
    if (this.#failures > 0) this.#polledAt.length = 0
    this.#failures = 0
    this.#blockedUntil = Number.NEGATIVE_INFINITY
    this.#polledAt.push(startedAt)
    if (this.#polledAt.length > PERIODS_KEPT + 1) this.#polledAt.shift()
  }

  /** What could be read stands; why the rest could not is told when it lasts. */
  *#flawed({ failure, question }: NonNullable<PowerValues['flaw']>): Generator<DeviceState> {
    this.#flaws++
    if (this.#flaws >= FAILURES_TOLD) yield* this.#ill(meterFault(failure, this.address ?? '', question))
    else if (this.#told === null) yield this.#tell('ok', 'ok', '')
  }

  *#well(): Generator<DeviceState> {
    this.#flaws = 0
    const periodMs = this.periodMs
    const { everyS } = this.options
    const isSlow = periodMs !== null && periodMs > SLOW * 1_000 * everyS
    if (this.#told !== 'ok' && this.#told !== 'ok, slow') yield this.#tell('ok', 'ok', '')
    if (this.#told === 'ok' && isSlow) {
      const words = `read each ${(periodMs / 1_000).toFixed(1)} s in place of ${everyS} s: the bus allows no more`
      yield this.#tell('ok, slow', 'ok', words)
    }
  }

  async *#failed(failure: Failure, question: string, ask: Ask): AsyncGenerator<DeviceState, void, undefined> {
    this.#failures++
    const ceilingMs = failure.kind === 'garbled' ? GARBLED_PAUSE_MS : LONGEST_PAUSE_MS
    const pauseMs = Math.min(ceilingMs, OWED_MS * 2 ** Math.min(this.#failures - 1, 10))
    this.#blockedUntil = this.#deps.clock.monotonic() + pauseMs
    const told = failure.kind === 'silent' ? await this.#probe(failure, ask) : failure
    const isCertain = told.kind === 'refused' || told.kind === 'old-protocol'
    if (!isCertain && this.#failures < FAILURES_TOLD) return
    yield* this.#ill(meterFault(told, this.address ?? 'a meter of unknown address', question))
  }

  async #probe(failure: Failure, ask: Ask): Promise<Failure> {
    const probe = this.#meter?.probeOldProtocol
    if (this.#told === 'meter-outdated') return { kind: 'old-protocol' }
    if (!probe || !isProbeDue(this.#failures)) return failure
    const outcome = await probe(ask)
    return outcome.kind === 'failed' && outcome.failure.kind === 'old-protocol' ? outcome.failure : failure
  }

  *#ill({ state, reason, code }: DeviceFault): Generator<DeviceState> {
    if (this.#told !== code) yield this.#tell(code, state, reason)
  }

  #tell(code: string, state: DeviceState['state'], reason: string): DeviceState {
    this.#told = code
    const { clock } = this.#deps
    const { at, quality, errorMs } = clock.stamp(clock.monotonic())
    return { kind: 'device', at, state, reason, clock: quality, ...(errorMs !== null && { clockErrorMs: errorMs }) }
  }

  #dueChore(meter: Meter, fits: (name: Chore['name']) => boolean): Chore | null {
    const now = this.#deps.clock.monotonic()
    const firstAt = ({ afterMs }: Chore) =>
      afterMs && this.#firstPollAt !== null ? this.#firstPollAt + afterMs : Number.NEGATIVE_INFINITY
    const due = (chore: Chore) => this.#choreDueAt.get(chore.name) ?? firstAt(chore)
    const chores = meter.chores.filter((one) => fits(one.name) && due(one) <= now)
    return chores.sort((a, b) => due(a) - due(b))[0] ?? null
  }

  async #doChore(chore: Chore, ask: Ask): Promise<void> {
    this.#choreDueAt.set(chore.name, this.#deps.clock.monotonic() + chore.everyMs)
    const values = await this.#readTwice(chore, ask)
    if (values) this.#take(values.value, values.at)
  }

  /** What is another value than before is asked twice before it is believed: it may be evidence. */
  async #readTwice(chore: Chore, ask: Ask): Promise<{ value: SlowValues; at: Millis } | null> {
    const first = await chore.read(ask)
    if (first.kind === 'failed') return null
    if (this.#isExpected(first.value)) return first
    const second = await chore.read(ask)
    return second.kind === 'answer' && isSame(first.value, second.value) ? second : null
  }

  #isExpected({ activeEnergyWh, clock, measured, ...facts }: SlowValues): boolean {
    if (clock) return false
    if (measured) return isNear(measured, this.#measured ?? {})
    if (activeEnergyWh !== undefined && activeEnergyWh !== null) {
      const stepWh = activeEnergyWh - (this.#energyWh ?? Number.NEGATIVE_INFINITY)
      return stepWh >= 0 && stepWh <= ENERGY_STEP_WH
    }
    return JSON.stringify({ ...this.#facts, ...facts }) === JSON.stringify(this.#facts)
  }

  #take({ activeEnergyWh, clock, measured, ...facts }: SlowValues, at: Millis): void {
    if (measured) this.#measured = { ...NOTHING_MEASURED, ...this.#measured, ...measured }
    if (activeEnergyWh !== undefined) {
      this.#energyWh = activeEnergyWh
      this.#freshEnergyWh = activeEnergyWh
    }
    const offset = clock && clockOffsetS(clock.localMs, this.#deps.utcOffsetHours, this.#deps.clock, at)
    this.#facts = { ...this.#facts, ...facts, ...(offset !== undefined && { clockOffsetS: offset }) }
    this.#hasStatus ||= Object.keys(facts).length > 0 || offset !== undefined
  }

  *#status(): Generator<Measurement> {
    const now = this.#deps.clock.monotonic()
    const facts = JSON.stringify(this.#facts)
    if (facts === this.#toldFacts && now - this.#statusToldAt < STATUS_EVERY_MS) return
    this.#toldFacts = facts
    this.#statusToldAt = now
    yield meterStatus(this.#facts, this.#measured, this.options, this.#deps.clock.stamp(now))
  }
}

/** So far values move between two reads of the same load. */
const NEAR: MeterMeasured = {
  reverseActiveEnergyWh: ENERGY_STEP_WH,
  powerFactor: 0.1,
  frequencyHz: 0.5,
  neutralCurrentA: 1,
}

const NOTHING_MEASURED: MeterMeasured = {
  reverseActiveEnergyWh: null,
  powerFactor: null,
  frequencyHz: null,
  neutralCurrentA: null,
}

function isNear(a: Partial<MeterMeasured>, b: Partial<MeterMeasured>): boolean {
  return (Object.keys(a) as (keyof MeterMeasured)[]).every((name) => {
    const [one = null, other = null] = [a[name], b[name]]
    return one === null || other === null ? one === other : Math.abs(one - other) <= (NEAR[name] ?? 0)
  })
}

function isSame(a: SlowValues, b: SlowValues): boolean {
  const { activeEnergyWh: energyA = null, clock: clockA, measured: measuredA, ...factsA } = a
  const { activeEnergyWh: energyB = null, clock: clockB, measured: measuredB, ...factsB } = b
  if (measuredA && measuredB) return isNear(measuredA, measuredB)
  if (energyA !== null && energyB !== null) return Math.abs(energyA - energyB) <= SAME_ENERGY_WH
  if (clockA && clockB) return Math.abs(clockA.localMs - clockB.localMs) <= 10_000
  return energyA === energyB && !clockA === !clockB && JSON.stringify(factsA) === JSON.stringify(factsB)
}
