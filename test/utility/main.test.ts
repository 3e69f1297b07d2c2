import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { type AddressInfo, createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { makeCertificate } from '@minewarden/cli/demo/certificates.ts'
import { runUtility } from '@minewarden/utility/main.ts'
import { afterAll, describe, expect, it } from 'vitest'

const folder = mkdtempSync(join(tmpdir(), 'minewarden-utility-'))
const signal = new AbortController().signal
afterAll(() => rmSync(folder, { recursive: true, force: true }))

/** A configuration file that would do, changed. */
async function run(changes: object): Promise<void> {
  const { certFile, keyFile } = await makeCertificate(folder, 'tls')
  const path = join(folder, 'utility.json')
  writeFileSync(
    path,
    JSON.stringify({
      ...{ supplier: { id: 'grid', name: 'grid' }, listen: { port: 0 }, tls: { certFile, keyFile } },
      ...{ signingKeyFile: 'key.json', database: 'orders.sqlite', logLevel: 'silent' },
      county: { issuer: 'county', jwksUrl: 'https://127.0.0.1:9/jwks', answersUrl: 'https://127.0.0.1:9/answers' },
      feeders: { port: 9, points: [] },
      ...changes,
    }),
  )
  await runUtility(path, signal)
}

describe('the power company does not start, and says why,', () => {
  it('with keys that OpenSSL will not take', async () => {
    const tls = { certFile: 'utility.json', keyFile: 'utility.json' }
    await expect(run({ tls })).rejects.toMatchObject({ code: 'config-invalid', message: /^tls: keyFile and certFile/ })
  })

  it('with a database that is none', async () => {
    writeFileSync(join(folder, 'text'), 'no database, but long enough to be looked at as one. '.repeat(20))
    for (const database of ['text', 'text/below.sqlite'])
      await expect(run({ database })).rejects.toMatchObject({ code: 'data-unusable', message: /^database: .*text/ })
  })

  it('on a port that is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1')
    await once(taken, 'listening')
    const { port } = taken.address() as AddressInfo
    await expect(run({ listen: { port } })).rejects.toMatchObject({ code: 'port-busy', message: RegExp(`${port}`) })
    taken.close()
  })
})
