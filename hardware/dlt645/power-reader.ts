/**
 * Reads what is read at each poll: blocks where the meter knows them, single values where not, and what it does not have at
 * all is asked again only once in a while.
 */
import type { PowerValues } from '../meter-bus/meter.ts'
import type { Ask, Outcome } from '../meter-bus/question.ts'
import type { MeterAddress } from './address.ts'
import { isMissing, isPart, missing } from './missing.ts'
import { type BlockName, blockQuestion, type Numbers, singleQuestion } from './quantity-questions.ts'
import { BLOCKS, QUANTITIES, type QuantityName } from './values.ts'

/** `auto`: learnt from the meter's refusal, and kept while the gateway runs. */
export type BlockUse = boolean | 'auto'

/** A refusal `no such data` is remembered for so many polls: a meter may have been parametrised meanwhile. */
const MISSING_POLLS = 3_600

const SINGLES: { readonly [B in BlockName]: readonly QuantityName[] } = {
  voltages: BLOCKS.voltages.of,
  currents: BLOCKS.currents.of,
  activePowers: ['activePower'],
  reactivePowers: ['reactivePower'],
}
/** The active power first: it is what the reading's time is of. */
const ORDER: readonly BlockName[] = ['activePowers', 'voltages', 'currents', 'reactivePowers']

export class PowerReader {
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
    // A meter whose frames are short gives a block in several: its single values fit into one each.
    if ((this.#blocks === 'auto' && isMissing(outcome)) || isPart(outcome)) {
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

const three = (numbers: Numbers = []): PowerValues['voltageV'] => [
  numbers[0] ?? null,
  numbers[1] ?? null,
  numbers[2] ?? null,
]
