import { type ChildProcess, spawn } from 'node:child_process'
import { createSocket } from 'node:dgram'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir, userInfo } from 'node:os'
import { join } from 'node:path'
import { ClockKeeper } from '@minewarden/edge/clock-keeper.ts'
import type { ClockShift } from '@minewarden/edge/core/clock/clock-shift.ts'
import { systemClock } from '@minewarden/edge/shell/system-clock.ts'
import { createChronyDaemon } from '@minewarden/edge/shell/time-daemon-chrony.ts'
import { readWallOffset } from '@minewarden/edge/shell/wall-clock.ts'
import { afterEach, describe, expect, it } from 'vitest'
import { findProgram, requires } from '../support/requires.ts'
import { silentLogger } from './support/manual-clock.ts'

const children: ChildProcess[] = []
const dirs: string[] = []
afterEach(async () => {
  for (const child of children.splice(0)) {
    const gone = new Promise((resolve) => child.once('exit', resolve))
    child.kill('SIGKILL')
    await gone
  }
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

/** The wall clock of the gateway and of its chronyd is behind by so much. */
const BEHIND_MS = 6 * 3_600_000 + 17_000

async function freePort(): Promise<number> {
  const socket = createSocket('udp4')
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  const { port } = socket.address()
  await new Promise<void>((resolve) => socket.close(() => resolve()))
  return port
}

/** A chronyd that touches no clock. @returns its command socket */
function startChronyd(dir: string, name: string, lines: readonly string[], behindMs = 0): string {
  const socket = join(dir, `${name}.sock`)
  const config = join(dir, `${name}.conf`)
  const common = ['cmdport 0', `bindcmdaddress ${socket}`, `pidfile ${join(dir, `${name}.pid`)}`]
  writeFileSync(config, [...lines, ...common, ''].join('\n'))
  const chronyd = [findProgram('chronyd') ?? '', '-x', '-U', '-d', '-f', config, '-u', userInfo().username]
  const call = behindMs > 0 ? ['faketime', '-f', `-${behindMs / 1000}s`, ...chronyd] : chronyd
  const env = { ...process.env, FAKETIME_DONT_FAKE_MONOTONIC: '1' }
  const [program = '', ...args] = call
  children.push(spawn(program, args, { stdio: 'ignore', env, detached: false }))
  return socket
}

describe.runIf(requires('chronyd', 'faketime'))('the keeper with a real chronyd', () => {
  it('finds the time that its machine does not show, within 50 ms and its own bound, and moves what it stamped', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'minewarden-chrony-'))
    dirs.push(dir)
    const port = await freePort()
    startChronyd(dir, 'server', [`port ${port}`, 'local stratum 3', 'allow 127.0.0.1'])
    const line = `server 127.0.0.1 port ${port} iburst minpoll 0 maxpoll 1`
    const socket = startChronyd(dir, 'client', [line, 'port 0'], BEHIND_MS)
    const behind = () => {
      const { offsetMs, errorMs } = readWallOffset()
      return { offsetMs: offsetMs - BEHIND_MS, errorMs }
    }
    const chronyc = createChronyDaemon({ program: 'chronyc', address: socket }, () => Date.now() - BEHIND_MS)
    const deps = { clock: systemClock, logger: silentLogger, daemon: chronyc, readWall: behind, driftPpm: 20 }
    const { signal } = new AbortController()
    const keeper = await ClockKeeper.open(deps, null, signal)
    const shifts: ClockShift[] = []
    keeper.onShift((shift) => shifts.push(shift))
    const early = keeper.now()
    const trueEarly = Date.now()
    expect(Math.abs(early + BEHIND_MS - trueEarly)).toBeLessThan(5)
    // A daemon whose first answers came late, on a busy machine, says so by its bound, and gets better.
    const until = performance.now() + 20_000
    let stamp = keeper.stamp(performance.now())
    /** What it claimed when it moved what it had stamped. */
    let claimedMs = 0
    while ((!keeper.isKnown || (stamp.errorMs ?? Number.POSITIVE_INFINITY) >= 50) && performance.now() < until) {
      await systemClock.sleep(500)
      await keeper.look(signal)
      stamp = keeper.stamp(performance.now())
      const offMs = Math.abs(stamp.at - Date.now())
      if (shifts.length > 0 && claimedMs === 0) claimedMs = stamp.errorMs ?? 0
      if (keeper.isKnown) expect(stamp.errorMs, `off by ${offMs} ms`).toBeGreaterThanOrEqual(offMs - 1)
    }
    const { at, quality, errorMs } = stamp
    expect(quality).toBe('ntp')
    expect(errorMs).toBeLessThan(50)
    expect(Math.abs(at - Date.now())).toBeLessThan(50)
    const moved = early + shifts.reduce((sum, { byMs }) => sum + byMs, 0)
    expect(Math.abs(moved - trueEarly)).toBeLessThan(Math.max(50, claimedMs))
    expect(keeper.source).toBe('chrony')
  })
})
