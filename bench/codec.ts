/**
 * The wire codec beside npm `sparkplug-payload`: a DDATA of 20 numbers, as named metrics and by alias, and a spool row.
 * Payloads lie one after another in a ring of buffers, as they come from a socket: none is decoded twice in a row.
 */
import { pathToFileURL } from 'node:url'
import type { SensorId } from '@minewarden/protocol/ids.ts'
import type { Reading } from '@minewarden/protocol/reading.ts'
import { createLayout, decodeRow, encodeRow } from '@minewarden/protocol/row.ts'
import { assignAliases, declareSensor } from '@minewarden/protocol/sparkplug/birth.ts'
import { decodePayload } from '@minewarden/protocol/sparkplug/decode.ts'
import { encodePayload } from '@minewarden/protocol/sparkplug/encode.ts'
import { createFrame, decodeFast } from '@minewarden/protocol/sparkplug/fast.ts'
import { DataType, type Payload } from '@minewarden/protocol/sparkplug/payload.ts'
import { instant } from '@minewarden/protocol/time.ts'
import sparkplug from 'sparkplug-payload'
import { type BenchRow, formatRows, measureRates, rateRow, type Work } from './row.ts'

const peer = sparkplug.get('spBv1.0')!
type PeerPayload = Parameters<typeof peer.encodePayload>[0]

const METRICS = 20
const RING = 64
const NOW = 1_764_000_000_000
const UNIT = 'payloads/s'

function ddata(nth: number, named: boolean): Payload {
  const metrics = Array.from({ length: METRICS }, (_, i) => ({
    ...(named ? { name: `Band/Level${i}`, datatype: DataType.Double } : {}),
    alias: 100 + i,
    timestamp: NOW + nth,
    value: Math.sin(nth + i),
  }))
  return { timestamp: NOW + nth, metrics, seq: nth % 256 }
}

/** The same payload in the peer's words. It writes a datatype of 0 where ours writes none. */
function peerDdata(nth: number, named: boolean): PeerPayload {
  const { timestamp, metrics, seq } = ddata(nth, named)
  return {
    timestamp: timestamp!,
    seq: seq!,
    metrics: metrics.map(({ name, alias, timestamp, value }) => ({
      ...(named ? { name } : {}),
      alias,
      timestamp,
      type: 'Double',
      value,
    })),
  } as unknown as PeerPayload
}

const ring = <T>(make: (nth: number) => T): T[] => Array.from({ length: RING }, (_, i) => make(i))

/** Whatever is computed is summed into this, so that no work can be optimised away. */
let sink = 0

function overRing<T>(items: readonly T[], work: (item: T) => number): Work {
  return (times) => {
    for (let i = 0; i < times; i++) sink += work(items[i % RING]!)
  }
}

function compare(name: string, unit: string, ours: Work, theirs: Work): BenchRow {
  const [mine, peers] = measureRates([ours, theirs])
  return rateRow(name, mine!, peers!, unit)
}

const peerDecode = (bytes: readonly Uint8Array[]): Work =>
  overRing(bytes, (each) => peer.decodePayload(each).metrics!.length)

function general(named: boolean): BenchRow[] {
  const payloads = ring((nth) => ddata(nth, named))
  const bytes = payloads.map(encodePayload)
  const words = named ? 'names' : 'aliases'
  return [
    compare(
      `encode, 20 numbers by ${words}`,
      UNIT,
      overRing(payloads, (payload) => encodePayload(payload).length),
      overRing(
        ring((nth) => peerDdata(nth, named)),
        (payload) => peer.encodePayload(payload).length,
      ),
    ),
    compare(
      `decode, 20 numbers by ${words}, general`,
      UNIT,
      overRing(bytes, (each) => decodePayload(each).metrics.length),
      peerDecode(bytes),
    ),
  ]
}

function fast(): BenchRow {
  const bytes = ring((nth) => encodePayload(ddata(nth, false)))
  const frame = createFrame()
  if (!bytes.every((each) => decodeFast(each, frame))) throw new Error('the fast path refused its own kind of payload')
  const decode = overRing(bytes, (each) => (decodeFast(each, frame) ? frame.values[METRICS - 1]! : Number.NaN))
  return compare('decode, 20 numbers by aliases, fast path', UNIT, decode, peerDecode(bytes))
}

function rows(): BenchRow[] {
  const sensor = 'meter-1' as SensorId
  const layout = createLayout(assignAliases(declareSensor('power-meter', []), 100).declared, sensor)
  const readings = ring((nth) => powerReading(sensor, nth))
  const encode = (reading: Reading) =>
    encodeRow(layout, { sequence: 123_456, historical: false, reading }, { sentAt: NOW, seq: 7 })
  const bytes = readings.map(encode)
  const theirs = readings.map(peerRow)
  return [
    compare(
      'encode a row (12 metrics)',
      'rows/s',
      overRing(readings, (each) => encode(each).length),
      overRing(theirs, (each) => peer.encodePayload(each).length),
    ),
    compare(
      'decode a row (12 metrics) into a reading',
      'rows/s',
      overRing(bytes, (each) => decodeRow(layout, each).sequence),
      peerDecode(bytes),
    ),
  ]
}

/** The same row in the peer's words. */
const peerRow = ({ measuredAt, fields }: Reading): PeerPayload =>
  ({
    timestamp: NOW,
    seq: 7,
    metrics: [
      { alias: 100, timestamp: measuredAt, type: 'Int64', value: 123_456 },
      { alias: 101, timestamp: measuredAt, type: 'UInt8', value: 2 },
      ...Object.values(fields).map((value, i) => ({
        alias: 102 + i,
        timestamp: measuredAt,
        type: typeof value === 'boolean' ? 'Boolean' : 'Double',
        value,
      })),
    ],
  }) as unknown as PeerPayload

const powerReading = (sensor: SensorId, nth: number): Reading => ({
  kind: 'power',
  sensor,
  channel: null,
  measuredAt: instant(NOW + nth),
  clock: 'ntp',
  fields: {
    activePowerW: 15_000 + nth,
    reactivePowerVar: 4_000,
    voltageAV: 229.5,
    voltageBV: 230.1,
    voltageCV: 231.7,
    currentAA: 22.5,
    currentBA: 21.9,
    currentCA: 22.2,
    activeEnergyWh: 1e7 + nth,
    simulated: false,
  },
})

/** Payloads and rows a second on one core; the peer is `sparkplug-payload`. */
export async function bench(): Promise<BenchRow[]> {
  const measured = [...general(true), ...general(false), fast(), ...rows()]
  if (Number.isNaN(sink)) throw new Error('a codec answered nonsense')
  return measured
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  console.log(formatRows(await bench()))
}
