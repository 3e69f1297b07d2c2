import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'

const ROOT = fileURLToPath(new URL('../../', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'minewarden-commands-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A line of a stack trace. */
const STACK = /^ {4}at .*:\d+:\d+\)?$/m

interface Ended {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly err: string
}

function start(args: readonly string[]): { child: ChildProcess; ended: Promise<Ended> } {
  const child = spawn(process.execPath, ['cli/main.ts', ...args], { cwd: ROOT, stdio: ['ignore', 'pipe', 'pipe'] })
  const text = { out: '', err: '' }
  child.stdout.on('data', (chunk) => {
    text.out += chunk
  })
  child.stderr.on('data', (chunk) => {
    text.err += chunk
  })
  const ended = once(child, 'close').then(([code, signal]) => ({ code, signal, ...text }))
  return { child, ended }
}
const run = (...args: string[]): Promise<Ended> => start(args).ended

function config(name: string, content: unknown): string {
  const path = join(folder, `${name}.json`)
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content))
  return path
}

describe('the command line', () => {
  it.each([
    ['an unknown command', ['bogus'], "unknown command 'bogus'"],
    ['an unknown option', ['demo', '--nonsense'], "unknown option '--nonsense'"],
    ['a speed of nothing', ['demo', '--speed', '0'], "'--speed <n>' argument '0' is invalid"],
    ['a speed that is no number', ['demo', '--speed', 'abc'], "'--speed <n>' argument 'abc' is invalid"],
    ['a port that is none', ['demo', '--port', '70000'], "'--port <port>' argument '70000' is invalid"],
    ['a recording that is not there', ['demo', '--recordings', '/nonexistent'], '/nonexistent: no such folder'],
    ['a folder without recordings', ['demo', '--recordings', folder], 'no recording.json here nor in a folder of it'],
    ['no recording to evaluate', ['evaluate', folder], 'recording.json: ENOENT'],
    ['no configuration', ['cloud'], "'--config <file>' not specified"],
    ['a configuration that is not there', ['utility', '--config', '/nonexistent.json'], '/nonexistent.json'],
  ])('says what is wrong with %s, and ends with 2', async (_case, args, message) => {
    const { code, err } = await run(...args)
    expect(err).toContain(message)
    expect(err).not.toMatch(STACK)
    expect(code).toBe(2)
  })

  it.each(['cloud', 'utility', 'feeders'])('%s names what is missing in its configuration', async (command) => {
    for (const [name, content, message] of [
      ['broken', '{', 'JSON'],
      ['empty', {}, command === 'cloud' ? 'dataDir: ' : command === 'utility' ? 'database: ' : 'port: '],
    ] as const) {
      const { code, err } = await run(command, '--config', config(`${command}-${name}`, content))
      expect(err).toContain(message)
      expect(err).toContain('config-invalid')
      expect(code).toBe(2)
    }
  })

  it('says that a port is taken, for the feeder simulator too', async () => {
    const server = createServer().listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const { code, err } = await run('feeders', '--config', config('busy', { port, feeders: ['f-1'] }))
    server.close()
    expect(err).toMatch(new RegExp(`127\\.0\\.0\\.1:${port}.*EADDRINUSE.*\\(port-busy\\)`))
    expect(code).toBe(2)
  })

  it('says that the folder of the fleet manager is no folder', async () => {
    const path = config('no-folder', {
      ...{ dataDir: config('file', ''), hostId: 'host', sites: [], gateways: [] },
      orders: { issuer: { id: '450324', name: 'county' } },
    })
    const { code, err } = await run('cloud', '--config', path)
    expect(err).toMatch(/ENOTDIR|EEXIST/)
    expect(err).not.toMatch(STACK)
    expect(code).toBe(2)
  })

  it('ends an evaluation at Ctrl-C', async () => {
    const dir = longRecording()
    const { child, ended } = start(['evaluate', dir, '--json'])
    const asked = performance.now()
    setTimeout(() => child.kill('SIGINT'), 1_500)
    expect(await ended).toMatchObject({ code: null, signal: 'SIGINT', out: '' })
    expect(performance.now() - asked).toBeLessThan(5_000)
  })
})

/** A meter of three months: more than a machine evaluates in some seconds. */
function longRecording(): string {
  const dir = join(folder, 'long')
  mkdirSync(dir)
  const start = Date.parse('2026-05-01T00:00:00Z')
  const head =
    'time,activePowerW,reactivePowerVar,voltageAV,voltageBV,voltageCV,currentAA,currentBA,currentCA,activeEnergyWh'
  const rows = Array.from(
    { length: 2_000_000 },
    (_, i) => `${new Date(start + 4000 * (i + 1)).toISOString()},1,,,,,,,,`,
  )
  writeFileSync(join(dir, 'meter.csv'), `${[head, ...rows].join('\n')}\n`)
  const sensors = [{ id: 'meter-1', kind: 'power-meter', file: 'meter.csv' }]
  const where = { latitude: 26, longitude: 111 }
  const site = {
    id: '450324-0001',
    name: 'Adit 1',
    county: '450324',
    closedOn: '2023-04-11',
    area: 'general',
    ...where,
  }
  writeFileSync(
    join(dir, 'recording.json'),
    JSON.stringify({
      format: 'minewarden-recording/1',
      ...{ start: '2026-05-01T00:00:00Z', end: '2026-08-01T00:00:00Z' },
      sites: [{ ...site, gateways: [{ id: 'gw-1', ...where, sensors }] }],
    }),
  )
  return dir
}
