import { spawn } from 'node:child_process'
import { createWriteStream, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { finished } from 'node:stream/promises'
import { setTimeout as wait } from 'node:timers/promises'
import type { EvaluationRow } from '@minewarden/cli/evaluate.ts'
import { encodeRecords } from '@minewarden/hardware/miniseed/encode.ts'
import { instant } from '@minewarden/protocol/time.ts'
import { afterAll, describe, expect, it } from 'vitest'
import { addShot, COUNTS_PER_UNIT, noise } from '../support/ground.ts'

const RATE = 500
const HOUR_S = 3600
const HOURS = 24
const START = Date.parse('2026-05-01T00:00:00Z')
const MAIN = new URL('../../cli/main.ts', import.meta.url).pathname

const folder = mkdtempSync(join(tmpdir(), 'minewarden-day-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A day of one geophone with a shot each hour, 43 million samples. */
async function writeDay(): Promise<void> {
  const hour = noise(HOUR_S, RATE, 1e-7)
  addShot(hour, RATE, 1200, 2e-5)
  const samples = Int32Array.from(hour, (x) => Math.round(x * COUNTS_PER_UNIT))
  const file = createWriteStream(join(folder, 'geo-1.mseed'))
  for (let h = 0; h < HOURS; h++) {
    const id = { network: 'XX', station: 'DAY', location: '', channel: 'HHZ' }
    const startAt = instant(START + h * HOUR_S * 1000)
    file.write(encodeRecords({ ...id, rateHz: RATE, recordLength: 4096, startAt, samples }))
  }
  file.end()
  await finished(file)
  const channels = { HHZ: { countsPerUnit: COUNTS_PER_UNIT, unit: 'm/s' } }
  const sensors = [{ id: 'geo-1', kind: 'geophone', file: 'geo-1.mseed', channels }]
  const place = { latitude: 26, longitude: 111 }
  const site = { id: '450324-0001', name: 'Adit 1', county: '450324', ...place, closedOn: '2023-04-11', area: 'key' }
  const recording = {
    format: 'minewarden-recording/1',
    start: new Date(START).toISOString(),
    end: new Date(START + HOURS * HOUR_S * 1000).toISOString(),
    sites: [{ ...site, gateways: [{ id: 'gw-1', ...place, sensors }] }],
  }
  writeFileSync(join(folder, 'recording.json'), JSON.stringify(recording))
}

/** The high-water mark of a process's memory, as Linux keeps it; 0 once it is gone. */
function peakMb(pid: number): number {
  try {
    const kib = /VmHWM:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]
    return Number(kib ?? 0) / 1024
  } catch {
    return 0
  }
}

async function evaluateDay(): Promise<{ row: EvaluationRow; peak: number; code: number | null }> {
  const child = spawn(process.execPath, [MAIN, 'evaluate', folder, '--json'], { stdio: ['ignore', 'pipe', 'ignore'] })
  let out = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    out += text
  })
  const closed = new Promise<number | null>((resolve) => child.once('close', resolve))
  let peak = 0
  let over = false
  void closed.then(() => {
    over = true
  })
  while (!over) {
    peak = Math.max(peak, peakMb(child.pid ?? 0))
    await Promise.race([wait(100), closed])
  }
  return { row: JSON.parse(out), peak, code: await closed }
}

describe.runIf(existsSync('/proc/self/status'))('a day of one geophone at 500 samples a second', () => {
  it('is evaluated in less than 300 MB, at more than a million samples a second', { timeout: 120_000 }, async () => {
    await writeDay()
    const { row, peak, code } = await evaluateDay()
    expect(code).toBe(0)
    expect(row.samples).toBe(HOURS * HOUR_S * RATE)
    expect(row.events.filter((event) => event.class === 'blast')).toHaveLength(HOURS)
    expect(peak).toBeGreaterThan(30)
    expect(peak).toBeLessThan(300)
    // Two million and more on a machine that does nothing else.
    expect(row.samples / row.wallS).toBeGreaterThan(1e6)
  })
})
