/**
 * Reads a meter of DL/T 645-2007: blocks where it knows them, single values where not, and what it does not have at all
 * is asked again only once in a while.
 */
import type { Chore, Meter, PowerValues, SlowValues } from '../meter-bus/meter.ts'
import type { Ask, Outcome, Question } from '../meter-bus/question.ts'
import type { MeterAddress } from './address.ts'
import { type Parse, question1997, readQuestion, Wrong } from './questions.ts'
import { EVENT_COUNTS, phaseFaultsOf, relayStatusOf, STATUS_IDENTIFIERS, supplyFaultsOf } from './status.ts'
import { BLOCKS, QUANTITIES, type Quantity, type QuantityName, readQuantity } from './values.ts'

/** `auto`: learnt from the meter's refusal, and kept while the gateway runs. */
export type BlockUse = boolean | 'auto'
type BlockName = keyof typeof BLOCKS
type Numbers = readonly (number | null)[]

/** What a meter cannot measure without being broken; units of the quantity. */
const MOST: { readonly [unit in Quantity['unit']]?: number } = { V: 600, A: 500, Hz: 70 }
/**
 * Two readings of a value within a second: a motor that starts changes more, and is asked a third time. Damage that the sum
 * does not see stays below it: no more than a meter of class 2 may err by.
 */
const SAME_SHARE = 0.02
const SAME_DIGITS = 5

/** A refusal `no such data` is remembered for so many polls: a meter may have been parametrised meanwhile. */
const MISSING_POLLS = 3_600
export interface Dlt645Options {
  readonly address: MeterAddress
  readonly blocks: BlockUse
}

export function createDlt645Meter({ address, blocks }: Dlt645Options): Meter {
  const power = new PowerReader(address, blocks)
  return {
    address,
    readPower: (ask) => power.read(ask),
    chores: [energyChore(address), statusChore(address), eventsChore(address), clockChore(address)],
    probeOldProtocol: (ask) => ask(question1997(address)),
  }
}

const SINGLES: { readonly [B in BlockName]: readonly QuantityName[] } = {
  voltages: BLOCKS.voltages.of,
  currents: BLOCKS.currents.of,
  activePowers: ['activePower'],
  reactivePowers: ['reactivePower'],
}
/** The active power first: it is what the reading's time is of. */
const ORDER: readonly BlockName[] = ['activePowers', 'voltages', 'currents', 'reactivePowers']

class PowerReader {
  readonly #address: MeterAddress
  readonly #blocks: BlockUse
  readonly #singly = new Set<BlockName>()
  /** Identifiers that the meter does not have, and for how many polls that is believed. */
  readonly #missing = new Map<number, number>()

  constructor(address: MeterAddress, blocks: BlockUse) {
    this.#address = address
    this.#blocks = blocks
  }

  async read(ask: Ask): Promise<Outcome<PowerValues>> {
    const got: { [B in BlockName]?: Numbers } = {}
    let at: number | null = null
    let failed: Outcome<never> | null = null
    for (const name of ORDER) {
      const outcome = await this.#readGroup(ask, name)
      if (outcome.kind === 'answer') {
        at ??= outcome.at
        got[name] = outcome.value
      } else if (isMissing(outcome)) got[name] = []
      else {
        failed = outcome
        // Who does not answer soundly is not asked three times more.
        if (outcome.failure.kind !== 'nonsense') break
      }
    }
    if (failed?.kind === 'failed' && failed.failure.kind === 'refused') return failed
    if (at === null) return failed ?? missing('power')
    const { activePowers, reactivePowers, voltages, currents } = got
    const power = (numbers?: Numbers) => (typeof numbers?.[0] === 'number' ? numbers[0] * 1_000 : null)
    return {
      kind: 'answer',
      at,
      value: {
        voltageV: three(voltages),
        currentA: three(currents),
        activePowerW: power(activePowers),
        reactivePowerVar: power(reactivePowers),
        flaw: failed?.kind === 'failed' ? failed : null,
      },
    }
  }

  async #readGroup(ask: Ask, name: BlockName): Promise<Outcome<Numbers>> {
    if (this.#blocks === false || this.#singly.has(name)) return await this.#readSingles(ask, name)
    const outcome = await ask(blockQuestion(this.#address, name))
    if (this.#blocks === 'auto' && isMissing(outcome)) {
      this.#singly.add(name)
      return await this.#readSingles(ask, name)
    }
    return outcome
  }

  /** @returns a failure only when the meter fails, not when it lacks a value */
  async #readSingles(ask: Ask, name: BlockName): Promise<Outcome<Numbers>> {
    const numbers: (number | null)[] = []
    let at: number | null = null
    for (const single of SINGLES[name]) {
      const { identifier } = QUANTITIES[single]
      if (this.#isKnownMissing(identifier)) {
        numbers.push(null)
        continue
      }
      const outcome = await ask(singleQuestion(this.#address, single))
      if (outcome.kind === 'answer') {
        at = outcome.at
        numbers.push(outcome.value[0] ?? null)
      } else if (isMissing(outcome)) {
        this.#missing.set(identifier, MISSING_POLLS)
        numbers.push(null)
      } else return outcome
    }
    return at === null ? missing(name) : { kind: 'answer', value: numbers, at }
  }

  #isKnownMissing(identifier: number): boolean {
    const left = this.#missing.get(identifier) ?? 0
    if (left > 1) this.#missing.set(identifier, left - 1)
    else this.#missing.delete(identifier)
    return left > 0
  }
}

export const blockQuestion = (address: MeterAddress, name: BlockName): Question<Numbers> =>
  quantitiesQuestion(name, address, BLOCKS[name].identifier, BLOCKS[name].of)
export const singleQuestion = (address: MeterAddress, name: QuantityName): Question<Numbers> =>
  quantitiesQuestion(name, address, QUANTITIES[name].identifier, [name])

function quantitiesQuestion(
  name: string,
  address: MeterAddress,
  identifier: number,
  of: readonly QuantityName[],
): Question<Numbers> {
  const specs: Quantity[] = of.map((one) => QUANTITIES[one])
  return readQuestion({
    name,
    address,
    identifier,
    bytes: specs.reduce((sum, { bytes }) => sum + bytes, 0),
    parse: (data) => parseQuantities(name, data, specs),
    agrees: (a, b) => specs.every((spec, i) => isSame(a[i] ?? null, b[i] ?? null, spec)),
  })
}

function parseQuantities(name: string, data: Uint8Array, specs: readonly Quantity[]): Numbers | Wrong {
  const numbers: (number | null)[] = []
  let at = 0
  for (const spec of specs) {
    const value = readQuantity(data, at, spec)
    if (value === undefined) return new Wrong(`${name}: not decimal digits`)
    if (value !== null && Math.abs(value) > (MOST[spec.unit] ?? Number.POSITIVE_INFINITY))
      return new Wrong(`${name}: ${value} ${spec.unit} cannot be`)
    numbers.push(value)
    at += spec.bytes
  }
  return numbers
}

const isSame = (a: number | null, b: number | null, { decimals, unit }: Quantity): boolean => {
  if (a === null || b === null) return a === b
  // The voltage of a live line hardly changes.
  const share = unit === 'V' ? 0 : SAME_SHARE
  return Math.abs(a - b) <= share * Math.max(Math.abs(a), Math.abs(b)) + SAME_DIGITS / 10 ** decimals
}

const three = (numbers: Numbers = []): PowerValues['voltageV'] => [
  numbers[0] ?? null,
  numbers[1] ?? null,
  numbers[2] ?? null,
]

const isMissing = (outcome: Outcome<unknown>): boolean =>
  outcome.kind === 'failed' && outcome.failure.kind === 'refused' && outcome.failure.isMissing
const missing = (question: string): Outcome<never> => ({
  kind: 'failed',
  question,
  failure: { kind: 'refused', reason: `${question}: no such data`, isMissing: true },
})

function energyChore(address: MeterAddress): Chore {
  return {
    name: 'energy',
    everyMs: 60_000,
    async read(ask) {
      const outcome = await ask(singleQuestion(address, 'forwardActiveEnergy'))
      if (isMissing(outcome)) return answer({ activeEnergyWh: null }, 0)
      if (outcome.kind === 'failed') return outcome
      const kilowattHours = outcome.value[0] ?? null
      return answer({ activeEnergyWh: kilowattHours === null ? null : kilowattHours * 1_000 }, outcome.at)
    },
  }
}

const answer = (value: SlowValues, at: number): Outcome<SlowValues> => ({ kind: 'answer', value, at })

/** Status words 3 to 7; all seven in one answer where the meter knows that. */
function statusChore(address: MeterAddress): Chore {
  let knowsAll = true
  const { word3, phaseA, phaseB, phaseC, word7 } = STATUS_IDENTIFIERS
  return {
    name: 'status',
    everyMs: 60_000,
    async read(ask) {
      if (knowsAll) {
        const outcome = await ask(wordsQuestion(address, STATUS_IDENTIFIERS.all, 7))
        if (outcome.kind === 'answer') return answer(statusOf(outcome.value.slice(2)), outcome.at)
        if (!isMissing(outcome)) return outcome
        knowsAll = false
      }
      const words: (number | null)[] = []
      let at = 0
      for (const identifier of [word3, phaseA, phaseB, phaseC, word7]) {
        const outcome = await ask(wordsQuestion(address, identifier, 1))
        if (outcome.kind === 'answer') {
          words.push(outcome.value[0] ?? null)
          at = outcome.at
        } else if (isMissing(outcome)) words.push(null)
        else return outcome
      }
      return answer(statusOf(words), at)
    },
  }
}

export const wordsQuestion = (address: MeterAddress, identifier: number, count: number): Question<readonly number[]> =>
  readQuestion({
    name: 'status words',
    address,
    identifier,
    bytes: 2 * count,
    parse: (data): readonly number[] => Array.from({ length: count }, (_, i) => data[2 * i]! | (data[2 * i + 1]! << 8)),
    agrees: (a, b) => a.every((word, i) => word === b[i]),
  })

/** @param words 3, 4, 5, 6, 7; `null`: the meter does not have it */
function statusOf([word3, ...others]: readonly (number | null)[]): SlowValues {
  const relay = typeof word3 === 'number' ? relayStatusOf(word3) : null
  const phases = others.slice(0, 3).flatMap((word, i) => phaseNames(word ?? 0, 'abc'[i] ?? ''))
  const supply = others[3] ?? null
  const isTold = others.some((word) => word !== null)
  return {
    relayOff: relay?.relayOff ?? null,
    commandedOff: relay?.commandedOff ?? null,
    preTripAlarm: relay?.preTripAlarm ?? null,
    isProtected: relay?.isProtected ?? null,
    faults: isTold ? [...phases, ...(supply === null ? [] : supplyFaultsOf(supply))] : null,
  }
}

const phaseNames = (word: number, phase: string): string[] => phaseFaultsOf(word).map((fault) => `${phase}-${fault}`)

function eventsChore(address: MeterAddress): Chore {
  return {
    name: 'events',
    everyMs: 60_000,
    async read(ask) {
      const counts: (number | null)[] = []
      let at = 0
      for (const identifier of [EVENT_COUNTS.coverOpened, EVENT_COUNTS.terminalCoverOpened, EVENT_COUNTS.powerLost]) {
        const outcome = await ask(countQuestion(address, identifier))
        if (outcome.kind === 'answer') {
          counts.push(outcome.value)
          at = outcome.at
        } else if (isMissing(outcome)) counts.push(null)
        else return outcome
      }
      const [coverOpenings = null, terminalCoverOpenings = null, powerLosses = null] = counts
      return answer({ coverOpenings, terminalCoverOpenings, powerLosses }, at)
    },
  }
}

const COUNT: Quantity = { identifier: 0, bytes: 3, decimals: 0, signed: false, unit: '' }
const countQuestion = (address: MeterAddress, identifier: number): Question<number | null> =>
  readQuestion({
    name: 'event count',
    address,
    identifier,
    bytes: COUNT.bytes,
    parse: (data) => readQuantity(data, 0, COUNT) ?? (isFilled(data) ? null : new Wrong('event count: not digits')),
    agrees: (a, b) => a === b,
  })
const isFilled = (data: Uint8Array): boolean => data.every((byte) => byte === 0xff)

const DATE = 0x04000101
const TIME = 0x04000102
/** Date and time are two answers: near midnight they may be of two days. */
const MIDNIGHT_MS = 10_000
const DAY_MS = 86_400_000

function clockChore(address: MeterAddress): Chore {
  return {
    name: 'clock',
    everyMs: 3_600_000,
    async read(ask) {
      const date = await ask(digitsQuestion(address, DATE, 4, parseDate))
      if (isMissing(date)) return answer({}, 0)
      if (date.kind === 'failed') return date
      const time = await ask(digitsQuestion(address, TIME, 3, parseTime))
      if (isMissing(time)) return answer({}, 0)
      if (time.kind === 'failed') return time
      const isNearMidnight = time.value < MIDNIGHT_MS || time.value > DAY_MS - MIDNIGHT_MS
      return answer(isNearMidnight ? {} : { clock: { localMs: date.value + time.value } }, time.at)
    },
  }
}

const digitsQuestion = (address: MeterAddress, identifier: number, bytes: number, parse: Parse<number>) =>
  readQuestion({ name: 'clock', address, identifier, bytes, parse, agrees: (a, b) => Math.abs(a - b) <= 5_000 })

const twoDigits = (byte: number): number =>
  byte >> 4 > 9 || (byte & 15) > 9 ? Number.NaN : (byte >> 4) * 10 + (byte & 15)

/** WW DD MM YY. */
function parseDate(data: Uint8Array): number | Wrong {
  const [, day, month, year] = Array.from(data, twoDigits)
  const ms = Date.UTC(2000 + year!, month! - 1, day)
  const isDate = new Date(ms).getUTCDate() === day && new Date(ms).getUTCMonth() === month! - 1
  return isDate ? ms : new Wrong('clock: no date')
}

/** ss mm hh. */
function parseTime(data: Uint8Array): number | Wrong {
  const [second, minute, hour] = Array.from(data, twoDigits)
  if (!(second! < 60 && minute! < 60 && hour! < 24)) return new Wrong('clock: no time of day')
  return ((hour! * 60 + minute!) * 60 + second!) * 1_000
}
