/** One meter: what is asked of it next, and what its answers come to. */
import type { Clock, Millis } from '@minewarden/protocol/time.ts'
import { HardwareError } from '../errors.ts'
import type { Flaw } from './answer.ts'
import { isAboutRegisters, missingAnswer, refusal } from './meter-fault.ts'
import type { ReadResult } from './modbus-serial.ts'
import type { MeterOptions } from './options.ts'
import { OwedAnswers } from './owed-answers.ts'
import { type PowerValues, powerValues, trueValue } from './power-values.ts'
import { type Quantity, REGISTERS_OF, resolveProfile } from './profile.ts'
import { planBlocks, type RegisterBlock, shorterBlocks, splitBlock } from './read-plan.ts'
import { decodeValue } from './register-value.ts'

/** Asks the meter for one block. @throws HardwareError `line-lost` */
export type AskMeter = (block: RegisterBlock) => Promise<ReadResult>

export interface MeterDeps {
  readonly clock: Pick<Clock, 'monotonic'>
  /** Whether an answer names its question: TCP numbers them, RTU does not. */
  readonly answersAreNumbered: boolean
}

/** What one round of questions gave. */
export type Poll =
  | {
      readonly kind: 'values'
      readonly values: PowerValues
      /** From the first question to the last answer. */
      readonly fromAt: Millis
      readonly toAt: Millis
      /** The meter has not all that its profile promises: those stay `null`. */
      readonly flaw: HardwareError | null
    }
  | { readonly kind: 'fault'; readonly fault: HardwareError }

/** More refusals than a profile has values lead nowhere. */
const SPLITS_CEILING = 32

/** After these no answer is owed: it came damaged, or nothing was asked. */
const SETTLED: ReadonlySet<Flaw['kind']> = new Set(['check-sum', 'flood'])

export class Meter {
  readonly options: MeterOptions
  readonly #deps: MeterDeps
  readonly #owed = new OwedAnswers()
  readonly #candidates: readonly RegisterBlock[]
  #blocks: RegisterBlock[]
  #refused: HardwareError | null = null
  /** Why the last answer that did not come did not. */
  #lastMiss: HardwareError | null = null

  constructor(options: MeterOptions, deps: MeterDeps) {
    this.options = options
    this.#deps = deps
    this.#blocks = planBlocks(resolveProfile(options.profile))
    this.#candidates = shorterBlocks(this.#blocks)
  }

  /** Asks for everything once. @throws HardwareError `line-lost` */
  async poll(ask: AskMeter): Promise<Poll> {
    const stale = this.#deps.answersAreNumbered ? null : await this.#catchUp(ask)
    if (stale) return { kind: 'fault', fault: stale }
    const read = new Map<Quantity, number>()
    let [fromAt, toAt] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
    for (let i = 0, splits = 0; i < this.#blocks.length; ) {
      const block = this.#blocks[i] as RegisterBlock
      const result = await this.#ask(ask, block)
      if (result.kind === 'exception' && isAboutRegisters(result.code) && splits++ < SPLITS_CEILING) {
        i += this.#narrow(i, block, result.code)
        continue
      }
      if (result.kind !== 'words') return { kind: 'fault', fault: this.#faultOf(block, result) }
      const problem = takeValues(block, result.words, read)
      if (problem) return { kind: 'fault', fault: this.#implausible(problem) }
      fromAt = Math.min(fromAt, result.askedAt)
      toAt = Math.max(toAt, result.at)
      i += 1
    }
    if (read.size === 0) return { kind: 'fault', fault: this.#refused ?? this.#implausible('no registers left') }
    return { kind: 'values', values: powerValues(read, this.options), fromAt, toAt, flaw: this.#refused }
  }

  /** Asks one question whose answer cannot be an earlier one's, until such an answer came. */
  async #catchUp(ask: AskMeter): Promise<HardwareError | null> {
    const now = this.#deps.clock.monotonic()
    if (!this.#owed.isOwed(now)) return null
    const block = this.#owed.safe(this.#candidates, now)
    if (!block) return this.#lastMiss
    const result = await this.#ask(ask, block)
    return result.kind === 'words' ? null : this.#faultOf(block, result)
  }

  async #ask(ask: AskMeter, block: RegisterBlock): Promise<ReadResult> {
    const result = await ask(block)
    if (result.kind === 'words') this.#owed.settle()
    else if (result.kind === 'flaw' && !SETTLED.has(result.flaw.kind)) {
      this.#owed.missed(block.count, this.#deps.clock.monotonic())
      this.#lastMiss = missingAnswer(this.options.unit, result.flaw)
    }
    return result
  }

  /** Asks for less from now on; tells by how much to go on. */
  #narrow(at: number, block: RegisterBlock, code: number): number {
    const parts = splitBlock(block)
    if (parts.length > 1) this.#blocks.splice(at, 1, ...parts)
    else {
      this.#blocks.splice(at, 1)
      this.#refused = refusal(this.options.unit, code, describe(block))
    }
    return 0
  }

  #faultOf(block: RegisterBlock, result: Exclude<ReadResult, { kind: 'words' }>): HardwareError {
    const { unit } = this.options
    return result.kind === 'flaw' ? missingAnswer(unit, result.flaw) : refusal(unit, result.code, describe(block))
  }

  #implausible(problem: string): HardwareError {
    return new HardwareError('meter-implausible', `unit ${this.options.unit}: ${problem}`)
  }

  /** Asks for everything again, in case it is another meter now. */
  forgetRefusals(): void {
    if (!this.#refused) return
    this.#refused = null
    this.#blocks = planBlocks(resolveProfile(this.options.profile))
  }
}

function takeValues(block: RegisterBlock, words: readonly number[], into: Map<Quantity, number>): string | null {
  for (const register of block.registers) {
    const from = register.address - block.address
    const raw = decodeValue(words.slice(from, from + REGISTERS_OF[register.type]), register)
    const result = trueValue(raw, register)
    if ('problem' in result) return result.problem
    into.set(register.quantity, result.value)
  }
  return null
}

function describe({ address, count, registers }: RegisterBlock): string {
  const hex = (value: number) => `0x${value.toString(16).padStart(4, '0')}`
  const names = registers.map((one) => one.quantity).join(', ')
  return `registers ${hex(address)} to ${hex(address + count - 1)} (${names})`
}
