/** What is read of a meter once a minute or less: energy, status, events, its clock. */
import type { MeterMeasured } from '../contract.ts'
import type { Chore, SlowValues } from '../meter-bus/meter.ts'
import type { Outcome, Question } from '../meter-bus/question.ts'
import type { MeterAddress } from './address.ts'
import { isMissing, isPart } from './missing.ts'
import { singleQuestion } from './quantity-questions.ts'
import { type Parse, readQuestion, Wrong } from './questions.ts'
import {
  EVENT_COUNTS,
  faultsOfPhases,
  relayStatusOf,
  STATUS_IDENTIFIERS,
  standingFaultsOf,
  supplyFaultsOf,
} from './status.ts'
import { type Quantity, type QuantityName, readQuantity } from './values.ts'

export const choresOf = (address: MeterAddress): readonly Chore[] => [
  energyChore(address),
  statusChore(address),
  eventsChore(address),
  clockChore(address),
  ...measuredChores(address),
]

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
        if (!isMissing(outcome) && !isPart(outcome)) return outcome
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
  const phases = faultsOfPhases(others.slice(0, 3))
  const supply = others[3] ?? null
  const isTold = relay !== null || others.some((word) => word !== null)
  const standing = relay ? standingFaultsOf(relay) : []
  return {
    relayOff: relay?.relayOff ?? null,
    commandedOff: relay?.commandedOff ?? null,
    preTripAlarm: relay?.preTripAlarm ?? null,
    isProtected: relay?.isProtected ?? null,
    faults: isTold ? [...phases, ...(supply === null ? [] : supplyFaultsOf(supply)), ...standing] : null,
  }
}

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

/** What tells a turned transformer, a return through the earth, and a generator from the grid; each in a turn of its own. */
const MEASURED: { readonly [K in keyof MeterMeasured]: { readonly quantity: QuantityName; readonly factor: number } } =
  {
    reverseActiveEnergyWh: { quantity: 'reverseActiveEnergy', factor: 1_000 },
    powerFactor: { quantity: 'powerFactor', factor: 1 },
    frequencyHz: { quantity: 'frequency', factor: 1 },
    neutralCurrentA: { quantity: 'neutralCurrent', factor: 1 },
  }

const measuredChores = (address: MeterAddress): Chore[] =>
  Object.entries(MEASURED).map(([key, { quantity, factor }], i) => ({
    name: `measured ${quantity}`,
    everyMs: 300_000,
    // Not all in one round.
    afterMs: 60_000 * (i + 1),
    async read(ask) {
      const outcome = await ask(singleQuestion(address, quantity))
      if (isMissing(outcome)) return answer({ measured: { [key]: null } }, 0)
      if (outcome.kind === 'failed') return outcome
      const value = outcome.value[0] ?? null
      return answer({ measured: { [key]: value === null ? null : value * factor } }, outcome.at)
    },
  }))

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
