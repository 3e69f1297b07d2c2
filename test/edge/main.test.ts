import { spawn } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { FakeHost } from '../support/fake-host.ts'

const EDGE = fileURLToPath(new URL('../../edge/', import.meta.url))
let dir: string
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'minewarden-main-'))
})
afterAll(() => rmSync(dir, { recursive: true, force: true }))

async function run(...args: string[]) {
  const child = spawn(process.execPath, [join(EDGE, 'main.ts'), ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stdout = ''
  let stderr = ''
  child.stdout.on('data', (chunk: Buffer) => {
    stdout += chunk.toString()
  })
  child.stderr.on('data', (chunk: Buffer) => {
    stderr += chunk.toString()
  })
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout, stderr }
}

function configFile(name: string, more: object): string {
  const config = {
    gateway: 'gw-1',
    county: '450324',
    data: join(dir, name),
    uplink: { servers: ['mqtt://127.0.0.1:9'] },
    drivers: [
      {
        kind: 'simulated',
        scenario: 'quiet-with-pump',
        seed: 1,
        sensors: [
          { kind: 'geophone', id: 'geo-1' },
          { kind: 'power-meter', id: 'meter-1' },
        ],
      },
    ],
    ...more,
  }
  const path = join(dir, `${name}.json`)
  writeFileSync(path, JSON.stringify(config))
  return path
}

interface Verdict {
  readonly passed: boolean
  readonly checks: readonly {
    readonly name: string
    readonly passed: boolean
    readonly detail: string
    readonly hint: string
  }[]
}

describe('minewarden-gateway', () => {
  it('explains itself, tells its version, and finds all its parts', async () => {
    const [help, version, check] = await Promise.all([run('--help'), run('--version'), run('--check')])
    expect([help.code, version.code, check.code]).toEqual([0, 0, 0])
    expect(help.stdout).toContain('doctor --config FILE')
    expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/)
    expect(check.stdout).toContain('complete')
  })

  it.each([
    [['run'], '--config FILE is needed'],
    [['fly', '--config', 'x'], 'run, doctor or relearn SENSOR is needed'],
    [['--bogus'], "'--bogus'"],
    [['run', '--config', '/none/such.json'], '/none/such.json'],
  ])('refuses %j with exit code 2', async (args, words) => {
    const { code, stderr, stdout } = await run(...args)
    expect(code).toBe(2)
    expect(stderr).toContain(words)
    expect(stdout).toBe('')
  })

  it('names every wrong field of a configuration, and starts nothing', async () => {
    const { code, stderr } = await run('run', '--config', configFile('wrong', { gateway: 7, log: 'loud' }))
    expect(code).toBe(2)
    expect(stderr).toContain('gateway')
    expect(stderr).toContain('log')
  })

  it('names a data folder that cannot be made', async () => {
    const data = configFile('no-folder', {})
    const { code, stderr } = await run('run', '--config', configFile('nowhere', { data }))
    expect(code).toBe(2)
    expect(stderr).toMatch(/data: EEXIST.*\(data-unusable\)/)
  })

  it('names a recording that is not there', async () => {
    const drivers = [{ kind: 'recording', dir: join(dir, 'no-recording') }]
    const { code, stderr } = await run('run', '--config', configFile('unrecorded', { drivers }))
    expect(code).toBe(2)
    expect(stderr).toContain('no-recording')
  })

  it('passes a gateway whose sensors, clock, disk and uplink work', async () => {
    await using host = await FakeHost.listen({ group: '450324', node: 'gw-1' })
    host.say(true)
    const { code, stdout } = await run(
      'doctor',
      '--json',
      '--config',
      configFile('well', { uplink: { servers: [host.url] } }),
    )
    const verdict = JSON.parse(stdout) as Verdict
    expect(verdict.checks.map(({ name, passed }) => [name, passed])).toEqual([
      ['sensor geo-1', true],
      ['sensor meter-1', true],
      ['clock', true],
      ['disk', true],
      [`uplink ${host.url}`, true],
    ])
    expect(code).toBe(0)
    expect(verdict.passed).toBe(true)
    expect(host.heard).toEqual([])
  })

  it('fails what does not work, each with a hint, and says so with exit code 1', async () => {
    const drivers = [{ kind: 'recording', dir: join(dir, 'no-recording') }]
    const { code, stdout } = await run('doctor', '--config', configFile('ill', { drivers }))
    expect(code).toBe(1)
    expect(stdout).toMatch(/FAIL {2}driver recording: .*no-recording/)
    expect(stdout).toMatch(/FAIL {2}uplink mqtt:\/\/127\.0\.0\.1:9: .*ECONNREFUSED.*\n +Check/)
    expect(stdout).toMatch(/pass {2}disk/)
  })
})
