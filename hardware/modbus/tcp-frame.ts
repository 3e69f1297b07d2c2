/** Modbus TCP: each answer carries the number of its request. @see MODBUS Messaging on TCP/IP V1.0b, 3.1.3 */
import { askedBy, type Flaw, type Framed, type Framing } from './answer.ts'
import { crc16 } from './rtu-frame.ts'

const HEADER_BYTES = 6
const CHECK_BYTES = 2
/** Unit and the longest answer. */
const LONGEST = 254
const SHORTEST = 3
const NUMBERS = 0x1_0000

/** Numbers its requests from `first`, so that an answer to an earlier one is never taken for that of a later. */
export function createTcpFraming(first = 1): Framing {
  let number = first
  return (request) => {
    number = (number + 1) % NUMBERS
    return frameTcp(request, number)
  }
}

function frameTcp(request: Uint8Array, number: number): Framed {
  const asked = askedBy(request)
  const pdu = request.subarray(0, request.length - CHECK_BYTES)
  const bytes = new Uint8Array(HEADER_BYTES + pdu.length)
  const view = new DataView(bytes.buffer)
  view.setUint16(0, number)
  view.setUint16(4, pdu.length)
  bytes.set(pdu, HEADER_BYTES)
  return {
    bytes,
    answer(heard) {
      for (const message of messagesIn(heard)) {
        if (message.number !== number || message.unit !== asked.unit) continue
        if ((message.pdu[1] as number) & 0x80 ? message.pdu.length === 3 : isOfLength(message.pdu, asked.count))
          return withCheckSum(message.pdu)
      }
      return null
    },
    flaw: (heard) => flawOf(heard, number, asked.unit),
  }
}

const isOfLength = (pdu: Uint8Array, count: number): boolean => pdu.length === 3 + 2 * count && pdu[2] === 2 * count

function withCheckSum(pdu: Uint8Array): Uint8Array {
  const frame = new Uint8Array(pdu.length + CHECK_BYTES)
  frame.set(pdu)
  new DataView(frame.buffer).setUint16(pdu.length, crc16(pdu), true)
  return frame
}

function flawOf(heard: Uint8Array, number: number, unit: number): Flaw {
  if (heard.length === 0) return { kind: 'silent' }
  let flaw: Flaw | null = null
  for (const message of messagesIn(heard)) {
    if (message.unit !== unit) return { kind: 'other-unit', unit: message.unit }
    flaw = message.number === number ? { kind: 'noise', bytes: heard.length } : { kind: 'other-answer' }
  }
  return flaw ?? (mayBecomeMessage(heard) ? { kind: 'broken-off' } : { kind: 'noise', bytes: heard.length })
}

interface Message {
  readonly number: number
  readonly unit: number
  /** From the unit on. */
  readonly pdu: Uint8Array
}

/** Whole messages; what cannot be one is passed over byte by byte. */
function* messagesIn(heard: Uint8Array): Generator<Message> {
  const view = new DataView(heard.buffer, heard.byteOffset, heard.length)
  for (let at = 0; at + HEADER_BYTES < heard.length; ) {
    const length = view.getUint16(at + 4)
    if (view.getUint16(at + 2) !== 0 || length < SHORTEST || length > LONGEST) {
      at += 1
      continue
    }
    const end = at + HEADER_BYTES + length
    if (end > heard.length) return
    const pdu = heard.subarray(at + HEADER_BYTES, end)
    yield { number: view.getUint16(at), unit: pdu[0] as number, pdu }
    at = end
  }
}

const mayBecomeMessage = (heard: Uint8Array): boolean => {
  const [, , high, low, longHigh] = heard
  return (high ?? 0) === 0 && (low ?? 0) === 0 && (longHigh ?? 0) === 0
}
