/**
 * The digitiser's protocol read a second time, straight from docs/digitiser-protocol.md: the firmware is not tested by the
 * code that the gateway reads it with.
 */
import { crc32 } from 'node:zlib'

export const TYPE = { hello: 1, data: 2, health: 3, ack: 4 } as const
export const COMMAND = {
  getHello: 0x81,
  setRate: 0x82,
  setGain: 0x83,
  calibrate: 0x84,
  setSerial: 0x85,
  reset: 0x86,
} as const
export const FLAG = { pulse: 1, supplyLow: 2, missedBefore: 4, clipped: 8 } as const

export interface Frame {
  readonly type: number
  readonly payload: Buffer
  /** Of its last byte's last bit. */
  readonly atMs: number
}

export function frameBytes(type: number, payload: readonly number[] = []): Uint8Array {
  const body = Buffer.from([type, payload.length, ...payload])
  const sum = Buffer.alloc(4)
  sum.writeUInt32LE(crc32(body))
  return Buffer.concat([Buffer.from([0xa5, 0x5a]), body, sum])
}

/** Takes bytes one by one; counts those that belong to no sound frame. */
export function createReader(found: (frame: Frame) => void): {
  take(byte: number, atMs: number): void
  readonly strayBytes: number
} {
  let held: number[] = []
  let strayBytes = 0
  const drop = () => {
    held = held.slice(1)
    strayBytes += 1
  }
  return {
    take(byte, atMs) {
      held.push(byte)
      while (held.length > 0) {
        if (held[0] !== 0xa5 || (held.length > 1 && held[1] !== 0x5a) || (held.length > 3 && held[3]! > 240)) {
          drop()
          continue
        }
        const end = held.length > 3 ? held[3]! + 8 : Number.POSITIVE_INFINITY
        if (held.length < end) return
        const frame = Buffer.from(held.slice(0, end))
        if (crc32(frame.subarray(2, end - 4)) !== frame.readUInt32LE(end - 4)) {
          drop()
          continue
        }
        held = held.slice(end)
        found({ type: frame[2]!, payload: frame.subarray(4, end - 4), atMs })
      }
    },
    get strayBytes() {
      return strayBytes
    },
  }
}

export interface Data {
  readonly number: number
  readonly first: number
  readonly run: number
  readonly flags: number
  /** Four codes each. */
  readonly samples: readonly (readonly number[])[]
  readonly atMs: number
}

export function parseData({ payload, atMs }: Frame): Data {
  const count = payload[11]!
  if (payload[10] !== 4 || payload.length !== 12 + count * 12) throw new Error('a DATA frame of the wrong length')
  return {
    number: payload.readUInt32LE(0),
    first: payload.readUInt32LE(4),
    run: payload[8]!,
    flags: payload[9]!,
    samples: Array.from({ length: count }, (_, i) =>
      [0, 3, 6, 9].map((offset) => payload.readIntLE(12 + i * 12 + offset, 3)),
    ),
    atMs,
  }
}

export function parseHello({ payload }: Frame) {
  if (payload.length !== 25) throw new Error('a HELLO frame of the wrong length')
  return {
    protocol: payload[0]!,
    firmware: `${payload[1]}.${payload[2]}`,
    serial: payload.subarray(3, 11).toString('hex'),
    boots: payload.readUInt32LE(11),
    resetCause: payload[15]!,
    rate: payload.readUInt16LE(16),
    gains: [...payload.subarray(18, 22)],
    channels: payload[22]!,
    adcId: payload.readUInt16LE(23),
  }
}

export function parseHealth({ payload }: Frame) {
  if (payload.length !== 20) throw new Error('a HEALTH frame of the wrong length')
  return {
    uptimeMs: payload.readUInt32LE(0),
    supplyMv: payload.readUInt16LE(4),
    temperatureC: payload.readInt16LE(6) / 10,
    missedSamples: payload.readUInt32LE(8),
    framesDropped: payload.readUInt32LE(12),
    adcCrcErrors: payload.readUInt16LE(16),
    lineErrors: payload.readUInt16LE(18),
  }
}
