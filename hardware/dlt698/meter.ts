/**
 * Reads a meter of DL/T 698.45: all values of a poll in one list where the meter takes lists. An answer carries the
 * number of its question, so that a late one is known for what it is.
 */

import { isMissing } from '../dlt645/missing.ts'
import { faultsOfPhases, relayStatusOf, standingFaultsOf, supplyFaultsOf } from '../dlt645/status.ts'
import type { Chore, Meter, PowerValues, SlowValues } from '../meter-bus/meter.ts'
import type { Ask, Outcome, Question, Verdict } from '../meter-bus/question.ts'
import type { MeterData } from './data.ts'
import { encodeFrame, WILDCARD } from './frame.ts'
import { ATTRIBUTES, type AttributeResult, decodeGetAnswer, encodeGet } from './get.ts'

type AttributeName = keyof typeof ATTRIBUTES
/** By attribute: numbers, one element a phase; `null`: the meter does not have it. */
type Results = readonly (MeterData | null)[]

/** Any but 0: some meters do not answer a client that does not tell its number. */
const CLIENT = 0x10
const INVOCATIONS = 64
/** Of an answer, for its time on the line: head, a list of four attributes of four values each, sums. */
const ANSWER_BYTES = 130
/** What a meter cannot measure without being broken; in the attribute's unit. */
const MOST: { readonly [A in AttributeName]?: number } = {
  voltages: 600,
  currents: 500,
  activePowers: 1e6,
  reactivePowers: 1e6,
}
const SAME_SHARE = 0.1
const SAME_STEPS = 20

export interface Dlt698Options {
  /** Twelve digits. */
  readonly address: string
  /** Lists in place of single reads; `auto`: until the meter refuses one. */
  readonly blocks: boolean | 'auto'
}

export function createDlt698Meter({ address, blocks }: Dlt698Options): Meter {
  const invocation = counter()
  let useLists = blocks !== false
  const read = (ask: Ask, names: readonly AttributeName[]) => readAll(ask, names)

  /** The results of several attributes, in one list or one by one. */
  async function readAll(ask: Ask, names: readonly AttributeName[]): Promise<Outcome<Results>> {
    if (useLists || names.length === 1) {
      const outcome = await ask(getQuestion(address, names, invocation()))
      if (outcome.kind === 'answer' || names.length === 1) return outcome
      const { failure } = outcome
      // Who says of each that there is no such object has read the list.
      const isListRefused = failure.kind === 'nonsense' || (failure.kind === 'refused' && !failure.isMissing)
      if (blocks !== 'auto' || !isListRefused) return outcome
      useLists = false
    }
    const results: (MeterData | null)[] = []
    let at: number | null = null
    for (const name of names) {
      const outcome = await ask(getQuestion(address, [name], invocation()))
      if (outcome.kind === 'failed') return outcome
      at ??= outcome.at
      results.push(outcome.value[0] ?? null)
    }
    return { kind: 'answer', value: results, at: at ?? 0 }
  }

  return {
    address,
    async readPower(ask) {
      const outcome = await read(ask, ['activePowers', 'voltages', 'currents', 'reactivePowers'])
      return outcome.kind === 'answer' ? { ...outcome, value: powerOf(outcome.value) } : outcome
    },
    chores: [energyChore(read), statusChore(read), eventsChore(read), clockChore(read), measuredChore(read)],
    probeOldProtocol: null,
  }
}

type Read = (ask: Ask, names: readonly AttributeName[]) => Promise<Outcome<Results>>

function counter(): () => number {
  let last = 0
  return () => {
    last = (last + 1) % INVOCATIONS
    return last
  }
}

/** The read of one attribute or of a list of them. */
export function getQuestion(address: string, names: readonly AttributeName[], invocation: number): Question<Results> {
  const descriptors = names.map((name) => ATTRIBUTES[name].descriptor)
  return {
    name: names.join(', '),
    bytes: encodeFrame({ address, client: CLIENT }, encodeGet(descriptors, invocation)),
    answerBytes: ANSWER_BYTES,
    isStrong: true,
    agrees: (a, b) => a.every((result, i) => isSame(result, b[i] ?? null)),
    judge({ protocol, frame }) {
      if (protocol !== 'dlt698' || !frame.isAnswer) return { kind: 'unrelated' }
      if (address !== WILDCARD && frame.address !== address) return { kind: 'other-address', address: frame.address }
      if (frame.isSegmented) return { kind: 'nonsense', reason: `${names.join(', ')}: answered in segments` }
      const results = decodeGetAnswer(frame.apdu, invocation)
      return results === null ? { kind: 'unrelated' } : resultsVerdict(names, results)
    },
  }
}

function resultsVerdict(names: readonly AttributeName[], results: readonly AttributeResult[]): Verdict<Results> {
  const values: (MeterData | null)[] = []
  const refusals: string[] = []
  for (const [i, name] of names.entries()) {
    const result = results[i]
    if (result?.descriptor !== ATTRIBUTES[name].descriptor)
      return { kind: 'nonsense', reason: `${name}: another attribute is answered` }
    if (result.kind === 'refused') {
      refusals.push(`${name}: ${result.reason}`)
      values.push(null)
    } else if (!isPlausible(name, result.data)) return { kind: 'nonsense', reason: `${name}: a value that cannot be` }
    else values.push(result.data)
  }
  // A meter that lacks one attribute of several has the others all the same.
  if (refusals.length === names.length) {
    const isMissing = refusals.every((reason) => reason.includes('no such object'))
    return { kind: 'refused', reason: refusals.join('; '), isMissing }
  }
  return { kind: 'answer', value: values }
}

function isPlausible(name: AttributeName, data: MeterData): boolean {
  const most = MOST[name]
  if (most === undefined) return true
  return Array.isArray(data) && data.every((value) => value === null || isWithin(value, most / ATTRIBUTES[name].scale))
}
const isWithin = (value: MeterData, most: number): boolean => typeof value === 'number' && Math.abs(value) <= most

function isSame(a: MeterData | null, b: MeterData | null): boolean {
  if (typeof a === 'number' && typeof b === 'number')
    return Math.abs(a - b) <= SAME_SHARE * Math.max(Math.abs(a), Math.abs(b)) + SAME_STEPS
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((one: MeterData, i) => isSame(one, (b[i] as MeterData) ?? null))
  // A clock moves on between two answers; what it shows is checked by itself.
  if (isKind(a, 'time') && isKind(b, 'time')) return true
  return JSON.stringify(a) === JSON.stringify(b)
}
const isKind = (data: MeterData, kind: string): boolean =>
  typeof data === 'object' && data !== null && 'kind' in data && data.kind === kind

function powerOf([activePowers, voltages, currents, reactivePowers]: Results): PowerValues {
  return {
    voltageV: three(voltages, ATTRIBUTES.voltages.scale),
    currentA: three(currents, ATTRIBUTES.currents.scale),
    activePowerW: element(activePowers, 0, ATTRIBUTES.activePowers.scale),
    reactivePowerVar: element(reactivePowers, 0, ATTRIBUTES.reactivePowers.scale),
    flaw: null,
  }
}

const three = (data: MeterData | undefined, scale: number): PowerValues['voltageV'] => [
  element(data, 0, scale),
  element(data, 1, scale),
  element(data, 2, scale),
]

/** Steps are whole numbers: dividing by their count keeps 220.1 from becoming 220.10000000000002. */
function element(data: MeterData | undefined, index: number, scale: number): number | null {
  const value = Array.isArray(data) ? (data[index] as MeterData | undefined) : undefined
  return typeof value === 'number' ? value / Math.round(1 / scale) : null
}

const scalar = (data: MeterData | undefined, scale: number): number | null =>
  typeof data === 'number' ? data / Math.round(1 / scale) : null

const answer = (value: SlowValues, at: number): Outcome<SlowValues> => ({ kind: 'answer', value, at })

function energyChore(read: Read): Chore {
  return {
    name: 'energy',
    everyMs: 60_000,
    async read(ask) {
      const outcome = await read(ask, ['forwardActiveEnergy'])
      if (isMissing(outcome)) return answer({ activeEnergyWh: null }, 0)
      if (outcome.kind === 'failed') return outcome
      const kilowattHours = element(outcome.value[0], 0, ATTRIBUTES.forwardActiveEnergy.scale)
      return answer({ activeEnergyWh: kilowattHours === null ? null : kilowattHours * 1_000 }, outcome.at)
    },
  }
}

/** Status words 1 to 7, of which each means what the word of the same number of DL/T 645-2007 means. */
function statusChore(read: Read): Chore {
  return {
    name: 'status',
    everyMs: 60_000,
    async read(ask) {
      const outcome = await read(ask, ['statusWords'])
      if (isMissing(outcome)) return answer({}, 0)
      if (outcome.kind === 'failed') return outcome
      const words = Array.isArray(outcome.value[0]) ? outcome.value[0].map(wordOf) : []
      const [, , word3 = null, a = null, b = null, c = null, word7 = null] = words
      const relay = word3 === null ? null : relayStatusOf(word3)
      const phases = faultsOfPhases([a, b, c])
      return answer(
        {
          relayOff: relay?.relayOff ?? null,
          commandedOff: relay?.commandedOff ?? null,
          preTripAlarm: relay?.preTripAlarm ?? null,
          isProtected: relay?.isProtected ?? null,
          faults:
            word7 === null ? null : [...phases, ...supplyFaultsOf(word7), ...(relay ? standingFaultsOf(relay) : [])],
        },
        outcome.at,
      )
    },
  }
}

/** A meter of this standard tells no neutral current in an object of its own that all have. */
function measuredChore(read: Read): Chore {
  return {
    name: 'measured',
    everyMs: 300_000,
    afterMs: 60_000,
    async read(ask) {
      const outcome = await read(ask, ['reverseActiveEnergy', 'powerFactors', 'frequency'])
      if (isMissing(outcome)) return answer({}, 0)
      if (outcome.kind === 'failed') return outcome
      const [reverse, powerFactors, frequency] = outcome.value
      const kilowattHours = element(reverse, 0, ATTRIBUTES.reverseActiveEnergy.scale)
      return answer(
        {
          measured: {
            reverseActiveEnergyWh: kilowattHours === null ? null : kilowattHours * 1_000,
            powerFactor: element(powerFactors, 0, ATTRIBUTES.powerFactors.scale),
            frequencyHz: scalar(frequency, ATTRIBUTES.frequency.scale),
            neutralCurrentA: null,
          },
        },
        outcome.at,
      )
    },
  }
}

const EVENTS = ['coverOpenings', 'terminalCoverOpenings', 'powerLosses'] as const

function eventsChore(read: Read): Chore {
  return {
    name: 'events',
    everyMs: 60_000,
    async read(ask) {
      const outcome = await read(ask, EVENTS)
      if (isMissing(outcome)) return answer({}, 0)
      if (outcome.kind === 'failed') return outcome
      const [coverOpenings = null, terminalCoverOpenings = null, powerLosses = null] = outcome.value.map(countOf)
      return answer({ coverOpenings, terminalCoverOpenings, powerLosses }, outcome.at)
    },
  }
}

/** All that ever set an event off, each `[what, [times, seconds]]`; `null`: the meter does not count it. */
export function countOf(data: MeterData): number | null {
  if (!Array.isArray(data)) return null
  const counts = data.map((item: MeterData): MeterData | undefined => {
    const times: MeterData | undefined = Array.isArray(item) ? item[1] : undefined
    return Array.isArray(times) ? times[0] : undefined
  })
  return counts.every((count) => typeof count === 'number') ? counts.reduce((sum, count) => sum + count, 0) : null
}

/**
 * A bit string counts from its first byte's top bit; a word from its lowest. So do meters: a laboratory's program that
 * proves them takes `01 04` for bits 7 and 13.
 */
export function wordOf(data: MeterData): number | null {
  if (typeof data !== 'object' || data === null || !('kind' in data) || data.kind !== 'bits' || data.length !== 16)
    return null
  let word = 0
  for (let bit = 0; bit < 16; bit++) if ((data.bytes[bit >> 3]! >> (7 - (bit & 7))) & 1) word |= 1 << bit
  return word
}

function clockChore(read: Read): Chore {
  return {
    name: 'clock',
    everyMs: 3_600_000,
    async read(ask) {
      const outcome = await read(ask, ['clock'])
      if (isMissing(outcome)) return answer({}, 0)
      if (outcome.kind === 'failed') return outcome
      const time = outcome.value[0] ?? null
      if (typeof time !== 'object' || time === null || !('kind' in time) || time.kind !== 'time')
        return answer({}, outcome.at)
      const { year, month, day, hour, minute, second } = time
      return answer({ clock: { localMs: Date.UTC(year, month - 1, day, hour, minute, second) } }, outcome.at)
    },
  }
}

/** Whoever hears it says its address: for a bus with one meter. */
export function addressQuestion(): Question<string> {
  const { judge, ...rest } = getQuestion(WILDCARD, ['address'], 0)
  return {
    ...rest,
    agrees: (a, b) => a === b,
    judge(heard) {
      const verdict = judge(heard)
      if (verdict.kind !== 'answer' || heard.protocol !== 'dlt698') return verdict as Verdict<string>
      return { kind: 'answer', value: heard.frame.address }
    },
  }
}
