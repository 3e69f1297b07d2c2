import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { evaluate, evaluateRecording } from '@minewarden/cli/evaluate.ts'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'minewarden-evaluate-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A site with a meter alone: half an hour of calm, half an hour of forty kilowatts. */
function recordingOf(name: string, changes: object = {}): string {
  const dir = join(folder, name)
  mkdirSync(dir, { recursive: true })
  const start = Date.parse('2026-05-01T15:00:00Z')
  const rows = Array.from({ length: 3600 }, (_, i) => {
    const watts = i < 1800 ? 150 : 40_000
    return `${new Date(start + 1000 * (i + 1)).toISOString()},${watts},${0.6 * watts},230,230,230,,,,`
  })
  const head =
    'time,activePowerW,reactivePowerVar,voltageAV,voltageBV,voltageCV,currentAA,currentBA,currentCA,activeEnergyWh'
  writeFileSync(join(dir, 'meter.csv'), `${[head, ...rows].join('\n')}\n`)
  const description = {
    format: 'minewarden-recording/1',
    start: '2026-05-01T15:00:00Z',
    end: '2026-05-01T16:00:00Z',
    sites: [
      {
        id: '450324-0001',
        name: 'Adit 1',
        county: '450324',
        latitude: 26,
        longitude: 111,
        closedOn: '2023-04-11',
        area: 'general',
        gateways: [
          {
            id: 'gw-1',
            latitude: 26,
            longitude: 111,
            sensors: [{ id: 'meter-1', kind: 'power-meter', file: 'meter.csv' }],
          },
        ],
      },
    ],
    ...changes,
  }
  writeFileSync(join(dir, 'recording.json'), JSON.stringify(description))
  return dir
}

function listen() {
  const said = { out: '', err: '' }
  return {
    said,
    io: { stdout: { write: (t: string) => (said.out += t) }, stderr: { write: (t: string) => (said.err += t) } },
  }
}

describe('evaluate', () => {
  it('prints one JSON object a recording, in the order asked for, and nothing else, on standard output', async () => {
    const { said, io } = listen()
    const code = await evaluate([recordingOf('one'), `${recordingOf('two')}/`], { json: true }, io)
    expect(code).toBe(0)
    const rows = said.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    expect(rows.map((row) => row.recording)).toEqual(['one', 'two'])
    expect(Object.keys(rows[0])).toEqual(['recording', 'events', 'states', 'samples', 'wallS'])
    expect(said.err).toContain('one')
  })

  it('states at which measurement a site changed, and why', async () => {
    const { states } = await evaluateRecording(recordingOf('one'))
    expect(states.map((s) => s.state)).toEqual(['watch', 'suspected'])
    expect(states[1]!.at > '2026-05-01T15:30:08').toBe(true)
    expect(states[1]!.at < '2026-05-01T15:33:00').toBe(true)
    expect(states[1]!.because[0]).toMatch(/^motor load of 40 kW beyond what is registered, .* since 15:30$/)
  })

  it('names file and field of what it cannot read, goes on with the rest, and returns 2', async () => {
    const { said, io } = listen()
    const broken = recordingOf('broken', { start: 'yesterday' })
    const code = await evaluate([broken, recordingOf('one'), join(folder, 'nowhere')], { json: true }, io)
    expect(code).toBe(2)
    expect(said.err).toMatch(/broken.*recording\.json.*start/s)
    expect(said.err).toContain('nowhere')
    expect(said.out.trim().split('\n')).toHaveLength(1)
  })

  it('reports progress as a share of the recording', async () => {
    const shares: number[] = []
    await evaluateRecording(recordingOf('one'), { onProgress: (share) => shares.push(share) })
    expect(shares.length).toBeGreaterThan(5)
    expect(shares).toEqual([...shares].sort((a, b) => a - b))
    expect(shares.at(-1)).toBe(1)
  })

  it('without --json is a table for people', async () => {
    const { said, io } = listen()
    await evaluate([recordingOf('one')], { json: false }, io)
    expect(said.out).toMatch(/^one /)
    expect(said.out).toContain('suspected')
  })
})
