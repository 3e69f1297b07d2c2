import { chmodSync, mkdirSync, mkdtempSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { firstOf } from '@minewarden/edge/shell/time-daemon.ts'
import { createChronyDaemon } from '@minewarden/edge/shell/time-daemon-chrony.ts'
import { createTimesyncd, TIMESYNCD_ERROR_MS } from '@minewarden/edge/shell/time-daemon-timesyncd.ts'
import { readWallOffset } from '@minewarden/edge/shell/wall-clock.ts'
import { afterEach, describe, expect, it } from 'vitest'

const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})
const newDir = () => {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-daemon-'))
  dirs.push(dir)
  return dir
}
const { signal } = new AbortController()

/** A program in chronyc's place. */
function chronyc(script: string) {
  const program = join(newDir(), 'chronyc')
  writeFileSync(program, `#!/bin/sh\n${script}\n`)
  chmodSync(program, 0o755)
  return createChronyDaemon({ program, address: '/run/elsewhere.sock' })
}

describe('chrony as a time daemon', () => {
  it('is asked for its tracking, at the address that is configured', async () => {
    const line = `7F000001,127.0.0.1,4,${Date.now() / 1000},0.000001,0,0,1.0,0.0,13.9,0.0002,0.0001,2.0,Normal`
    const daemon = chronyc(`[ "$*" = "-h /run/elsewhere.sock -n -c tracking" ] && echo ${line}`)
    expect(await daemon.ask(signal)).toMatchObject({ kind: 'synchronised', errorMs: expect.closeTo(0.2, 3) })
  })

  it.each([
    ['fails', 'echo 506 Cannot talk to daemon; exit 1'],
    ['says what is none of its lines', 'echo hello'],
    ['floods', 'yes'],
    ['hangs', 'exec sleep 60'],
  ])('is absent when it %s, within its patience', async (_, script) => {
    const begun = performance.now()
    expect((await chronyc(script).ask(signal)).kind).toBe('absent')
    expect(performance.now() - begun).toBeLessThan(5_000)
  })

  it('is absent where it is not installed', async () => {
    const daemon = createChronyDaemon({ program: '/nowhere/chronyc', address: null })
    expect(await daemon.ask(signal)).toMatchObject({ kind: 'absent', reason: expect.stringContaining('ENOENT') })
  })
})

describe('systemd-timesyncd as a time daemon', () => {
  it('is absent, seeks, and is synchronised by the file that it touches', async () => {
    const folder = join(newDir(), 'timesync')
    const daemon = createTimesyncd(folder)
    expect((await daemon.ask(signal)).kind).toBe('absent')
    mkdirSync(folder)
    expect(await daemon.ask(signal)).toEqual({ kind: 'unsynchronised', source: 'timesyncd' })
    writeFileSync(join(folder, 'synchronized'), '')
    const heardS = Date.now() / 1000 - 90
    utimesSync(join(folder, 'synchronized'), heardS, heardS)
    const answer = await daemon.ask(signal)
    expect(answer).toMatchObject({ kind: 'synchronised', quality: 'ntp', errorMs: TIMESYNCD_ERROR_MS, skewPpm: null })
    if (answer.kind === 'synchronised') expect(answer.referenceAgeMs / 1000).toBeCloseTo(90, 0)
  })

  it('is asked when chrony is not there, and the reasons of both are told when neither is', async () => {
    const folder = join(newDir(), 'timesync')
    const both = firstOf([createChronyDaemon({ program: '/nowhere/chronyc', address: null }), createTimesyncd(folder)])
    expect(await both.ask(signal)).toMatchObject({ reason: expect.stringMatching(/chronyc.*timesyncd/) })
    mkdirSync(folder)
    expect((await both.ask(signal)).kind).toBe('unsynchronised')
  })
})

describe('reading the system clock', () => {
  it('is finer than its millisecond, and says how fine', () => {
    const readings = Array.from({ length: 20 }, readWallOffset)
      .sort((a, b) => a.errorMs - b.errorMs)
      .slice(0, 10)
    const offsets = readings.map(({ offsetMs }) => offsetMs)
    expect(Math.max(...offsets) - Math.min(...offsets)).toBeLessThan(0.2)
    expect(readings[0]?.errorMs).toBeLessThan(0.1)
  })
})
