import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { siteConfig } from '../../crash/support/cloud-config.ts'
import { verdictOf } from '../../support/audit/kept-log.ts'
import { eventually } from '../../support/eventually.ts'

const PROGRAM = fileURLToPath(new URL('../../../cloud/main.ts', import.meta.url))
const COMMANDS = fileURLToPath(new URL('../../../cli/main.ts', import.meta.url))
const TOKEN = 'a-token-that-is-long-enough-for-it'

let dir: string
let child: ChildProcess | null = null
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'minewarden-audit-program-'))
})
afterEach(async () => {
  child?.kill('SIGKILL')
  await rm(dir, { recursive: true, force: true })
})

async function start(): Promise<string> {
  const config = {
    ...(siteConfig('data') as object),
    http: { port: 0 },
    users: [{ id: 'head-1', name: '乙', department: '应急管理局', role: 'head' }],
    signInTokens: [
      {
        user: 'head-1',
        sha256: createHash('sha256').update(TOKEN).digest('hex'),
        expiresAt: new Date(Date.now() + 3_600_000).toISOString(),
      },
    ],
    audit: { checkpointFile: 'elsewhere.ndjson' },
  }
  await writeFile(join(dir, 'cloud.json'), JSON.stringify(config))
  const born = spawn(process.execPath, [PROGRAM, join(dir, 'cloud.json')], { stdio: ['ignore', 'ignore', 'pipe'] })
  child = born
  const lines: string[] = []
  createInterface({ input: born.stderr }).on('line', (line) => lines.push(line))
  const up = await eventually('it is up', () => {
    if (born.exitCode !== null) throw new Error(lines.join('\n'))
    return lines.find((line) => line.includes('is up'))
  })
  return `http://127.0.0.1:${(JSON.parse(up) as { http: number }).http}`
}

test('a running fleet manager gives its log to an officer; with what was signed at its end it verifies offline', async () => {
  const url = await start()
  const headers = { origin: url, 'content-type': 'application/json' }
  const signedIn = await fetch(`${url}/api/v1/sign-in`, {
    method: 'POST',
    headers,
    body: JSON.stringify({ token: TOKEN }),
  })
  const cookie = signedIn.headers.get('set-cookie')?.split(';')[0] ?? ''
  expect((await fetch(`${url}/api/v1/audit/export`, { headers: { cookie } })).status).toBe(403)
  const first = await (await fetch(`${url}/api/v1/audit/export`, { headers: { ...headers, cookie } })).text()
  const verdict = await verdictOf(first)
  expect(verdict.problems).toEqual([])
  expect(verdict).toMatchObject({ intact: true, signedUpTo: verdict.head?.sequence, issuer: expect.any(String) })
  expect(first).toContain('"action":"audit.exported","actor":"head-1"')

  const { keys } = (await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: unknown[] }
  await writeFile(join(dir, 'keys.json'), JSON.stringify({ keys }))
  child?.kill('SIGTERM')
  await once(child as ChildProcess, 'exit')
  const run = (...words: string[]) =>
    spawnSync(process.execPath, [COMMANDS, 'audit', ...words], { cwd: dir, encoding: 'utf8' })
  expect(run('export', '--config', 'cloud.json', '--out', 'log.ndjson')).toMatchObject({ status: 0, stderr: '' })
  const verify = () => run('verify', 'log.ndjson', '--keys', 'keys.json', '--checkpoints', 'elsewhere.ndjson')
  expect(verify()).toMatchObject({ status: 0, stdout: expect.stringContaining('Nothing was changed.') })
  await writeFile(
    join(dir, 'log.ndjson'),
    (await readFile(join(dir, 'log.ndjson'), 'utf8')).replace('head-1', 'head-2'),
  )
  expect(verify()).toMatchObject({
    status: 1,
    stdout: expect.stringMatching(/line \d+: entry \d+: the entry was changed/),
  })
  expect(run('verify', 'keys.json')).toMatchObject({ status: 2 })
})
