import { type ChildProcess, spawn } from 'node:child_process'
import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, describe, expect, it } from 'vitest'
import { eventually } from '../support/eventually.ts'
import { FakeHost } from '../support/fake-host.ts'

const MAIN = fileURLToPath(new URL('../../edge/main.ts', import.meta.url))
/** `MINEWARDEN_CRASH_ROUNDS=500` for the long run. */
const ROUNDS = Math.ceil(Number(process.env.MINEWARDEN_CRASH_ROUNDS ?? 25) / 3)
const GROUP = '450324'
const NODE = 'gw-1'

const dirs: string[] = []
afterEach(() => {
  for (const dir of dirs.splice(0)) rmSync(dir, { recursive: true, force: true })
})

function configure(url: string): string {
  const dir = mkdtempSync(join(tmpdir(), 'minewarden-kill-'))
  dirs.push(dir)
  const sensors = [
    { kind: 'geophone', id: 'geo-1' },
    { kind: 'power-meter', id: 'meter-1' },
    { kind: 'camera-probe', id: 'probe-1' },
  ]
  const config = {
    gateway: NODE,
    county: GROUP,
    data: dir,
    uplink: { servers: [url] },
    // Many rows in a short time: the scenario runs twenty times as fast as the clock.
    drivers: [{ kind: 'simulated', scenario: 'reopening', seed: 3, speed: 20, sensors }],
    spool: { featureCommitMs: 100 },
    log: 'warn',
  }
  writeFileSync(join(dir, 'gateway.json'), JSON.stringify(config))
  return join(dir, 'gateway.json')
}

function start(config: string) {
  const child = spawn(process.execPath, [MAIN, 'run', '--config', config], { stdio: ['ignore', 'inherit', 'pipe'] })
  let log = ''
  child.stderr.on('data', (chunk: Buffer) => {
    log += chunk.toString()
  })
  return { child, log: () => log }
}
const ended = (child: ChildProcess) => new Promise<number | null>((resolve) => child.once('exit', resolve))

describe('a gateway process', () => {
  it(`is killed ${ROUNDS} times at random moments: no row is missing, none means two things`, async () => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    const config = configure(host.url)
    for (let round = 0; round < ROUNDS; round++) {
      const { child, log } = start(config)
      const gone = ended(child)
      await new Promise((resolve) => setTimeout(resolve, randomInt(500, 2_200)))
      child.kill('SIGKILL')
      await gone
      expect(log()).not.toContain('unreadable')
    }
    const { child } = start(config)
    const gone = ended(child)
    const before = host.rows.size
    await eventually('more rows', () => host.rows.size > before + 10)
    await eventually('no hole', () => host.ranges.get(host.epoch)?.size === 1)
    child.kill('SIGTERM')
    expect(await gone).toBe(0)

    expect(host.ranges.size, 'one epoch').toBe(1)
    const newest = Math.max(...[...host.rows.values()].map(({ sequence }) => sequence))
    expect(host.rows.size, 'every sequence once').toBe(newest)
    // What came twice is the same row: a sequence never means two things.
    for (const { epoch, sequence, reading } of host.arrived) {
      expect(reading).toEqual(host.rows.get(`${epoch} ${sequence}`)?.reading)
    }
  })

  it.each(['SIGTERM', 'SIGINT'] as const)('stops within five seconds of %s, saying NDEATH', async (signal) => {
    await using host = await FakeHost.listen({ group: GROUP, node: NODE })
    host.say(true)
    const { child } = start(configure(host.url))
    const gone = ended(child)
    await eventually('rows', () => host.rows.size > 2)
    const asked = performance.now()
    child.kill(signal)
    expect(await gone).toBe(0)
    expect(performance.now() - asked).toBeLessThan(5_000)
    expect(host.heard.at(-1)?.type).toBe('NDEATH')
  })

  it('stops as fast when there is no server to speak to', async () => {
    const { child } = start(configure('mqtt://127.0.0.1:9'))
    const gone = ended(child)
    await new Promise((resolve) => setTimeout(resolve, 1_500))
    const asked = performance.now()
    child.kill('SIGTERM')
    expect(await gone).toBe(0)
    expect(performance.now() - asked).toBeLessThan(5_000)
  })
})
