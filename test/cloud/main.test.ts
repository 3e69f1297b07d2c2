import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { siteConfig } from '../crash/support/cloud-config.ts'
import { eventually } from '../support/eventually.ts'
import { accountsOf, fakeGateway } from '../support/ingest-chain.ts'

const MAIN = fileURLToPath(new URL('../../cloud/main.ts', import.meta.url))

let dir: string
const children: ChildProcess[] = []
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'minewarden-main-'))
})
afterEach(async () => {
  for (const child of children.splice(0)) child.kill('SIGKILL')
  await rm(dir, { recursive: true, force: true })
})

async function run(config: unknown): Promise<{ child: ChildProcess; lines: string[] }> {
  const path = join(dir, 'cloud.json')
  await writeFile(path, typeof config === 'string' ? config : JSON.stringify(config))
  const child = spawn(process.execPath, [MAIN, path], { stdio: ['ignore', 'ignore', 'pipe'] })
  children.push(child)
  const lines: string[] = []
  createInterface({ input: child.stderr as NodeJS.ReadableStream }).on('line', (line) => lines.push(line))
  return { child, lines }
}
const exitCode = async (child: ChildProcess): Promise<number | null> => (await once(child, 'exit'))[0]
const passwordSha256 = accountsOf(['gw-1']).get('gw-1')?.passwordSha256
const config = (changes: object = {}) => ({
  ...(siteConfig('data') as object),
  gateways: [{ id: 'gw-1', site: 'site-1', passwordSha256 }],
  ...changes,
})

describe('the fleet manager as a program', () => {
  test('starts from one file, takes rows, shows its sites, and stops within 5 s', async () => {
    const { child, lines } = await run(config({ http: { port: 0, publicReading: true } }))
    const up = await eventually('it is up', () => lines.find((line) => line.includes('is up')))
    const { http, mqtt } = JSON.parse(up) as { http: number; mqtt: number }
    const gateway = fakeGateway('gw-1')
    await gateway.connect(mqtt)
    await gateway.birth()
    gateway.sendRow(1)
    await gateway.untilAcknowledged(1)
    const sites = await (await fetch(`http://127.0.0.1:${http}/api/v1/sites`)).json()
    expect(sites).toMatchObject([{ id: 'site-1', state: 'sealed', gateways: [{ id: 'gw-1', online: true }] }])
    expect((await stat(join(dir, 'data', 'signing-key.json'))).mode & 0o777).toBe(0o600)
    expect((await stat(join(dir, 'data'))).mode & 0o777).toBe(0o700)

    const asked = performance.now()
    child.kill('SIGTERM')
    expect(await exitCode(child)).toBe(0)
    expect(performance.now() - asked).toBeLessThan(5_000)
    expect(lines.join('\n')).not.toMatch(/"level":(50|60)/)
    expect(lines.join('\n')).not.toContain('password-of')
    await gateway.close()
  })

  test('says which port is taken, and fails', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as { port: number }
    const mqtt = await run(config({ mqtt: { embedded: { port } } }))
    expect(await exitCode(mqtt.child)).toBe(2)
    expect(mqtt.lines.join('\n')).toContain(`port-busy: MQTT 127.0.0.1:${port}`)
    const http = await run(config({ http: { port } }))
    expect(await exitCode(http.child)).toBe(2)
    expect(http.lines.join('\n')).toContain(`port-busy: HTTP 127.0.0.1:${port}`)
    taken.close()
  })

  test.each([
    ['what is no JSON', '{"dataDir": ', 'not JSON'],
    ['what does not fit', { dataDir: 7 }, 'dataDir'],
    [
      'a key that is none',
      config({ orders: { issuer: { id: 'x', name: 'x' }, signingKeyFile: 'cloud.json' } }),
      'signingKeyFile',
    ],
    [
      'keys that OpenSSL will not take',
      config({ suppliersHttps: { port: 0, keyFile: 'cloud.json', certFile: 'cloud.json' } }),
      'suppliersHttps: keyFile and certFile',
    ],
    [
      'a file that is not there',
      config({ mqtt: { url: 'mqtt://127.0.0.1:1', passwordFile: 'nowhere' } }),
      'mqtt.passwordFile',
    ],
  ])('names the field of %s, and exits with 2', async (_, broken, field) => {
    const { child, lines } = await run(broken)
    expect(await exitCode(child)).toBe(2)
    expect(lines.join('\n')).toContain('config-invalid')
    expect(lines.join('\n')).toContain(field)
  })
})
