import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { runUtility } from '@minewarden/utility/main.ts'
import { afterEach, beforeEach, expect, test } from 'vitest'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'minewarden-signing-key-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const start = async (signingKeyFile: string) => {
  const config = {
    supplier: { id: 'grid', name: '供电公司' },
    listen: { port: 0 },
    tls: { certFile: 'nowhere', keyFile: 'nowhere' },
    signingKeyFile,
    database: 'd',
    county: { issuer: 'county', jwksUrl: 'https://localhost/jwks', answersUrl: 'https://localhost/answers' },
    feeders: { port: 1, points: [] },
    logLevel: 'silent',
  }
  const path = join(folder, 'utility.json')
  await writeFile(path, JSON.stringify(config))
  const error = await runUtility(path, AbortSignal.abort()).catch((thrown: Error & { cause?: unknown }) => thrown)
  return `${(error as Error).message} ${(error as Error).cause ?? ''}`
}

test('a key that cannot be read is named, and nothing of it is told', async () => {
  await writeFile(join(folder, 'key.jwk'), '{"kty":"OKP","d":"not-for-anybodys-eyes"')
  const said = await start('key.jwk')
  expect(said).toContain('signingKeyFile')
  expect(said).not.toMatch(/OKP|eyes/)
  await writeFile(join(folder, 'key.jwk'), '"not-for-anybodys-eyes" x')
  expect(await start('key.jwk')).not.toMatch(/eyes/)
})

test('a key that is made is for its owner alone, and so is the folder made for it', async () => {
  expect(await start('keys/key.jwk')).toContain('tls.certFile')
  expect((await stat(join(folder, 'keys/key.jwk'))).mode & 0o777).toBe(0o600)
  expect((await stat(join(folder, 'keys'))).mode & 0o777).toBe(0o700)
})
