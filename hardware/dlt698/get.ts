/**
 * Reading attributes of a meter: GET of one object attribute or of a list. Nothing that sets or acts can be encoded.
 * @see DL/T 698.45-2017, 7.2.4
 */
import { InvariantError } from '@minewarden/protocol/errors.ts'
import { DataReader, type MeterData } from './data.ts'

const GET_REQUEST = 5
const GET_RESPONSE = 0x85
const NORMAL = 1
const LIST = 2
const DESCRIPTOR_BYTES = 4
/** More would not fit into one answer of the smallest meters. */
export const MAX_LIST = 16
/** No time tag: reads need none. */
const NO_TIME_TAG = 0

/** Descriptors of what is read: object, attribute 2, all elements; scales are those of the standard's object list. */
export const ATTRIBUTES = {
  forwardActiveEnergy: { descriptor: 0x00100200, scale: 0.01, unit: 'kWh' },
  reverseActiveEnergy: { descriptor: 0x00200200, scale: 0.01, unit: 'kWh' },
  /** Phases A, B, C. */
  voltages: { descriptor: 0x20000200, scale: 0.1, unit: 'V' },
  currents: { descriptor: 0x20010200, scale: 0.001, unit: 'A' },
  /** Total, then phases A, B, C; so are the next. */
  activePowers: { descriptor: 0x20040200, scale: 0.1, unit: 'W' },
  reactivePowers: { descriptor: 0x20050200, scale: 0.1, unit: 'var' },
  powerFactors: { descriptor: 0x200a0200, scale: 0.001, unit: '' },
  frequency: { descriptor: 0x200f0200, scale: 0.01, unit: 'Hz' },
  statusWords: { descriptor: 0x20140200, scale: 1, unit: '' },
  /** Attribute 7 of events: an array of what set them off, with how often and for how long, since the meter was made. */
  powerLosses: { descriptor: 0x30110700, scale: 1, unit: '' },
  coverOpenings: { descriptor: 0x301b0700, scale: 1, unit: '' },
  terminalCoverOpenings: { descriptor: 0x301c0700, scale: 1, unit: '' },
  clock: { descriptor: 0x40000200, scale: 1, unit: '' },
  address: { descriptor: 0x40010200, scale: 1, unit: '' },
} as const

/** Why a meter gives no data: its data access result. @see DL/T 698.45-2017, 7.3.3.16 */
const ACCESS_RESULTS: { readonly [code: number]: string } = {
  1: 'hardware fault',
  2: 'temporary failure',
  3: 'refused',
  4: 'no such object',
  6: 'no such object instance',
  8: 'type does not match',
  9: 'out of range',
  15: 'password wrong or not authorised',
  32: 'time tag invalid',
  255: 'other error',
}

export type AttributeResult =
  | { readonly kind: 'data'; readonly descriptor: number; readonly data: MeterData }
  | { readonly kind: 'refused'; readonly descriptor: number; readonly reason: string }

/** The application bytes of a read of one attribute or of several. @param invocation 0..63, comes back in the answer */
export function encodeGet(descriptors: readonly number[], invocation: number): Uint8Array {
  if (descriptors.length === 0 || descriptors.length > MAX_LIST)
    throw new InvariantError(`DL/T 698.45: a read of ${descriptors.length} attributes`)
  const isList = descriptors.length > 1
  const head = isList ? [GET_REQUEST, LIST, invocation, descriptors.length] : [GET_REQUEST, NORMAL, invocation]
  const out = new Uint8Array(head.length + DESCRIPTOR_BYTES * descriptors.length + 1)
  out.set(head)
  const view = new DataView(out.buffer)
  for (const [i, descriptor] of descriptors.entries()) view.setUint32(head.length + DESCRIPTOR_BYTES * i, descriptor)
  out[out.length - 1] = NO_TIME_TAG
  return out
}

/** Reads an answer; `null` when it is none, is damaged or belongs to another question. */
export function decodeGetAnswer(apdu: Uint8Array, invocation: number): AttributeResult[] | null {
  const reader = new DataReader(apdu)
  if (reader.byte() !== GET_RESPONSE) return null
  const choice = reader.byte()
  const answered = reader.byte()
  // The two top bits are the meter's own flags.
  if (answered === undefined || (answered & 0x3f) !== invocation) return null
  const count = choice === NORMAL ? 1 : choice === LIST ? reader.byte() : undefined
  if (count === undefined || count > MAX_LIST) return null
  const results: AttributeResult[] = []
  for (let i = 0; i < count; i++) {
    const result = readResult(reader)
    if (result === null) return null
    results.push(result)
  }
  return results
}

function readResult(reader: DataReader): AttributeResult | null {
  const descriptor = reader.descriptor()
  const choice = reader.byte()
  if (descriptor === undefined) return null
  if (choice === 0) {
    const code = reader.byte()
    return code === undefined
      ? null
      : { kind: 'refused', descriptor, reason: ACCESS_RESULTS[code] ?? `data access result ${code}` }
  }
  const data = choice === 1 ? reader.data() : undefined
  return data === undefined ? null : { kind: 'data', descriptor, data }
}
