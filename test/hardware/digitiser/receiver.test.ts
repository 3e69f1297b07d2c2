import { ConditionWatch } from '@minewarden/hardware/digitiser/condition.ts'
import { describe, expect, it } from 'vitest'
import { BenchTable, CONFIG, indexOf, UTC_AT_ZERO } from './bench-table.ts'
import { codeOf, type ScriptedOptions } from './scripted-digitiser.ts'

function running(options: ScriptedOptions = {}, config = CONFIG, forS = 5): BenchTable {
  const table = new BenchTable(options, config)
  table.plugIn()
  table.seconds(forS)
  return table
}

/** Every sample of a channel is the script's, each block goes on where the one before ended, but for so many gaps. */
function expectSound(table: BenchTable, channel: string, adc: number): number {
  let next: number | null = null
  let gaps = 0
  expect(table.blocks(channel).length).toBeGreaterThan(0)
  for (const block of table.blocks(channel)) {
    const first = indexOf(block, adc)
    if (next !== null && first !== next) gaps += 1
    for (const [i, code] of block.counts.entries()) expect(code).toBe(codeOf(first + i, adc))
    next = first + block.counts.length
  }
  return gaps
}

describe('the receiver of a digitiser', () => {
  it('gives all samples of all channels bit for bit, in blocks of half a second that join', () => {
    for (const rateHz of [250, 500, 1000] as const) {
      const table = running({ rateHz }, { ...CONFIG, rateHz }, 10)
      for (const [adc, channel] of ['HHZ', 'HHN', 'HHE', 'HDF'].entries()) {
        expect(expectSound(table, channel, adc)).toBe(0)
        const blocks = table.blocks(channel)
        expect(blocks.length).toBeGreaterThan(17)
        for (const [i, block] of blocks.entries()) {
          expect(block.counts.length / rateHz).toBeLessThan(0.56)
          const before = blocks[i - 1]
          const end = before ? before.startAt + (before.counts.length * 1000) / rateHz : block.startAt
          expect(Math.abs(block.startAt - end) * (rateHz / 1000)).toBeLessThan(0.05)
        }
      }
    }
  })

  it('stamps each sample with the moment at which the ground moved: filters, frame and line are subtracted', () => {
    const table = running()
    const [block] = table.blocks('HHZ')
    expect(Math.abs(block!.startAt - UTC_AT_ZERO - table.takenAt(0))).toBeLessThan(0.1)
    expect(block!.clock).toBe('ntp')
    expect(block!.clockErrorMs).toBeGreaterThan(5)
    expect(block!.clockErrorMs).toBeLessThan(8)
  })

  it('lets the line rest once the arrivals show the rate, and loses neither samples nor time by it', () => {
    for (const rateHz of [250, 500, 1000] as const) {
      const table = new BenchTable({ rateHz }, { ...CONFIG, rateHz })
      table.rests = true
      table.plugIn()
      table.seconds(3)
      expect(table.restCount, 'while the rate is not shown').toBe(0)
      table.seconds(57)
      expect(table.restCount).toBeGreaterThan(50 * 2.5)
      expect(table.restCount).toBeLessThan((50 * rateHz) / (2 * table.device.samplesPerFrame))
      expect(expectSound(table, 'HHZ', 0)).toBe(0)
      const blocks = table.blocks('HHZ')
      expect(blocks.length).toBeGreaterThan(110)
      for (const block of blocks) {
        expect(Math.abs(block.startAt - UTC_AT_ZERO - table.takenAt(indexOf(block, 0)))).toBeLessThan(0.2)
        expect(block.clockErrorMs).toBeLessThan(8)
      }
    }
  })

  it('does not let a line rest that has to be talked to', () => {
    const table = new BenchTable()
    table.rests = true
    table.plugIn()
    table.seconds(10)
    const before = table.restCount
    table.restart()
    table.obey = () => undefined
    expect(() => table.seconds(4.5)).toThrow(/does not answer/)
    expect(table.restCount - before).toBeLessThan(2)
  })

  it('sets rate and gains that differ, and gives nothing of what came before', () => {
    const config = structuredClone({ ...CONFIG, rateHz: 1000 as const })
    const table = new BenchTable(
      { rateHz: 250, gains: [1, 1, 1, 4] },
      {
        ...config,
        geophone: {
          id: CONFIG.geophone.id,
          channels: { HHZ: { unit: 'm/s', countsPerUnit: 1000, gain: 8 }, HHN: CONFIG.geophone.channels.HHN },
        },
      },
    )
    table.steps(3)
    table.plugIn()
    table.seconds(5)
    expect(table.device.rateHz).toBe(1000)
    expect(table.device.gains).toEqual([8, 1, 1, 1])
    expect(indexOf(table.blocks('HHZ')[0]!, 0)).toBe(0)
    expect(table.blocks('HHE')).toHaveLength(0)
    expect(Math.abs(table.blocks('HHZ')[0]!.startAt - UTC_AT_ZERO - table.takenAt(0))).toBeLessThan(0.1)
  })

  it('refuses what it cannot read, and says what it is', () => {
    expect(() => running({ protocol: 2 })).toThrow(/speaks version 2 of the protocol, not 1/)
    expect(() => running({ rateHz: 500, status: { 130: 2 } })).toThrow(/answers "bad argument" to 250 samples/)
    expect(() => running({ rateHz: 500, forgets: true })).toThrow(/does not keep 250 samples a second/)
    const other = { ...CONFIG, serial: 'ffffffffffffffff' }
    expect(() => running({}, other)).toThrow(/has serial number 00112233445566aa, not ffffffffffffffff/)
  })

  it('asks again when an answer is lost, and gives up on a digitiser that cannot hear', () => {
    const table = new BenchTable()
    table.receiver.opened('/dev/ttyTEST0', (frame) => table.sent.push(frame))
    table.sent.length = 0
    table.seconds(6)
    expect(table.blocks('HHZ').length).toBeGreaterThan(8)
    expect(expectSound(table, 'HHZ', 0)).toBe(0)

    const deaf = new BenchTable()
    deaf.obey = () => undefined
    deaf.plugIn()
    expect(() => deaf.seconds(10)).toThrow(/sends but does not answer/)
  })

  it('tells bytes that nobody understands from a digitiser without samples', () => {
    const garbled = new BenchTable()
    garbled.disturb = (bytes) => bytes.map((byte) => (byte * 37) ^ 0x5c)
    garbled.plugIn()
    expect(() => garbled.seconds(10)).toThrow(/no sound frame: another device, another speed than 500000 baud/)
    const spoilt = running()
    spoilt.disturb = garbled.disturb
    expect(() => spoilt.seconds(10)).toThrow(/no sound frame/)

    const dead = running()
    expect(() => {
      for (let i = 0; i < 10; i++) {
        dead.nowMs += 1000
        dead.deliver(dead.device.health())
      }
    }).toThrow(/answers but sends no samples: check the wires and the supply of its ADC/)
  })

  it('leaves a gap where frames are lost, counts every sample of it, and stamps the rest as before', () => {
    const table = running()
    table.loseFrames(3)
    table.seconds(5)
    expect(expectSound(table, 'HHZ', 0)).toBe(1)
    expect(table.healths('geo-1').at(-1)?.lostSamples).toBe(30)
    expect(table.states().at(-1)).toMatchObject({ state: 'bad-data', reason: '30 samples lost on the way' })
    const last = table.blocks('HHZ').at(-1)!
    expect(Math.abs(last.startAt - UTC_AT_ZERO - table.takenAt(indexOf(last, 0)))).toBeLessThan(0.1)
    table.seconds(35)
    expect(table.states().at(-1)).toMatchObject({ state: 'ok', reason: '' })
  })

  it('tells samples that were never taken from those that were lost', () => {
    const table = running()
    table.device.next += 7
    table.step(4)
    table.loseFrames(2)
    table.device.next += 4
    table.step(4)
    table.seconds(61)
    const health = table.healths('air-1').at(-1)!
    expect(health.lostSamples).toBe(20)
    expect(table.states().some(({ reason }) => reason.endsWith('samples missed by the digitiser'))).toBe(true)
    expect(expectSound(table, 'HDF', 3)).toBe(2)
  })

  it('loses one frame to one damaged byte, and says when it is more than that', () => {
    const table = running()
    let frames = 0
    table.disturb = (bytes) => bytes.map((byte, i) => (++frames === 1 + 152 * 2 && i > 0 ? byte ^ 1 : byte))
    table.seconds(5)
    const lost = table.healths('geo-1').at(-1)?.lostSamples ?? 0
    expect(lost).toBe(10)
    let chunks = 0
    table.disturb = (bytes) => bytes.map((byte, i) => (i === 9 && ++chunks % 10 === 0 ? byte ^ 0x40 : byte))
    table.seconds(20)
    expect(table.states().at(-1)?.state).toBe('bad-data')
    expect(table.states().at(-1)?.reason).toMatch(/% of frames damaged: check cable/)
  })

  it('goes on after a restart in the middle of a frame, with a run of its own', () => {
    const table = running()
    const hhz = table.blocks('HHZ').length
    table.deliver(table.device.data().subarray(0, 77))
    table.restart()
    table.seconds(5)
    const after = table.blocks('HHZ').slice(hhz)
    expect(after.length).toBeGreaterThan(8)
    const first = after.find((block) => indexOf(block, 0) === 0)!
    expect(Math.abs(first.startAt - UTC_AT_ZERO - table.takenAt(0))).toBeLessThan(0.1)
    expect(table.states().map(({ reason }) => reason)).toContain(
      'restarted: its supply broke down (brown-out): check supply and USB cable',
    )
    for (let i = 1; i < after.length; i++) expect(after[i]!.startAt).toBeGreaterThan(after[i - 1]!.startAt)
  })

  it('knows a restart by itself when its HELLO is lost and the run has the same number', () => {
    const table = running()
    const boots = table.blocks('HHZ').length
    const { run } = table.device
    table.device.restart()
    table.device.run = run
    table.nowMs += 500
    table.runBeganMs = table.nowMs
    table.seconds(5)
    const first = table
      .blocks('HHZ')
      .slice(boots)
      .find((block) => indexOf(block, 0) === 0)!
    expect(Math.abs(first.startAt - UTC_AT_ZERO - table.takenAt(0))).toBeLessThan(0.1)
    expect(table.healths('geo-1').at(-1)?.lostSamples).toBe(0)
  })

  it('counts on over 2^32 samples', () => {
    const table = new BenchTable()
    table.device.next = 2 ** 32 - 700
    table.runBeganMs = table.nowMs - (table.device.next * 1000) / 250
    table.plugIn()
    table.seconds(10)
    expect(table.healths('geo-1').at(-1)?.lostSamples).toBe(0)
    const blocks = table.blocks('HHZ')
    for (let i = 1; i < blocks.length; i++) expect(blocks[i]!.startAt - blocks[i - 1]!.startAt).toBeCloseTo(520, 1)
  })

  it('gives the last samples before the line was lost, and the same run goes on with the next line', () => {
    const table = running()
    table.out.push(...table.receiver.closed())
    const before = table.blocks('HHZ').at(-1)!
    expect(indexOf(before, 0) + before.counts.length).toBe(table.device.next)
    table.loseFrames(50)
    table.plugIn()
    table.seconds(3)
    expect(expectSound(table, 'HHZ', 0)).toBe(1)
    expect(table.healths('geo-1').at(-1)?.lostSamples).toBe(500)
  })

  it('says clipping and a low supply as long as they recur', () => {
    const table = running()
    table.step(8)
    table.seconds(1)
    expect(table.states().at(-1)).toMatchObject({ state: 'bad-data' })
    expect(table.states().at(-1)?.reason).toMatch(/end of its range/)
    table.seconds(35)
    expect(table.states().at(-1)).toMatchObject({ state: 'ok', reason: '' })
    table.deliver(table.device.health({ supplyMv: 4312 }))
    table.step(2)
    table.seconds(1)
    expect(table.states().at(-1)).toMatchObject({ state: 'ok' })
    expect(table.states().at(-1)?.reason).toMatch(/supply low: 4.31 V/)
    expect(table.healths('geo-1').at(-1)).toMatchObject({ supplyVoltageV: 4.312, temperatureC: -12.5 })
  })

  it('reports its health each minute to each sensor, with the drift once the arrivals show it', () => {
    const table = running({}, CONFIG, 305)
    for (const sensor of ['geo-1', 'air-1']) expect(table.healths(sensor)).toHaveLength(6)
    const last = table.healths('geo-1').at(-1)!
    expect(Math.abs(last.driftPpm!)).toBeLessThan(1)
    expect(last.driftErrorPpm).toBeLessThan(5)
    expect(last.stampErrorMs).toBeLessThan(7)
    expect(table.states()).toEqual([])
  })

  it('follows a wall clock that is stepped at once, and one that jitters without a seam', () => {
    const table = running()
    const before = table.blocks('HHZ').length
    table.utcOffset += 3_600_000
    table.seconds(5)
    const blocks = table.blocks('HHZ')
    expect(blocks[before]!.startAt - blocks[before - 1]!.startAt).toBeCloseTo(3_600_520, 0)
    const base = table.utcOffset
    for (let i = 0; i < 200; i++) {
      table.utcOffset = base - (i % 7) / 7
      table.step()
    }
    const jittered = table.blocks('HHZ').slice(blocks.length)
    for (let i = 1; i < jittered.length; i++) {
      expect(Math.abs(jittered[i]!.startAt - jittered[i - 1]!.startAt - 520)).toBeLessThan(0.2)
    }
  })

  it('keeps a calibration pulse and what rings after it out of the ground, and the air goes on', () => {
    const table = running()
    const before = table.device.next
    table.steps(10, 1 | 8)
    const end = table.device.next + 2 * 250
    table.seconds(6)
    const covered = (channel: string, adc: number) =>
      new Set(
        table.blocks(channel).flatMap(({ counts }, i) => {
          const first = indexOf(table.blocks(channel)[i]!, adc)
          return Array.from(counts, (_, k) => first + k)
        }),
      )
    const ground = covered('HHZ', 0)
    for (let i = 0; i < before; i++) expect(ground.has(i)).toBe(true)
    for (let i = before; i < end; i++) expect(ground.has(i)).toBe(false)
    for (let i = end; i < end + 500; i++) expect(ground.has(i)).toBe(true)
    expect(expectSound(table, 'HHZ', 0)).toBe(1)
    const last = table.blocks('HHZ').at(-1)!
    expect(Math.abs(last.startAt - UTC_AT_ZERO - table.takenAt(indexOf(last, 0)))).toBeLessThan(0.1)
    expect(expectSound(table, 'HDF', 3)).toBe(0)
    expect(covered('HDF', 3).has(before + 1)).toBe(true)
    expect(table.healths('geo-1').at(-1)?.lostSamples).toBe(0)
    expect(table.states().at(-1)).toMatchObject({ state: 'ok', reason: expect.stringMatching(/^calibration pulse/) })
    table.seconds(35)
    expect(table.states().at(-1)).toMatchObject({ state: 'ok', reason: '' })
  })

  it('names damage of the line soon, though it has been sound for a day', () => {
    // A day of frames, told to the watch without their samples.
    const watch = new ConditionWatch()
    for (let i = 0; i < 86_400 * 25; i++) watch.sound(i * 40)
    const now = 86_400_000
    for (let i = 0; i < 200; i++) {
      watch.sound(now + i * 40)
      if (i % 20 === 0) watch.damaged(now + i * 40, 1)
    }
    expect(watch.of(now + 8_000).reason).toMatch(/% of frames damaged: check cable/)
    // One damaged frame of a long good time is none.
    const calm = new ConditionWatch()
    for (let i = 0; i < 25 * 60; i++) calm.sound(i * 40)
    calm.damaged(60_000, 3)
    expect(calm.of(60_000).state).toBe('ok')
  })
})
