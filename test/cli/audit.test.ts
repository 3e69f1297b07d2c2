import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { publicKeyOf } from '@minewarden/protocol/jws.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'
import { exportTo, verifyFile } from '../../cli/audit.ts'
import { keptLog } from '../support/audit/kept-log.ts'
import { ISSUER } from '../support/cut-off/fixtures.ts'

let folder: string
let log: Awaited<ReturnType<typeof keptLog>>
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'minewarden-cli-audit-'))
  log = await keptLog()
})
afterEach(async () => {
  await log[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const file = (name: string) => join(folder, name)

async function verify(path: string, options: Partial<Parameters<typeof verifyFile>[1]> = {}) {
  let printed = ''
  const code = await verifyFile(path, { json: false, ...options }, (text) => {
    printed += text
  })
  return { code, printed }
}

/** The configuration of a fleet manager whose records are those of the log. */
async function configured(): Promise<string> {
  await writeFile(file('key.json'), JSON.stringify(log.signingKey), { mode: 0o600 })
  const config = {
    ...{ dataDir: log.folder, hostId: 'minewarden', sites: [], gateways: [] },
    orders: { issuer: { id: ISSUER.id, name: ISSUER.name }, signingKeyFile: file('key.json') },
    audit: { checkpointFile: log.paths.checkpoints },
  }
  await writeFile(file('cloud.json'), JSON.stringify(config))
  return file('cloud.json')
}

test('the log is exported beside a running fleet manager, and verified with every witness', async () => {
  await exportTo(await configured(), file('audit.ndjson'))
  expect((await stat(file('audit.ndjson'))).mode & 0o777).toBe(0o600)
  expect(await readFile(file('audit.ndjson'), 'utf8')).toContain('"action":"audit.exported","actor":"command:')
  await writeFile(file('keys.json'), JSON.stringify({ keys: [await publicKeyOf(log.signingKey)] }))
  await writeFile(file('order.jws'), log.orderJws)
  const options = { keys: file('keys.json'), checkpoints: log.paths.checkpoints, order: [file('order.jws')] }
  const { code, printed } = await verify(file('audit.ndjson'), options)
  expect(printed).toContain('Nothing was changed.')
  expect(printed).toContain(': trusted\n')
  expect(code).toBe(0)
  expect(JSON.parse((await verify(file('audit.ndjson'), { json: true })).printed)).toMatchObject({ intact: true })
})

test('a file that is there is not overwritten', async () => {
  await writeFile(file('audit.ndjson'), 'mine')
  await expect(exportTo(await configured(), file('audit.ndjson'))).rejects.toMatchObject({ code: 'file-unusable' })
  expect(await readFile(file('audit.ndjson'), 'utf8')).toBe('mine')
})

test('what was changed is printed with its line, and the exit code is 1', async () => {
  await writeFile(file('audit.ndjson'), (await log.exported()).replace('"subject":"b"', '"subject":"x"'))
  const { code, printed } = await verify(file('audit.ndjson'))
  expect(code).toBe(1)
  expect(printed).toMatch(/line \d+: entry 2: the entry was changed/)
  expect(printed).toContain('CHANGED')
  expect(JSON.parse((await verify(file('audit.ndjson'), { json: true })).printed)).toMatchObject({ intact: false })
})

test('keys that are not the trusted ones are told', async () => {
  await writeFile(file('audit.ndjson'), await log.exported())
  await writeFile(file('keys.json'), JSON.stringify({ keys: [] }))
  const { code, printed } = await verify(file('audit.ndjson'), { keys: file('keys.json') })
  expect(code).toBe(1)
  expect(printed).toContain('NOT TRUSTED')
})

test.each(['', 'hello\n', '{"a":1}\n', '\u0000\u0001'])('%j is no export', async (content) => {
  await writeFile(file('other'), content)
  await expect(verify(file('other'))).rejects.toMatchObject({ code: 'file-unusable' })
})

test('a file that is not there is said so', async () => {
  await expect(verify(file('none'))).rejects.toMatchObject({ code: 'file-unusable' })
})
