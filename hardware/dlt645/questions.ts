/** Questions to a meter of DL/T 645-2007 and what its frames are to them. Pure. */
import type { BusFrame, Question, Verdict } from '../meter-bus/question.ts'
import { type FrameAddress, MeterAddress, WILDCARD } from './address.ts'
import { type AnswerFrame, encodeRequest, FUNCTIONS, type FunctionName, refusalsOf } from './frame.ts'
import { IDENTIFIER_BYTES, identifierBytes, identifierOf } from './values.ts'

/** Preamble, head, sum and end of an answer. */
const ENVELOPE_BYTES = 16
/** Forward active energy in the first edition: DI1 DI0. @see DL/T 645-1997, annex A */
const ENERGY_1997 = 0x9010
const FUNCTIONS_1997: readonly number[] = [FUNCTIONS.read1997, 0x02, 0x03]

/** Reads the bytes of a value; anything but a value is a sentence about what is wrong with it. */
export type Parse<T> = (data: Uint8Array) => T | Wrong
export class Wrong {
  readonly reason: string
  constructor(reason: string) {
    this.reason = reason
  }
}

export interface ReadSpec<T> {
  readonly name: string
  readonly address: MeterAddress
  readonly identifier: number
  /** Of the value alone. */
  readonly bytes: number
  readonly parse: Parse<T>
  readonly agrees: (a: T, b: T) => boolean
}

/** The read of one identifier whose answer is one frame. */
export function readQuestion<T>(spec: ReadSpec<T>): Question<T> {
  const judge = (frame: AnswerFrame): Verdict<T> => {
    if (identifierOf(frame.data) !== spec.identifier) return { kind: 'unrelated' }
    const value = frame.data.subarray(IDENTIFIER_BYTES)
    if (frame.hasMore || value.length !== spec.bytes)
      return {
        kind: 'nonsense',
        reason: `${spec.name}: ${value.length} bytes where ${spec.bytes} were asked`,
        isPart: frame.hasMore,
      }
    const parsed = spec.parse(value)
    return parsed instanceof Wrong ? { kind: 'nonsense', reason: parsed.reason } : { kind: 'answer', value: parsed }
  }
  return {
    ...question(spec, 'read', identifierBytes(spec.identifier), judge),
    answerBytes: ENVELOPE_BYTES + IDENTIFIER_BYTES + spec.bytes,
    agrees: spec.agrees,
  }
}

/** Whoever hears it says its address: for a bus with one meter. */
export function addressQuestion(): Question<MeterAddress> {
  const judge = ({ address }: AnswerFrame): Verdict<MeterAddress> => {
    const parsed = MeterAddress.safeParse(address)
    return parsed.success
      ? { kind: 'answer', value: parsed.data }
      : { kind: 'nonsense', reason: `${address} is no meter's address` }
  }
  return {
    ...question({ name: 'address', address: WILDCARD }, 'readAddress', new Uint8Array(0), judge),
    answerBytes: ENVELOPE_BYTES + 6,
    agrees: (a, b) => a === b,
  }
}

/** The read of the first edition: only such a meter answers it. */
export function question1997(address: MeterAddress): Question<never> {
  const data = Uint8Array.of(ENERGY_1997 & 0xff, ENERGY_1997 >> 8)
  return {
    ...question<never>({ name: 'a read of 1997', address }, 'read1997', data, () => ({ kind: 'unrelated' })),
    answerBytes: ENVELOPE_BYTES + 6,
    agrees: () => true,
  }
}

/** A command whose answer has no data. */
export function commandQuestion(name: string, address: MeterAddress, data: Uint8Array): Question<true> {
  return {
    ...question<true>({ name, address }, 'control', data, () => ({ kind: 'answer', value: true })),
    answerBytes: ENVELOPE_BYTES,
    agrees: () => true,
  }
}

function question<T>(
  { name, address }: { readonly name: string; readonly address: FrameAddress },
  functionName: FunctionName,
  data: Uint8Array,
  judge: (frame: AnswerFrame) => Verdict<T>,
): Pick<Question<T>, 'name' | 'bytes' | 'judge'> {
  return {
    name,
    bytes: encodeRequest(address, functionName, data),
    judge(heard) {
      const frame = answerIn(heard)
      if (!frame) return { kind: 'unrelated' }
      if (address !== WILDCARD && frame.address !== address) return { kind: 'other-address', address: frame.address }
      if (FUNCTIONS_1997.includes(frame.function)) return { kind: 'old-protocol' }
      if (frame.function !== FUNCTIONS[functionName]) return { kind: 'unrelated' }
      return frame.isAbnormal ? refusal(name, frame.data) : judge(frame)
    },
  }
}

const answerIn = ({ protocol, frame }: BusFrame): AnswerFrame | null =>
  protocol === 'dlt645' && frame.kind === 'answer' ? frame : null

function refusal(name: string, data: Uint8Array): Verdict<never> {
  if (data.length !== 1) return { kind: 'nonsense', reason: `${name}: a refusal of ${data.length} bytes` }
  const reasons = refusalsOf(data[0]!)
  const words = reasons.length > 0 ? reasons.join(', ') : 'no reason told'
  const isMissing = reasons.length === 1 && reasons[0] === 'no such data'
  return { kind: 'refused', reason: `${name}: ${words}`, isMissing }
}
