import { describe, expect, it } from 'vitest'
import { csvLines, MAX_LINE_BYTES } from '../../../hardware/recording/csv-lines.ts'
import { at, measured, POWER_HEADER, START, statesOf } from './temporary-recording.ts'

const power = (...rows: string[]) => measured({ 'meter-1.csv': [POWER_HEADER, ...rows].join('\n') }, 'meter-1')
const probe = (...rows: string[]) => measured({ 'probe-1.csv': ['time,status', ...rows, ''].join('\n') }, 'probe-1')
const VALUES = '134.1,13.4,229.7,228.7,230.9,0.584,0.020,0.019,66229162.1'

describe('a recorded power meter', () => {
  it('gives each row as a reading; an empty cell is unknown, not zero', async () => {
    expect(await power(`${at(1000)},-134.1,,229.7,228.7,,0.584,0.020,,6.62e7`)).toEqual([
      {
        kind: 'power',
        at: START + 1000,
        activePowerW: -134.1,
        reactivePowerVar: null,
        voltageV: [229.7, 228.7, null],
        currentA: [0.584, 0.02, null],
        activeEnergyWh: 6.62e7,
        simulated: false,
        clock: 'ntp',
      },
    ])
  })

  it.each([
    ['too few cells', `${at(2000)},1,2`, '3 cells, not 10'],
    ['too many cells', `${at(2000)},${VALUES},1`, '11 cells, not 10'],
    ['a time that is none', `noon,${VALUES}`, 'time: not an ISO 8601 time with offset: "noon"'],
    ['a word for a number', `${at(2000)},${VALUES.replace('229.7', 'high')}`, 'voltageAV: not a number: "high"'],
    ['a hexadecimal number', `${at(2000)},${VALUES.replace('13.4', '0x10')}`, 'reactivePowerVar: not a number'],
    ['an infinite number', `${at(2000)},${VALUES.replace('13.4', '1e999')}`, 'reactivePowerVar: out of range'],
    ['a time that goes back', `${at(500)},${VALUES}`, 'is not after the row before'],
    ['a time outside of the recording', `2027-01-01T00:00:00Z,${VALUES}`, 'time: 2027-01-01T00:00:00.000Z is outside'],
    ['a line without end', `${at(2000)},${'1'.repeat(10_000)}`, 'line too long'],
  ])('reports %s with its line, and goes on', async (_, row, problem) => {
    const measurements = await power(`${at(1000)},${VALUES}`, row, `${at(3000)},${VALUES}`)
    expect(statesOf(measurements)).toEqual([expect.stringContaining('bad-data meter-1.csv: line 3: '), 'ok'])
    expect(statesOf(measurements)[0]).toContain(problem)
    expect(measurements.flatMap((m) => (m.kind === 'power' ? [m.at - START] : []))).toEqual([1000, 3000])
  })

  it('tells a hundred bad rows and counts the rest', async () => {
    const states = statesOf(await power(...Array(1000).fill('junk')))
    expect(states).toHaveLength(101)
    expect(states.at(-1)).toBe('bad-data meter-1.csv: 900 more faults')
  })
})

describe('a recorded camera probe', () => {
  it('gives each change of status, also from a file with carriage returns and a byte order mark', async () => {
    const text = `\uFEFFtime,status\r\n${at(0)},online\r\n\r\n${at(1500)},occluded\r\n`
    const expected = [
      { kind: 'probe', at: START, status: 'online', clock: 'ntp' },
      { kind: 'probe', at: START + 1500, status: 'occluded', clock: 'ntp' },
    ]
    expect(await measured({ 'probe-1.csv': text }, 'probe-1')).toEqual(expected)
  })

  it('reports a status that is none', async () => {
    expect(statesOf(await probe(`${at(0)},asleep`))).toEqual([
      expect.stringContaining('bad-data probe-1.csv: line 2: status: none of online, offline'),
    ])
  })
})

describe('csvLines', () => {
  const text = `one,1\r\n\ntwo\n${'x'.repeat(MAX_LINE_BYTES)}\n${'y'.repeat(MAX_LINE_BYTES + 1)}\n三,③\nlast`
  const bytes = new TextEncoder().encode(text)

  it('cuts the same lines from any chunks', () => {
    const whole = [...csvLines([bytes])]
    expect(whole.map(({ number, text }) => [number, text?.slice(0, 5) ?? null])).toEqual([
      [1, 'one,1'],
      [3, 'two'],
      [4, 'xxxxx'],
      [5, null],
      [6, '三,③'],
      [7, 'last'],
    ])
    for (const size of [1, 2, 3, 7, 100, 5000]) {
      const chunks = Array.from({ length: Math.ceil(bytes.length / size) }, (_, i) =>
        bytes.subarray(i * size, (i + 1) * size),
      )
      expect([...csvLines(chunks)]).toEqual(whole)
    }
  })
})
