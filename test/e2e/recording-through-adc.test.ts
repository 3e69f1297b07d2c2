/**
 * Real ground motion through the whole instrument: a recording's samples stand at the inputs of the simulated ADC, the
 * compiled firmware sends them, a gateway process measures them; its ring holds them sample for sample.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeAll } from '@minewarden/hardware/miniseed/stream.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { cachedFirmware } from '../../scripts/firmware.ts'
import { type AdcInput, startBoard } from '../support/avr-board.ts'
import { eventually } from '../support/eventually.ts'
import { FakeHost } from '../support/fake-host.ts'
import { Program } from '../support/program.ts'
import { requires } from '../support/requires.ts'
import { ringSamples } from '../support/ring-samples.ts'

const RECORDING = new URL('../../../shared/data/recordings/night-shift-grid', import.meta.url).pathname
const CHANNELS = ['HHZ', 'HHN', 'HHE'] as const
const SAMPLES = 6_000

const found = existsSync(join(RECORDING, 'recording.json'))
if (!found) console.warn(`skipped: no recordings at ${RECORDING}`)
const ready = requires('avr-gcc') && requires('socat') && found

describe.skipIf(!ready)('a recording at the inputs of the digitiser', () => {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-adc-'))
  afterAll(() => rmSync(dir, { recursive: true, force: true }))

  it('comes out of the gateway’s ring sample for sample', { timeout: 120_000 }, async () => {
    const played = recordedSamples()
    writeFileSync(join(dir, 'samples.json'), JSON.stringify(played))
    await using host = await FakeHost.listen({ group: '450324', node: 'gw-1' })
    host.say(true)
    await using board = await startBoard(cachedFirmware().hex, join(dir, 'dig0'), join(dir, 'samples.json') as AdcInput)
    writeFileSync(join(dir, 'gateway.json'), JSON.stringify(configuration(dir, host.url)))
    const args = ['edge/main.ts', 'run', '--config', join(dir, 'gateway.json')]
    await using gateway = new Program({ args, logFile: join(dir, 'gateway.log') })
    await gateway.startUntil('gateway runs')
    await eventually('the recording once round', () => host.rows.size > 0)
    await new Promise((done) => setTimeout(done, (SAMPLES / 250) * 1000 + 2_000))
    expect(await gateway.stop('SIGTERM')).toBe(0)
    expect(board.skippedMs).toBe(0)
    for (const [i, channel] of CHANNELS.entries()) {
      const values = ringSamples(dir, 'geo-1', channel).map(({ value }) => value)
      expect(values.length).toBeGreaterThan(SAMPLES - 1_000)
      const expected = played[i]!
      const from = placeOf(values, expected)
      const wrong = values.findIndex((value, n) => value !== expected[(from + n) % expected.length])
      expect(wrong, `${channel}: sample ${wrong} of ${values.length}`).toBe(-1)
    }
  })
})

/** Three channels of ground motion in counts; those that the recording lacks are its vertical turned over. */
function recordedSamples(): number[][] {
  const name = (
    JSON.parse(readFileSync(join(RECORDING, 'recording.json'), 'utf8')) as RecordingFile
  ).sites[0]!.gateways[0]!.sensors.find(({ kind }) => kind === 'geophone')!.file
  const byChannel = new Map<string, number[]>()
  for (const item of decodeAll(readFileSync(join(RECORDING, name)))) {
    if (item.kind !== 'record') continue
    const samples = byChannel.get(item.record.channel) ?? []
    byChannel.set(item.record.channel, samples)
    for (const value of item.record.samples) if (samples.length < SAMPLES) samples.push(value)
  }
  const vertical = byChannel.get('HHZ')
  if (!vertical || vertical.length < SAMPLES) throw new Error('the recording has no vertical channel of that length')
  return CHANNELS.map((channel) => byChannel.get(channel) ?? vertical.map((value) => -value))
}

interface RecordingFile {
  readonly sites: readonly {
    readonly gateways: readonly { readonly sensors: readonly { kind: string; file: string }[] }[]
  }[]
}

/** Where in what is played again and again the gateway began to listen: where its first second fits. */
function placeOf(values: readonly number[], expected: readonly number[]): number {
  const head = values.slice(0, 250)
  const from = expected.findIndex((_, at) => head.every((value, n) => value === expected[(at + n) % expected.length]))
  expect(from, 'the first second is not in what was played').toBeGreaterThanOrEqual(0)
  return from
}

const coil = { countsPerUnit: 4e8, unit: 'm/s' }
const configuration = (data: string, url: string) => ({
  gateway: 'gw-1',
  county: '450324',
  data,
  uplink: { servers: [url] },
  drivers: [
    {
      kind: 'digitiser',
      ports: [join(data, 'dig*')],
      rateHz: 250,
      geophone: { id: 'geo-1', channels: { HHZ: coil, HHN: coil, HHE: coil } },
    },
  ],
})
