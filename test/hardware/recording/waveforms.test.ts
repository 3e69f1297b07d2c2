import { writeFileSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { measurementsOf } from '../../../hardware/recording/measurements.ts'
import { completedAt } from '../../../hardware/recording/merge.ts'
import { openRecording } from '../../../hardware/recording/recording.ts'
import {
  at,
  blocksOf,
  countsOf,
  type Description,
  MINUTE,
  measured,
  ramp,
  records,
  START,
  sensorOf,
  statesOf,
  THREE_CHANNELS,
  withFolder,
} from './temporary-recording.ts'

const three = (file: Description) =>
  void Object.assign(file.sites[0]!.gateways[0]!.sensors[0]!, { channels: THREE_CHANNELS })
const bytes = (...parts: Uint8Array[]) => new Uint8Array(Buffer.concat(parts))
const spans = (blocks: ReturnType<typeof blocksOf>) =>
  blocks.map(({ startAt, counts }) => [startAt - START, counts.length])

describe('a recorded waveform', () => {
  it('comes in blocks of a second, whole seconds of the clock, whatever the records are', async () => {
    const samples = ramp(1234)
    const short = blocksOf(await measured({ 'geo-1.mseed': records(samples, 250, { recordLength: 128 }) }))
    const long = blocksOf(await measured({ 'geo-1.mseed': records(samples, 250, { recordLength: 65_536 }) }))
    expect(short).toEqual(long)
    expect(spans(short).slice(0, 3)).toEqual([
      [250, 75],
      [1000, 100],
      [2000, 100],
    ])
    expect(countsOf(short)).toEqual(Array.from(samples))
    expect(short[0]).toMatchObject({ channel: 'HHZ', rateHz: 100, countsPerUnit: 4e8, unit: 'm/s', clock: 'ntp' })
  })

  it('keeps a sample on the border of a second on its side, though 1/75 s is no whole number of microseconds', async () => {
    const blocks = blocksOf(
      await measured({ 'geo-1.mseed': records(ramp(75 * 20), 0, { rateHz: 75, recordLength: 128 }) }),
    )
    expect(blocks.map(({ counts }) => counts.length)).toEqual(Array(20).fill(75))
    blocks.forEach(({ startAt }, i) => {
      expect(startAt).toBeCloseTo(START + i * 1000, 2)
    })
  })

  it('goes on in a later block after a gap', async () => {
    const file = bytes(records(ramp(150), 0), records(ramp(100, 500), 4500))
    const measurements = await measured({ 'geo-1.mseed': file })
    expect(spans(blocksOf(measurements))).toEqual([
      [0, 100],
      [1000, 50],
      [4500, 50],
      [5000, 50],
    ])
    expect(statesOf(measurements)).toEqual([])
  })

  it('delivers every sample once where records overlap', async () => {
    const file = bytes(
      records(ramp(300), 0),
      records(ramp(300, 200), 2000),
      records(ramp(100, 150), 1500),
      records(ramp(100, 500), 5000),
    )
    expect(countsOf(blocksOf(await measured({ 'geo-1.mseed': file })))).toEqual(Array.from(ramp(600)))
  })

  it('puts a record that comes one late in its place', async () => {
    const file = bytes(
      records(ramp(100), 0),
      records(ramp(100, 200), 2000),
      records(ramp(100, 100), 1000),
      records(ramp(100, 300), 3000),
    )
    expect(countsOf(blocksOf(await measured({ 'geo-1.mseed': file })))).toEqual(Array.from(ramp(400)))
  })

  it('drops a record whose time is out of place, instead of all that follow it', async () => {
    const wrong = records(ramp(100, 100), 5 * MINUTE)
    const rest = records(ramp(100, 200), 2000)
    const measurements = await measured({
      'geo-1.mseed': bytes(records(ramp(100), 0), wrong, rest, records(ramp(100, 300), 3000)),
    })
    expect(countsOf(blocksOf(measurements))).toEqual([...ramp(100), ...ramp(200, 200)])
    expect(statesOf(measurements)).toEqual([
      `bad-data geo-1.mseed HHZ: record at ${at(5 * MINUTE)}: time out of place`,
      'ok',
    ])
  })

  it('drops a record whose sample rate is its alone, and follows a change of rate that lasts', async () => {
    const wrong = records(ramp(100, 100), 1000, { rateHz: 3 })
    const faster = records(ramp(1000, 200), 2000, { rateHz: 200 })
    const measurements = await measured({
      'geo-1.mseed': bytes(records(ramp(200), 0, { recordLength: 128 }), wrong, faster),
    })
    const blocks = blocksOf(measurements)
    expect(countsOf(blocks)).toEqual(Array.from(ramp(1200)))
    expect(blocks.map(({ rateHz }) => rateHz)).toEqual([100, 100, 200, 200, 200, 200, 200])
    expect(statesOf(measurements)).toEqual([
      `bad-data geo-1.mseed HHZ: record at ${at(1000)}: a rate of 3 Hz that is its alone`,
      'ok',
    ])
  })

  it('ends with the recording, to the sample', async () => {
    const change = (file: Description) => ({ ...file, start: at(505), end: at(2500) })
    const blocks = blocksOf(await measured({ 'geo-1.mseed': records(ramp(1000), 0) }, 'geo-1', change))
    expect(spans(blocks)).toEqual([
      [510, 49],
      [1000, 100],
      [2000, 51],
    ])
  })

  it('reports a record outside of the recording', async () => {
    const file = bytes(records(ramp(1000), 0), records(ramp(100), 60 * MINUTE))
    expect(statesOf(await measured({ 'geo-1.mseed': file }))).toEqual([
      `bad-data geo-1.mseed HHZ: record at ${at(60 * MINUTE)} is outside of the recording`,
    ])
  })

  it.each(['one after the other', 'in turn'])('with three channels %s is delivered in order of time', async (order) => {
    const channels = ['HHZ', 'HHN', 'HHE'].map((channel, i) =>
      records(ramp(5000, i * 10_000), 0, { channel, recordLength: 256 }),
    )
    const turns = Array.from({ length: channels[0]!.length / 256 }, (_, i) =>
      channels.map((c) => c.subarray(i * 256, (i + 1) * 256)),
    )
    const file = bytes(...(order === 'in turn' ? turns.flat() : channels))
    const blocks = blocksOf(await measured({ 'geo-1.mseed': file }, 'geo-1', three))
    expect(blocks.slice(0, 6).map(({ channel, startAt }) => `${channel} ${startAt - START}`)).toEqual([
      'HHZ 0',
      'HHN 0',
      'HHE 0',
      'HHZ 1000',
      'HHN 1000',
      'HHE 1000',
    ])
    for (const [i, channel] of ['HHZ', 'HHN', 'HHE'].entries()) {
      expect(countsOf(blocks.filter((block) => block.channel === channel))).toEqual(Array.from(ramp(5000, i * 10_000)))
    }
  })

  it('leaves out channels that are not declared', async () => {
    const file = bytes(records(ramp(100), 0, { channel: 'HHN' }), records(ramp(100), 0))
    expect(blocksOf(await measured({ 'geo-1.mseed': file })).map(({ channel }) => channel)).toEqual(['HHZ'])
  })
})

describe('a damaged waveform file', () => {
  const RECORD = 512
  const good = records(
    ramp(6000).map((n) => (n * 7919) % 1000),
    0,
    { recordLength: RECORD },
  )
  const perRecord = blocksOf
  const total = 6000

  it('costs the damaged record alone when bytes flip, and says so once for all channels', async () => {
    const copy = good.slice()
    copy[3 * RECORD + 200]! ^= 0x5a
    const measurements = await measured(
      { 'geo-1.mseed': bytes(copy, records(ramp(10), 0, { channel: 'HHN' })) },
      'geo-1',
      three,
    )
    const lost = total - countsOf(perRecord(measurements).filter(({ channel }) => channel === 'HHZ')).length
    expect(lost).toBeGreaterThan(50)
    expect(lost).toBeLessThan(400)
    expect(statesOf(measurements)).toEqual([
      expect.stringMatching(/^bad-data geo-1.mseed HHZ: 512 bytes discarded: Steim/),
      'ok',
    ])
  })

  it('costs nothing when garbage stands between records', async () => {
    const file = bytes(good.subarray(0, 2 * RECORD), new Uint8Array(777).fill(0xa5), good.subarray(2 * RECORD))
    const measurements = await measured({ 'geo-1.mseed': file }, 'geo-1', three)
    expect(countsOf(blocksOf(measurements))).toHaveLength(total)
    expect(statesOf(measurements)).toEqual(['bad-data geo-1.mseed HHZ: 777 bytes discarded: no record header', 'ok'])
  })

  it('costs its last record when it is cut off', async () => {
    const measurements = await measured({ 'geo-1.mseed': good.subarray(0, good.length - 10) })
    expect(statesOf(measurements)).toEqual(['bad-data geo-1.mseed HHZ: 502 bytes discarded: truncated record'])
    expect(countsOf(blocksOf(measurements)).length).toBeGreaterThan(total - 400)
  })

  it('tells a hundred faults and counts the rest', async () => {
    const garbage = new Uint8Array(100).fill(0xa5)
    const one = good.subarray(0, RECORD)
    const states = statesOf(
      await measured({ 'geo-1.mseed': bytes(...Array.from({ length: 150 }, () => [one, garbage]).flat()) }),
    )
    expect(states.filter((state) => state.startsWith('bad-data'))).toHaveLength(101)
    expect(states.at(-1)).toBe('bad-data geo-1.mseed HHZ: 50 more faults')
  })

  it('reports samples that are not counts', async () => {
    const copy = records(ramp(100), 0, { encoding: 'int32', recordLength: RECORD })
    copy[52] = 4
    expect(statesOf(await measured({ 'geo-1.mseed': copy }))).toEqual([
      'bad-data geo-1.mseed HHZ: encoding float32 does not hold counts',
    ])
  })

  it('is delivered in order and no moment twice, whatever bytes change', async () => {
    const damage = fc.array(fc.tuple(fc.nat(11), fc.oneof(fc.nat(63), fc.nat(RECORD - 1)), fc.nat(255)), {
      maxLength: 12,
    })
    await withFolder({}, async (dir) => {
      const sensor = sensorOf(await openRecording(dir), 'geo-1')
      const property = fc.property(damage, (changes) => {
        const copy = good.slice()
        for (const [record, byte, value] of changes) copy[record * RECORD + byte] = value
        writeFileSync(sensor.path, copy)
        let last = 0
        for (const block of blocksOf([...measurementsOf(sensor)])) {
          expect(block.startAt).toBeGreaterThan(last)
          last = completedAt(block)
        }
      })
      fc.assert(property, { numRuns: 300 })
    })
  })
})
