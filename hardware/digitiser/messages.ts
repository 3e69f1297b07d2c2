/**
 * What the payloads of sound frames say, and commands as frames. A payload of the wrong length, or with a value that the
 * protocol does not know, is `null`: a digitiser of another version, or something else that speaks its framing.
 * @see docs/digitiser-protocol.md
 */
import { encodeFrame } from './frame.ts'

export const PROTOCOL_VERSION = 1
export const CHANNELS = 4
export const RATES_HZ = [250, 500, 1000] as const
export type RateHz = (typeof RATES_HZ)[number]
export const GAINS = [1, 2, 4, 8, 16, 32, 64, 128] as const
export type Gain = (typeof GAINS)[number]
/** Full scale at gain 1, volts to either side, and in counts: 24 bits. @see TI SBAS890, 8.3.5 */
export const FULL_SCALE_V = 1.2
export const FULL_SCALE_COUNTS = 0x80_00_00
/** Frame types; from the digitiser below 80, to it from 80 on. */
export const TYPE = {
  hello: 0x01,
  data: 0x02,
  health: 0x03,
  ack: 0x04,
  getHello: 0x81,
  setRate: 0x82,
  setGain: 0x83,
  calibrate: 0x84,
  setSerial: 0x85,
  reset: 0x86,
} as const

export interface Hello {
  readonly protocol: number
  /** `major.minor` */
  readonly firmware: string
  /** 16 hexadecimal digits. */
  readonly serial: string
  readonly boots: number
  readonly resetCause: number
  readonly rateHz: number
  readonly gains: readonly number[]
  readonly channels: number
  readonly adcId: number
}

export interface DataHead {
  readonly frameNumber: number
  /** Modulo 2^32. */
  readonly firstSample: number
  readonly run: number
  readonly calibrating: boolean
  readonly supplyLow: boolean
  /** Samples were missed just before this frame. */
  readonly missed: boolean
  readonly clipped: boolean
  readonly samples: number
}

/** Counters run since the digitiser's start. */
export interface Health {
  readonly uptimeMs: number
  readonly supplyV: number
  readonly temperatureC: number
  readonly missedSamples: number
  readonly framesDropped: number
  readonly adcCrcErrors: number
  readonly lineErrors: number
}

export const ACK_STATUS = ['done', 'unknown command', 'bad argument', 'failed'] as const
export interface Ack {
  readonly command: number
  readonly status: (typeof ACK_STATUS)[number]
}

const HELLO_LENGTH = 25
const DATA_HEAD = 12
const HEALTH_LENGTH = 20
const SAMPLE_BYTES = 3

const u16 = (bytes: Uint8Array, at: number): number => bytes[at]! | (bytes[at + 1]! << 8)
const u32 = (bytes: Uint8Array, at: number): number => (u16(bytes, at) | (u16(bytes, at + 2) << 16)) >>> 0
const hex = (bytes: Uint8Array): string => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')

export function parseHello(payload: Uint8Array): Hello | null {
  // A later version may say more, or other things: its number alone is always first.
  if (payload.length < HELLO_LENGTH || (payload.length > HELLO_LENGTH && payload[0] === PROTOCOL_VERSION)) return null
  return {
    protocol: payload[0]!,
    firmware: `${payload[1]}.${payload[2]}`,
    serial: hex(payload.subarray(3, 11)),
    boots: u32(payload, 11),
    resetCause: payload[15]!,
    rateHz: u16(payload, 16),
    gains: Array.from(payload.subarray(18, 22)),
    channels: payload[22]!,
    adcId: u16(payload, 23),
  }
}

export function parseDataHead(payload: Uint8Array): DataHead | null {
  const samples = payload[11] ?? 0
  if (payload[10] !== CHANNELS || samples < 1) return null
  if (payload.length !== DATA_HEAD + samples * CHANNELS * SAMPLE_BYTES) return null
  const flags = payload[9]!
  return {
    frameNumber: u32(payload, 0),
    firstSample: u32(payload, 4),
    run: payload[8]!,
    calibrating: (flags & 1) !== 0,
    supplyLow: (flags & 2) !== 0,
    missed: (flags & 4) !== 0,
    clipped: (flags & 8) !== 0,
    samples,
  }
}

/** Copies all samples of one channel of a DATA payload to `out` from `at` on. */
export function copySamples(payload: Uint8Array, channel: number, out: Int32Array, at: number): void {
  const samples = payload[11]!
  let from = DATA_HEAD + channel * SAMPLE_BYTES
  for (let i = 0; i < samples; i++) {
    out[at + i] = payload[from]! | (payload[from + 1]! << 8) | ((payload[from + 2]! << 24) >> 8)
    from += CHANNELS * SAMPLE_BYTES
  }
}

export function parseHealth(payload: Uint8Array): Health | null {
  if (payload.length !== HEALTH_LENGTH) return null
  return {
    uptimeMs: u32(payload, 0),
    supplyV: u16(payload, 4) / 1000,
    temperatureC: ((u16(payload, 6) << 16) >> 16) / 10,
    missedSamples: u32(payload, 8),
    framesDropped: u32(payload, 12),
    adcCrcErrors: u16(payload, 16),
    lineErrors: u16(payload, 18),
  }
}

export function parseAck(payload: Uint8Array): Ack | null {
  const status = ACK_STATUS[payload[1] ?? ACK_STATUS.length]
  return payload.length === 2 && status ? { command: payload[0]!, status } : null
}

const low = (value: number): number => value & 0xff
const high = (value: number): number => (value >> 8) & 0xff

/** Commands as whole frames; arguments are checked by their types, and again by the firmware. */
export const COMMANDS = {
  getHello: (): Uint8Array => encodeFrame(TYPE.getHello, new Uint8Array(0)),
  setRate: (rateHz: RateHz): Uint8Array => encodeFrame(TYPE.setRate, Uint8Array.of(low(rateHz), high(rateHz))),
  setGain: (channel: number, gain: Gain): Uint8Array => encodeFrame(TYPE.setGain, Uint8Array.of(channel, gain)),
  /** @param durationMs 1 to 2000 */
  calibrate: (durationMs: number): Uint8Array =>
    encodeFrame(TYPE.calibrate, Uint8Array.of(low(durationMs), high(durationMs))),
  /** @param serial 8 bytes */
  setSerial: (serial: Uint8Array): Uint8Array => encodeFrame(TYPE.setSerial, serial),
  reset: (): Uint8Array => encodeFrame(TYPE.reset, new Uint8Array(0)),
} as const
